"""Compares the predictions of runs: their AUCs, and whether they err alike.

    python run_scripts/analyze_predictions.py --runs=RUN,RUN --output_dir=DIR

From the predictions that the runs have saved: auc.csv (DeLong's intervals);
agreement.csv (for every two runs on one data set, the share of images on which
both are right or both wrong, that of independent errors, and kappa);
disagreement_by_class.csv; and a PNG of each. Then what the probabilities are
worth: calibration.csv (and average precision), calibration_bins.csv,
operating_points.csv (sensitivity at a specificity, and back), decisions.csv
(balanced accuracy at a threshold of one half, and at the best one on val),
curves.csv (ROC, precision-recall), and two PNGs.
"""

from absl import flags

from transfusion_tf import cli

_RUNS = flags.DEFINE_list(
    "runs", [], "run directories or patterns (runs/*), separated by commas"
)
_SPLIT = flags.DEFINE_enum(
    "split", "test", ("val", "test"), "split whose predictions are compared"
)
_NUM_RESAMPLES = flags.DEFINE_integer(
    "num_resamples",
    2000,
    "bootstrap resamples of patients (images where patients are not known) "
    "for the intervals of the agreement",
    lower_bound=100,
    upper_bound=1_000_000,  # All are held; the third digit is exact by then.
)
_SEED = flags.DEFINE_integer(
    "seed", 0, "seed of the resamples of all intervals", lower_bound=0
)
_OUTPUT_DIR = flags.DEFINE_string(
    "output_dir", None, "directory of the tables and the pictures"
)


def main(argv):
    """Writes the tables and the pictures and prints their paths."""
    del argv
    if not _RUNS.value or not _OUTPUT_DIR.value:
        raise ValueError("Give --runs=RUN,RUN and --output_dir=DIR.")
    cli.check_goes_with(
        "num_resamples",
        holds=len(_RUNS.value) > 1,
        what="several --runs, whose agreement has intervals",
    )

    from transfusion_tf import tables
    from transfusion_tf.analysis import (
        auc_table,
        decision_table,
        error_agreement,
        probability_tables,
    )
    from transfusion_tf.reporting.figures import (
        agreement,
        auc,
        calibration,
        curves,
        disagreement,
    )

    runs = auc_table.load(_RUNS.value, _SPLIT.value)
    _write("auc", auc_table.run(runs), auc.intervals)
    worth = probability_tables.run(runs, seed=_SEED.value)
    plain = {name: worth[name] for name in ("calibration", "operating_points")}
    plain["decisions"] = decision_table.run(runs)
    for path in tables.write_all(_OUTPUT_DIR.value, plain):
        print(path)
    _write(
        "calibration_bins",
        worth["calibration_bins"],
        calibration.diagrams,
        needs="share",
    )
    _write("curves", worth["curves"], curves.draw, needs="y")
    found, message = error_agreement.run(
        runs, num_resamples=_NUM_RESAMPLES.value, seed=_SEED.value
    )
    if message:
        print(message)
    draw = {
        "agreement": agreement.draw,
        "disagreement_by_class": disagreement.draw,
    }
    for stem, table in found.items():
        _write(stem, table, draw[stem])


def _write(stem, table, draw, **needs):
    """Writes <stem>.csv into --output_dir and <stem>.png from it alone."""
    from transfusion_tf.reporting.figures import style

    for path in style.write(table, stem, _OUTPUT_DIR.value, draw, **needs):
        print(path)


if __name__ == "__main__":
    cli.run(main)
