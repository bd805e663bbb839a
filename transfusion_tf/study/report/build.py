"""Makes the report of a study."""

import shutil

from transfusion_tf import __version__, files, progress
from transfusion_tf.reporting.html import page, render
from transfusion_tf.study.report import context as contexts
from transfusion_tf.study.report import sections
from transfusion_tf.study.report.findings import counts, verdicts

# More than the pictures and tables of a large study.
_SPACE = 2**26


def run(study_dir, *, output_dir=None):
    """Writes the report of a study; returns the path of its index.html.

    Args:
      study_dir: directory of the study.
      output_dir: of the page, its tables and its pictures; None:
        <study_dir>/report.

    Raises:
      FileNotFoundError: there is no study, or none of its runs is finished.
      ValueError: its files are damaged, of another format, or do not agree.
      OSError: the report cannot be written. A page that is there stays.
    """
    _, path = _written(study_dir, output_dir)
    return path


def lines(study_dir, *, output_dir=None):
    """As `run`; returns the verdict and the path, lines for the terminal."""
    made, path = _written(study_dir, output_dir)
    return [*made.verdicts, str(path)]


def _written(study_dir, output_dir):
    context = contexts.gather(study_dir, output_dir)
    folder = context.output_dir
    _check_output(context)
    with files.naming_failures(folder):
        folder.mkdir(parents=True, exist_ok=True)
    _check_space(folder)
    made = _page(context)
    with files.naming_failures(folder / "index.html"):
        return made, render.write(made, folder)


def _check_output(context):
    folder = context.output_dir
    if folder.exists() and not folder.is_dir():
        raise ValueError(
            f"--output_dir={folder} is a file; give a directory, or none: "
            "that is STUDY_DIR/report."
        )
    if folder.resolve() == context.study.root.resolve():
        raise ValueError(
            f"--output_dir={folder} is the directory of the study, whose files "
            "the report would overwrite; give another one, or none: that is "
            "STUDY_DIR/report."
        )


def _check_space(folder):
    free = shutil.disk_usage(folder).free
    if free < _SPACE:
        raise OSError(
            f"{folder}: the disk has {free // 2**20} MB left, and a report may "
            f"need {_SPACE // 2**20}; make room, or give another --output_dir."
        )


def _page(context):
    made = [
        make(context)
        for make in progress.over(sections.SECTIONS, "report", unit="section")
    ]
    return page.Page(
        title=f"Transfer learning on {context.dataset}",
        subtitle=_subtitle(context),
        verdicts=verdicts.sentences(context),
        sections=tuple(section for section in made if section),
        footer=f"Made by transfusion_tf {__version__}.",
    )


def _subtitle(context):
    number = counts.of_context(context)
    first = context.comparisons_or_arms.iloc[0]
    text = f"{', '.join(context.config.models)}; {first['split']}: "
    text += f"{first['num_images']} images"
    if first["num_patients"] == first["num_patients"]:  # Not NaN.
        text += f" of {int(first['num_patients'])} patients"
    finished = number["runs finished"]
    return f"{text}; {finished} of {number['runs']} runs finished"
