"""Does similarity after training follow from similarity at the start?

Figure 4 of Transfusion (Raghu et al. 2019) shows it as a scatter. What one of
its points is, is not known; here it is one pair of runs, or, where channels or
images are drawn, one draw of one pair.
"""

import numpy as np
from scipy import stats

from transfusion_tf import tables

COLUMNS = (
    "measure",
    "stage",
    "stage_index",
    "num_points",
    "r_squared",
    "slope",
    "note",
)
_MIN_POINTS = 3
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
    points of one run are not independent, so no interval goes with it.

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
    undefined = {"num_points": len(found), "r_squared": None, "slope": None}
    if len(found) < _MIN_POINTS:
        return {
            **undefined,
            "note": f"A line through {len(found)} points says nothing; give "
            f"{_MIN_POINTS} or more (three runs have three pairs).",
        }
    if np.ptp(start) == 0 or np.ptp(end) == 0:
        return {**undefined, "note": "All points have the same similarity."}
    line = stats.linregress(start, end)
    return {
        "num_points": len(found),
        "r_squared": float(line.rvalue**2),
        "slope": float(line.slope),
        "note": "",
    }
