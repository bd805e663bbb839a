r"""Draws AUC against the number of training images, and says where arms part.

    python run_scripts/analyze_train_sizes.py --runs='runs/mine-*' \
        --output_dir=DIR

Runs that differ by their seed alone are one arm at one --train_size. At each
size an arm is compared, as by compare_runs.py, with the arm from random weights
of the same network, or with --reference: p values are adjusted for all sizes
and arms. Of runs at several learning rates those at the best on val count.
Says up to which size a difference is shown, and from which on the arms are
equivalent. Writes train_sizes.csv, train_sizes_differences.csv,
train_sizes_limits.csv and train_sizes.png.
"""

from absl import flags

from transfusion_tf import cli

_RUNS = flags.DEFINE_list(
    "runs", [], "run directories or globs, separated by commas"
)
_SPLIT = flags.DEFINE_enum(
    "split", "test", ("val", "test"), "split whose predictions are compared"
)
_REFERENCE = flags.DEFINE_string(
    "reference",
    None,
    "name of the arm that the others are compared with, as train_sizes.csv has "
    "it (default: for each the arm from random weights of the same network)",
)
_MARGIN = flags.DEFINE_float(
    "margin",
    0.01,
    "largest difference of AUCs that would change nobody's choice",
)
_THRESHOLD = flags.DEFINE_integer(
    "threshold",
    None,
    "ordinal tasks: compare the AUC of grade >= this (default: the mean over "
    "thresholds)",
)
_OUTPUT_DIR = flags.DEFINE_string(
    "output_dir", None, "directory of the tables and the picture"
)


def main(argv):
    """Writes tables and picture and prints them in words."""
    del argv
    if not _RUNS.value or not _OUTPUT_DIR.value:
        raise ValueError(
            "Give --runs=RUN,RUN (directories or globs) and --output_dir=DIR."
        )

    from transfusion_tf.analysis.comparing import train_sizes
    from transfusion_tf.reporting import size_report

    found = train_sizes.compare(
        _RUNS.value,
        split=_SPLIT.value,
        margin=_MARGIN.value,
        reference=_REFERENCE.value,
        threshold=_THRESHOLD.value,
    )
    print(size_report.write(found, _OUTPUT_DIR.value))


if __name__ == "__main__":
    cli.run(main)
