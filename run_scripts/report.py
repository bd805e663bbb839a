r"""Writes the report of a study: one page that says what was found.

    python run_scripts/report.py --study_dir=DIR

Writes index.html, which needs nothing beside it, and its tables (CSV) and
pictures (PNG and PDF) into DIR/report. What the study's runs do not show is
listed with the command that adds it.
"""

from absl import flags

from transfusion_tf import cli
from transfusion_tf.process import quiet

_STUDY_DIR = flags.DEFINE_string(
    "study_dir", None, "directory of a study, as of run_study.py"
)
_OUTPUT_DIR = flags.DEFINE_string(
    "output_dir",
    None,
    "directory of the page, its tables and pictures (default: "
    "STUDY_DIR/report)",
)


def main(argv):
    """Writes the report and prints the verdict and the path of its page."""
    del argv
    if not _STUDY_DIR.value:
        raise ValueError("Give --study_dir=DIR, the directory of a study.")
    quiet.start_tensorflow()
    from transfusion_tf.study.report import build

    with cli.continued():
        lines = build.lines(_STUDY_DIR.value, output_dir=_OUTPUT_DIR.value)
    for line in lines:
        print(line)


if __name__ == "__main__":
    cli.run(main)
