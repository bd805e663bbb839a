"""Makes the report of a study."""

from transfusion_tf import __version__
from transfusion_tf.reporting.html import page, render
from transfusion_tf.study.report import context as contexts
from transfusion_tf.study.report import sections, verdicts


def run(study_dir, *, output_dir=None):
    """Writes the report of a study; returns the path of its index.html.

    Args:
      study_dir: directory of the study.
      output_dir: of the page, its tables and its pictures; None:
        <study_dir>/report.

    Raises:
      FileNotFoundError: there is no study, or none of its runs is finished.
      ValueError: its files are damaged, or of another format.
      OSError: the report cannot be written.
    """
    context = contexts.gather(study_dir, output_dir)
    context.output_dir.mkdir(parents=True, exist_ok=True)
    made = [make(context) for make in sections.SECTIONS]
    found = page.Page(
        title=f"Transfer learning on {context.dataset}",
        subtitle=", ".join(context.config.models),
        verdicts=verdicts.sentences(context),
        sections=tuple(section for section in made if section),
        footer=f"Made by transfusion_tf {__version__}.",
    )
    return render.write(found, context.output_dir)
