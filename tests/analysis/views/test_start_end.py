"""Points and lines of start_against_end, against NumPy's least squares."""

import numpy as np
import pandas as pd
import pytest

from transfusion_tf.analysis.views import start_end

STARTS, ENDS = [0.3, 0.5, 0.4, 0.7], [0.6, 0.8, 0.9, 1.0]


def table(starts=STARTS, ends=ENDS, draws=None, runs=4):
    """Rows of one stage; a value is of one pair of runs, or one of its draws.

    Draws are of as many pairs as there are other `runs`.
    """
    return pd.DataFrame(
        [
            {
                "run": "a",
                "other_run": f"b{place if draws is None else place % runs}",
                "step": step,
                "other_step": step,
                "measure": "cca",
                "stage": "conv1",
                "stage_index": 0,
                "draw": np.nan if draws is None else place,
                "value": value,
            }
            for step, values in ((0, starts), (50, ends))
            for place, value in enumerate(values)
        ]
    )


@pytest.mark.parametrize("draws", [None, 4])
def test_the_line_is_that_of_least_squares(draws):
    found = start_end.points(table(draws=draws))
    assert sorted(found["start"]) == sorted(STARTS)
    (row,) = start_end.fits(found)
    assert set(row) == set(start_end.COLUMNS)
    slope, offset = np.polyfit(STARTS, ENDS, 1)
    unexplained = np.var(np.subtract(ENDS, slope * np.array(STARTS) + offset))
    assert row["slope"] == pytest.approx(slope)
    assert row["r_squared"] == pytest.approx(1 - unexplained / np.var(ENDS))
    assert row["num_points"] == 4


@pytest.mark.parametrize(
    "given, num_points, num_runs",
    [
        (table(STARTS[:2], ENDS[:2]), 2, 3),
        # Draws of one pair of runs are one observation, however many.
        (table(draws=4, runs=1), 4, 2),
    ],
)
def test_points_of_fewer_than_four_runs_have_no_line(
    given, num_points, num_runs
):
    (row,) = start_end.fits(start_end.points(given))
    assert row["r_squared"] is None and row["slope"] is None
    assert (row["num_points"], row["num_runs"]) == (num_points, num_runs)
    assert row["note"] == (
        f"No line: {num_points} points of {num_runs} runs; at least 4 runs are "
        "needed."
    )


def test_equal_starts_have_no_line():
    (row,) = start_end.fits(start_end.points(table([0.5] * 3, ENDS[:3])))
    assert row["r_squared"] is None and "same similarity" in row["note"]


def test_undefined_points_are_left_out():
    (row,) = start_end.fits(
        start_end.points(table(STARTS, [*ENDS[:3], np.nan]))
    )
    assert row["num_points"] == 3
