"""Does similarity to the start go with what a start gains in AUC?

The last question of Juodelyte et al. 2023 (arXiv:2302.08272; in their
repository src/simVSauc_plot.py): a point is one fine-tuned run, x how similar a
stage still is to its own start, y the AUC gained over a random start. The
script draws lines; the coefficients are ours.

    found = gain.run(similarity, runs)
    found["gain_correlations"]  # Per init, measure and stage.
"""

import typing

import numpy as np
import pandas as pd
from scipy import stats

from transfusion_tf import names, tables
from transfusion_tf.statistics import clustered_correlation

RANDOM = "random"
ALL_INITS = "all"
POINT_COLUMNS = (
    "run",
    "dataset",
    "cluster",
    "seed",
    "init",
    "stage",
    "stage_index",
    "measure",
    "similarity",
    "step",
    "auc",
    "baseline_auc",
    "gain",
    "note",
    "model",
    "split",
    "num_images",
    "num_patients",
)
CORRELATION_COLUMNS = (
    "init",
    "measure",
    "stage",
    "stage_index",
    "coefficient",
    *clustered_correlation.FIELDS,
)
LINE_COLUMNS = ("init", "measure", "stage", "slope", "intercept")


class TrainedRun(typing.NamedTuple):
    """What the gain of a run depends on.

    Attributes:
      name: unique; the column `run`.
      dataset: name of the data set, unique.
      setting: what a run and its baseline share: training images, network and
        image size, as a tuple or text.
      seed: seed of the run, or number of the fold.
      init: how it started; RANDOM makes it a baseline.
      auc: in [0, 1], or None where it is not defined.
      step: of the weights that this AUC is of; None where not known.
      model: name of the network.
      split: that the AUC is of.
      num_images, num_patients: that the AUC is of; None where not known.
    """

    name: str
    dataset: str
    setting: typing.Any
    seed: int
    init: str
    auc: float | None
    step: int | None = None
    model: str = ""
    split: str = "test"
    num_images: int | None = None
    num_patients: int | None = None


def run(similarity, runs, *, baseline="seed", clusters=None):
    """Returns {"gain_points", "gain_correlations": DataFrame}.

    Args and errors are those of `points`.
    """
    rows = points(similarity, runs, baseline=baseline, clusters=clusters)
    table = tables.frame(rows, columns=POINT_COLUMNS)
    return {
        "gain_points": table,
        "gain_correlations": tables.frame(
            correlations(table), columns=CORRELATION_COLUMNS
        ),
    }


def points(similarity, runs, *, baseline="seed", clusters=None):
    """One row (dict of POINT_COLUMNS) per run, stage and measure.

    The gain is (AUC - baseline AUC) / baseline AUC: relative, as in the paper.
    Runs from random weights are baselines and make no points.

    Args:
      similarity: DataFrame with run, stage, stage_index, measure, value (NaN:
        not defined) and note.
      runs: TrainedRuns, those of `similarity` and their baselines.
      baseline: "seed": the random run of the same setting and seed, as the
        paper joins on data set and fold, which takes away what a split or seed
        does to both; "mean": the mean over all random runs of the setting,
        which is less noisy where the seed means nothing to both.
      clusters: "dataset" or "seed"; by default data sets if there are several.

    Raises:
      ValueError: no points, a run without a baseline or with several of its
        seed, a point twice, or an unknown `baseline` or `clusters`.
    """
    names.check("baseline", baseline, names.GAIN_BASELINES)
    by_name = {run.name: run for run in runs}
    tuned = [by_name[name] for name in dict.fromkeys(similarity["run"])]
    tuned = [run for run in tuned if run.init != RANDOM]
    if not tuned:
        raise ValueError(
            "The similarities are of runs from random weights only, which gain "
            "nothing over themselves; add runs with another --init."
        )
    if clusters is None:
        several = len({run.dataset for run in tuned}) > 1
        clusters = "dataset" if several else "seed"
    names.check("clusters", clusters, names.GAIN_CLUSTERS)
    baselines = {run.name: _baseline(run, runs, baseline) for run in tuned}
    rows = [
        _point(by_name[row.run], row, baselines[row.run], clusters)
        for row in similarity.itertuples()
        if row.run in baselines
    ]
    _check_once(rows)
    return rows


def correlations(table, *, level=0.95):
    """Rows (dicts of CORRELATION_COLUMNS): two per init, measure and stage.

    Where there are several inits, `init` "all" has them together: points of one
    cluster stay in one cluster. `clustered_correlation` says what the numbers
    are.

    Args:
      table: DataFrame of POINT_COLUMNS.
      level: confidence level of the intervals.
    """
    parts = list(table.groupby("init", sort=False))
    if len(parts) > 1:
        parts.append((ALL_INITS, table))
    return [
        {
            "init": init,
            "measure": measure,
            "stage": stage,
            "stage_index": index,
            "coefficient": coefficient,
            **clustered_correlation.summarize(
                coefficient,
                of["similarity"],
                of["gain"],
                of["cluster"],
                level=level,
            ),
        }
        for init, part in parts
        for (measure, stage, index), of in part.groupby(
            ["measure", "stage", "stage_index"], sort=False
        )
        for coefficient in clustered_correlation.COEFFICIENTS
    ]


def lines(table):
    """Least squares lines of the gain on the similarity, as a DataFrame.

    Of LINE_COLUMNS, a row for each init, measure and stage; where the
    similarities are all the same, or the points of fewer clusters than a
    correlation needs, there is none.

    Args:
      table: DataFrame of POINT_COLUMNS.
    """
    rows = []
    defined = table.dropna(subset=["similarity", "gain"])
    for of, part in defined.groupby(["init", "measure", "stage"], sort=False):
        few = part["cluster"].nunique() < clustered_correlation.MIN_CLUSTERS
        if not few and part["similarity"].nunique() > 1:
            line = stats.linregress(part["similarity"], part["gain"])
            numbers = float(line.slope), float(line.intercept)
            rows.append(dict(zip(LINE_COLUMNS, (*of, *numbers), strict=True)))
    return tables.frame(rows, columns=LINE_COLUMNS)


def _baseline(run, runs, baseline):
    """AUC of the random runs to compare `run` with; None: not defined."""
    found = [
        other
        for other in runs
        if other.init == RANDOM and other.setting == run.setting
    ]
    wanted = found
    if baseline == "seed":
        wanted = [other for other in found if other.seed == run.seed]
        if len(wanted) > 1:
            raise ValueError(
                f"{run.name} has several random runs of its seed {run.seed}: "
                f"{', '.join(other.name for other in wanted)}. Give one, or "
                "ask for the mean with --baseline=mean."
            )
    if not wanted:
        seeds = ", ".join(str(other.seed) for other in found) or "none"
        raise ValueError(
            f"{run.name} has no run from random weights to compare it with: "
            f"same training images, network and image size ({run.setting})"
            + (f", seed {run.seed}" * (baseline == "seed"))
            + f". Seeds of such runs: {seeds}. Add one to --runs"
            + (", or use --baseline=mean." if found else ".")
        )
    aucs = [other.auc for other in wanted]
    return None if None in aucs else float(np.mean(aucs))


def _point(run, row, baseline_auc, clusters):
    gain, note = None, row.note
    if run.auc is None or not baseline_auc:
        note = " ".join(
            filter(None, [note, "No AUC, or none of the baseline."])
        )
    else:
        gain = (run.auc - baseline_auc) / baseline_auc
    return {
        "run": run.name,
        "dataset": run.dataset,
        "cluster": run.dataset if clusters == "dataset" else f"seed {run.seed}",
        "seed": run.seed,
        "init": run.init,
        "stage": row.stage,
        "stage_index": row.stage_index,
        "measure": row.measure,
        "similarity": None if pd.isna(row.value) else row.value,
        "step": run.step,
        "auc": run.auc,
        "baseline_auc": baseline_auc,
        "gain": gain,
        "note": note,
        "model": run.model,
        "split": run.split,
        "num_images": run.num_images,
        "num_patients": run.num_patients,
    }


def _check_once(rows):
    seen = set()
    for row in rows:
        place = row["run"], row["stage"], row["measure"]
        if place in seen:
            raise ValueError(
                f"The similarity ({row['measure']}) of {row['run']} at "
                f"{row['stage']} was given twice; give each run in one table."
            )
        seen.add(place)
