"""Compares the predictions of runs: their AUCs, and whether they err alike.

    python run_scripts/analyze_predictions.py --runs=RUN,RUN --output_dir=DIR

From the predictions that the runs have saved: auc.csv (DeLong's intervals);
agreement.csv (for every two runs on one data set, the share of images on which
both are right or both wrong, that of independent errors, and kappa);
disagreement_by_class.csv; and a PNG of each.
"""

import pathlib

from absl import flags

from transfusion_tf import cli
from transfusion_tf.runs import globs

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
_SEED = flags.DEFINE_integer("seed", 0, "seed of the resamples", lower_bound=0)
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
        "seed",
        holds=len(_RUNS.value) > 1,
        what="several --runs, whose agreement has intervals",
    )

    from transfusion_tf import progress
    from transfusion_tf.analysis import auc_table, error_agreement
    from transfusion_tf.reporting.figures import agreement, auc, disagreement

    paths = globs.expanded(_RUNS.value)
    runs = auc_table.load(paths, _SPLIT.value)
    auc_rows = auc_table.auc_rows_of(runs)
    _write("auc", auc_rows, auc_table.COLUMNS, auc.intervals)
    pairs, message = error_agreement.comparable_pairs(runs)
    if message:
        print(message)
    if not pairs:
        return
    rows, class_rows = error_agreement.rows(
        progress.over(pairs, "Comparing", unit="pairs"),
        num_resamples=_NUM_RESAMPLES.value,
        seed=_SEED.value,
    )
    _write("agreement", rows, error_agreement.COLUMNS, agreement.draw)
    _write(
        "disagreement_by_class",
        class_rows,
        error_agreement.CLASS_COLUMNS,
        disagreement.draw,
    )


def _write(name, rows, columns, draw):
    """Writes <name>.csv into --output_dir and <name>.png from it alone."""
    from transfusion_tf import tables
    from transfusion_tf.reporting.figures import style

    stem = pathlib.Path(_OUTPUT_DIR.value) / name
    stem.parent.mkdir(parents=True, exist_ok=True)
    path = tables.write(stem.with_suffix(".csv"), rows, columns=columns)
    print(path)
    print(style.save(draw(tables.read(path)), stem.with_suffix(".png")))


if __name__ == "__main__":
    cli.run(main)
