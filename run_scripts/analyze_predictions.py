r"""Compares the predictions of runs: their AUCs, and whether they err alike.

    python run_scripts/analyze_predictions.py --runs=RUN,RUN --output_dir=DIR
    python run_scripts/analyze_predictions.py --runs=RUN,RUN \
        --subgroups=site,sex --output_dir=DIR

From the predictions that the runs have saved: auc.csv (DeLong's intervals);
agreement.csv (for every two runs on one data set, the share of images on which
both are right or both wrong, that of independent errors, and kappa);
disagreement_by_class.csv; and a PNG of each. Then what the probabilities are
worth: calibration.csv (and average precision), calibration_bins.csv,
operating_points.csv (sensitivity at a specificity, and back), decisions.csv
(balanced accuracy at a threshold of one half, and at the best one on val),
curves.csv (ROC, precision-recall), and two PNGs.

With --dataset the best weights of the runs are scored on an external test set;
their predictions are kept in OUTPUT_DIR/predictions.

Where the records carry columns (make_tfrecords.py --extra_columns=site,sex):
label_associations.csv, whether they tell the label without any image; and with
--subgroups the AUCs within their groups, subgroups.csv and subgroups.png, and
subgroup_differences.csv. --predictions=A.csv does that for other tools.
"""

from absl import flags

from transfusion_tf import cli, names
from transfusion_tf.process import quiet

_RUNS = flags.DEFINE_list(
    "runs",
    [],
    "run directories, patterns (runs/*) or studies, separated by commas",
)
_PREDICTIONS = flags.DEFINE_list(
    "predictions",
    [],
    "CSV files of other tools instead of --runs, for --subgroups: columns id, "
    "label (0 or 1), score, those of --subgroups and, if known, patient",
)
_SUBGROUPS = flags.DEFINE_list(
    "subgroups",
    [],
    "columns that the records carry (--extra_columns), by whose values AUCs "
    "are given as well",
)
_DATASET = flags.DEFINE_string(
    "dataset",
    None,
    "records directory of an external test set, with classes of the same names "
    "as the runs', that their best weights are scored on (default: the "
    "predictions that the runs have saved)",
)
_SPLIT = flags.DEFINE_enum(
    "split",
    "test",
    names.SPLITS,
    "split whose predictions are compared; train goes with --dataset",
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
    if bool(_RUNS.value) == bool(_PREDICTIONS.value) or not _OUTPUT_DIR.value:
        raise ValueError(
            "Give --runs=RUN,RUN (or --predictions=A.csv,B.csv) and "
            "--output_dir=DIR."
        )
    if _PREDICTIONS.value and not _SUBGROUPS.value:
        raise ValueError(
            "--predictions goes with --subgroups=COLUMN; compare_runs.py "
            "compares such files."
        )
    for name in ("dataset", "split"):
        cli.check_goes_with(name, holds=bool(_RUNS.value), what="--runs")
    if _SPLIT.value == "train":  # Which the runs were trained on.
        cli.check_goes_with(
            "split", holds=bool(_DATASET.value), what="--dataset"
        )
    cli.check_goes_with(
        "num_resamples",
        holds=len(_RUNS.value) > 1,
        what="several --runs, whose agreement has intervals",
    )

    if _DATASET.value:
        quiet.start_tensorflow()
    from transfusion_tf.analysis import subgroups

    runs = _loaded()
    # Before longer work: a column may be missing.
    found = subgroups.run(runs, _SUBGROUPS.value)
    if _RUNS.value:
        _write_scores(runs)
        _write_agreement(runs)
    _write_subgroups(runs, found)


def _loaded():
    """The ScoredRuns that the flags ask for."""
    if _DATASET.value:
        from transfusion_tf import external

        runs, left_out = external.score(
            _RUNS.value,
            _DATASET.value,
            split=_SPLIT.value,
            output_dir=_OUTPUT_DIR.value,
        )
        for line in left_out:
            print(f"left out: {line}")
        return runs
    from transfusion_tf.analysis import auc_table
    from transfusion_tf.analysis.comparing import foreign_predictions

    if _PREDICTIONS.value:
        return foreign_predictions.scored_runs(_PREDICTIONS.value)
    return auc_table.load(_RUNS.value, _SPLIT.value)


def _write_scores(runs):
    """AUCs, and what the probabilities are worth."""
    from transfusion_tf.analysis import (
        auc_table,
        decision_table,
        probability_tables,
    )
    from transfusion_tf.reporting.figures import auc, calibration, curves

    _write("auc", auc_table.run(runs), auc.intervals)
    worth = probability_tables.run(runs, seed=_SEED.value)
    plain = {name: worth[name] for name in ("calibration", "operating_points")}
    _write_plain({**plain, "decisions": decision_table.run(runs)})
    _write(
        "calibration_bins",
        worth["calibration_bins"],
        calibration.diagrams,
        needs="share",
    )
    _write("curves", worth["curves"], curves.draw, needs="y")


def _write_agreement(runs):
    """Whether runs err on the same images."""
    from transfusion_tf.analysis import error_agreement
    from transfusion_tf.reporting.figures import agreement, disagreement

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


def _write_subgroups(runs, found):
    """AUCs by the columns that are carried, and what those tell of labels."""
    from transfusion_tf.analysis import label_associations
    from transfusion_tf.reporting.figures import subgroups

    if _SUBGROUPS.value:
        _write("subgroups", found["subgroups"], subgroups.forest)
        name = "subgroup_differences"
        _write_plain({name: found[name]})
    table, sentences = label_associations.run(runs)
    if len(table):
        _write_plain({"label_associations": table})
    for sentence in sentences:
        print(sentence)


def _write_plain(found):
    """Writes {stem: DataFrame} as CSV files into --output_dir."""
    from transfusion_tf import tables

    for path in tables.write_all(_OUTPUT_DIR.value, found):
        print(path)


def _write(stem, table, draw, **needs):
    """Writes <stem>.csv into --output_dir and <stem>.png from it alone."""
    from transfusion_tf.reporting.figures import style

    for path in style.write(table, stem, _OUTPUT_DIR.value, draw, **needs):
        print(path)


if __name__ == "__main__":
    cli.run(main)
