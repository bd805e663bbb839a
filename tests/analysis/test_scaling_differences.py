"""Differences between input scalings, with paired intervals, by hand."""

import numpy as np
import pytest
from scipy import stats

from transfusion_tf import tables
from transfusion_tf.analysis import scaling_differences
from transfusion_tf.reporting import network_text

# Mean divergences over two layers: of all images, and without each group.
PARTS = {
    "tf": [0.50, 0.40, 0.50, 0.60],
    "caffe": [0.20, 0.10, 0.20, 0.30],
    "torch": [0.21, 0.16, 0.20, 0.27],
}


def found(parts=None):
    return {
        preset: [{"a": value - 0.1, "b": value + 0.1} for value in values]
        for preset, values in (parts or PARTS).items()
    }


def test_the_closest_comes_first_and_differences_are_paired():
    closest, torch, tf = scaling_differences.rows(found(), [5, 5, 5], run="n")
    assert all(
        set(row) == set(scaling_differences.COLUMNS) for row in (closest, tf)
    )
    assert (closest["scaling"], closest["difference"]) == ("caffe", None)
    assert (torch["scaling"], tf["scaling"]) == ("torch", "tf")
    # What images do to both scalings alike is taken away: 0.3 throughout.
    assert tf["difference"] == pytest.approx(0.3)
    assert tf["low"] == pytest.approx(0.3) and tf["note"] == ""
    # 0.06, 0 and -0.03 without a group: (3 - 1) / 3 of the squares about 0.01.
    error = np.sqrt(2 / 3 * (0.05**2 + 0.01**2 + 0.04**2))
    reach = stats.t.ppf(0.975, 2) * error
    assert (torch["low"], torch["high"]) == pytest.approx(
        (0.01 - reach, 0.01 + reach)
    )
    assert torch["note"] == "cannot be told apart from caffe"
    assert (torch["num_images"], torch["num_groups"]) == (15, 3)


def test_one_group_has_no_interval():
    parts = {preset: values[:1] for preset, values in PARTS.items()}
    _, torch, _ = scaling_differences.rows(found(parts), [15], run="n")
    assert torch["low"] is torch["level"] is None
    assert "one patient, so no interval" in torch["note"]


def test_lines_name_what_is_not_told_apart():
    table = tables.frame(
        scaling_differences.rows(found(), [5, 5, 5], run="n"),
        columns=scaling_differences.COLUMNS,
    )
    *ranked, last = network_text.scalings(table)
    assert ranked[0].split()[:2] == ["caffe", "0.200"]
    assert ranked[1].endswith("more: cannot be told apart from caffe")
    assert ranked[2].endswith("0.300 [0.300, 0.300] more")
    assert last == (
        "closest: --input_scaling=caffe, not told apart from torch by these 15 "
        "images; give more --num_images"
    )
