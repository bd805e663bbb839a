"""Points and lines of start_against_end, against NumPy's least squares."""

import numpy as np
import pandas as pd
import pytest

from transfusion_tf.analysis.views import start_end

STARTS, ENDS = [0.3, 0.5, 0.4, 0.7], [0.6, 0.8, 0.9, 1.0]


def table(starts=STARTS, ends=ENDS, draws=None):
    """Rows of one stage; one pair of runs a value, or one draw."""
    return pd.DataFrame(
        [
            {
                "run": "a",
                "other_run": f"b{place}" if draws is None else "b",
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


def test_two_points_are_too_few():
    (row,) = start_end.fits(start_end.points(table(STARTS[:2], ENDS[:2])))
    assert row["r_squared"] is None and row["num_points"] == 2
    assert "give 3 or more" in row["note"]


def test_equal_starts_have_no_line():
    (row,) = start_end.fits(start_end.points(table([0.5] * 3, ENDS[:3])))
    assert row["r_squared"] is None and "same similarity" in row["note"]


def test_undefined_points_are_left_out():
    (row,) = start_end.fits(
        start_end.points(table(STARTS, [*ENDS[:3], np.nan]))
    )
    assert row["num_points"] == 3
