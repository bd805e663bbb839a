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

from transfusion_tf import cli
from transfusion_tf.config import comparing_flags

_RUNS = comparing_flags.runs()
_SPLIT = comparing_flags.split()
_REFERENCE = comparing_flags.reference(
    "that the others are compared with",
    "train_sizes.csv",
    "for each the arm from random weights of the same network",
)
_MARGIN = comparing_flags.margin()
_THRESHOLD = comparing_flags.threshold()
_OUTPUT_DIR = comparing_flags.output_dir()


def main(argv):
    """Writes tables and picture and prints them in words."""
    del argv
    comparing_flags.check_given(_RUNS.value, _OUTPUT_DIR.value)

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
