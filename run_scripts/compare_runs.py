r"""Says what the difference between arms is, with a verdict: helps, or not.

    python run_scripts/compare_runs.py --runs='runs/mine-*' --output_dir=DIR
    python run_scripts/compare_runs.py --runs='runs/mine-*' \
        --dataset=data/other_hospital --output_dir=DIR
    python run_scripts/compare_runs.py --predictions=A.csv,B.csv \
        --output_dir=DIR

Runs that differ by their seed alone are one arm; each arm is compared with the
arm from random weights of the same network, image size and training images, or
with --reference. Differences are of AUCs on the same images, with intervals
over seeds and patients together. Writes arms.csv, comparisons.csv, remarks.csv,
verdict.json and comparisons.png from the predictions that the runs have saved;
with --dataset from those that their best weights make of another data set,
which are kept in OUTPUT_DIR/predictions; or from those of other tools: CSV
files with the columns id, label (0 or 1), score and, where patients are known,
patient.
"""

from absl import flags

from transfusion_tf import cli, names
from transfusion_tf.config import comparing_flags
from transfusion_tf.process import quiet

_RUNS = comparing_flags.runs()
_PREDICTIONS = flags.DEFINE_list(
    "predictions",
    [],
    "CSV files of other tools instead of --runs, one network a file, all of "
    "the same images",
)
_DATASET = flags.DEFINE_string(
    "dataset",
    None,
    "records directory of an external test set, with classes of the same names "
    "as the runs', on which their best weights are compared (default: the "
    "records of the runs)",
)
_SPLIT = flags.DEFINE_enum(
    "split",
    "test",
    names.SPLITS,
    "split whose predictions are compared; train goes with --dataset",
)
_REFERENCE = comparing_flags.reference(
    "that the others are compared with",
    "arms.csv",
    "for each the arm from random weights of the same network, image size and "
    "training images; of --predictions the first file",
)
_MARGIN = comparing_flags.margin()
_THRESHOLD = comparing_flags.threshold()
_OUTPUT_DIR = comparing_flags.output_dir()


def main(argv):
    """Writes tables, picture and verdict and prints them in words."""
    del argv
    if bool(_RUNS.value) == bool(_PREDICTIONS.value) or not _OUTPUT_DIR.value:
        raise ValueError(
            "Give --runs=RUN,RUN (directories, globs or studies) or "
            "--predictions=A.csv,B.csv, and --output_dir=DIR."
        )

    cli.check_goes_with("dataset", holds=bool(_RUNS.value), what="--runs")
    if _SPLIT.value == "train":  # Which the runs were trained on.
        cli.check_goes_with(
            "split", holds=bool(_DATASET.value), what="--dataset"
        )
    if _DATASET.value:
        quiet.start_tensorflow()

    from transfusion_tf.reporting import comparison_report

    print(comparison_report.write(_compared(), _OUTPUT_DIR.value))


def _compared():
    """The Comparison that the flags ask for."""
    from transfusion_tf.analysis.comparing import run_comparison

    how = {"margin": _MARGIN.value, "reference": _REFERENCE.value}
    if _PREDICTIONS.value:
        return run_comparison.compare_predictions(_PREDICTIONS.value, **how)
    how |= {"split": _SPLIT.value, "threshold": _THRESHOLD.value}
    if not _DATASET.value:
        return run_comparison.compare(_RUNS.value, **how)

    from transfusion_tf import external

    return external.compare(
        _RUNS.value, _DATASET.value, output_dir=_OUTPUT_DIR.value, **how
    )


if __name__ == "__main__":
    cli.run(main)
