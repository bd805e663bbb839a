"""Does similarity after training follow from similarity at the start?

Figure 4 of Transfusion (Raghu et al. 2019) shows it as a scatter. What one of
its points is, is not known; here it is one pair of runs, or, where channels or
images are drawn, one draw of one pair.
"""

import numpy as np
from scipy import stats

from transfusion_tf import tables
from transfusion_tf.statistics import clustered_correlation

COLUMNS = (
    "measure",
    "stage",
    "stage_index",
    "num_points",
    "num_runs",
    "r_squared",
    "slope",
    "note",
)
# Pairs that share a run are not independent: runs are what varies. Fewer than
# this have no more to say of a line than of a correlation between clusters.
MIN_RUNS = clustered_correlation.MIN_CLUSTERS
_POINT = ["run", "other_run", "draw"]


def table_of_fits(table):
    """Returns `fits` of the `points` of a view's table, as a DataFrame."""
    return tables.frame(fits(points(table)), columns=COLUMNS)


def points(table):
    """Returns a DataFrame with one point a row: `start` and `end`.

    Args:
      table: rows (views.rows.COLUMNS) of the view start_against_end, in which
        both networks of a pair are at their starts, or both are trained.
    """
    table = table.assign(
        draw=table["draw"].fillna(-1),
        when=np.where(
            (table["step"] == 0) & (table["other_step"] == 0), "start", "end"
        ),
    )
    return table.pivot(
        index=["measure", "stage", "stage_index", *_POINT],
        columns="when",
        values="value",
    ).reset_index()


def fits(found):
    """Returns rows (dicts of COLUMNS): least squares of `end` on `start`.

    R squared is the share of the variance over the points that a line explains;
    points of one run are not independent, so no interval goes with it, and of
    fewer than MIN_RUNS runs there is no line.

    Args:
      found: as of `points`.
    """
    keys = ["measure", "stage_index", "stage"]
    return [
        {
            "measure": measure,
            "stage": stage,
            "stage_index": index,
            **_fit(of_stage.dropna(subset=["start", "end"])),
        }
        for (measure, index, stage), of_stage in found.groupby(keys, sort=False)
    ]


def _fit(found):
    start, end = found["start"].to_numpy(), found["end"].to_numpy()
    counts = {
        "num_points": len(found),
        "num_runs": len({*found["run"], *found["other_run"]}),
    }
    undefined = {**counts, "r_squared": None, "slope": None}
    if counts["num_runs"] < MIN_RUNS:
        return {
            **undefined,
            "note": f"No line: {len(found)} points of {counts['num_runs']} "
            f"runs; at least {MIN_RUNS} runs are needed.",
        }
    if np.ptp(start) == 0 or np.ptp(end) == 0:
        return {**undefined, "note": "All points have the same similarity."}
    line = stats.linregress(start, end)
    return {
        **counts,
        "r_squared": float(line.rvalue**2),
        "slope": float(line.slope),
        "note": "",
    }
