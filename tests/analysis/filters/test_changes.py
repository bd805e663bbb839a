"""Changes of filters, by hand."""

import numpy as np
import pytest

from transfusion_tf.analysis.filters import changes


def kernel(*columns):
    """A (1, 1, 3, num_filters) kernel, one filter per argument."""
    return np.array(columns, float).T[None, None]


def test_changes_by_hand():
    before = kernel([3, 4, 0], [1, 0, 0], [0, 0, 0])
    after = kernel([3, 4, 12], [0, 2, 0], [0, 1, 0])
    first, second, third = changes.changes(before, after, run="r")
    assert first == {
        "run": "r",
        "filter": 0,
        "rank": 0,
        "l2_before": 5.0,
        "l2_after": 13.0,
        "l2_change": 12.0,
        "relative_change": pytest.approx(2.4),
        "cosine": pytest.approx(5 / 13),
    }
    assert (second["rank"], second["cosine"]) == (1, 0.0)
    assert second["l2_change"] == pytest.approx(5**0.5)
    # Undefined, not zero: the filter was zero.
    assert third["relative_change"] is None and third["cosine"] is None


def test_unchanged_filters_do_not_differ():
    same = np.random.default_rng(0).normal(size=(5, 5, 3, 8))
    for row in changes.changes(same, same, run="r"):
        assert row["l2_change"] == row["relative_change"] == 0.0
        assert row["cosine"] == pytest.approx(1.0)


def test_kernel_rows_hold_every_number_once():
    values = np.arange(2 * 2 * 3 * 2, dtype=float).reshape(2, 2, 3, 2)
    changed = changes.changes(values, values + 1, run="r")
    rows = changes.kernel_rows(values, changed, step=4)
    assert len(rows) == values.size
    assert set(rows[0]) == set(changes.KERNEL_COLUMNS)
    for row in rows:
        place = (row["row"], row["column"], row["channel"], row["filter"])
        assert row["value"] == values[place]


def test_refuses_kernels_of_other_shapes():
    with pytest.raises(ValueError, match="one shape"):
        changes.changes(np.ones((3, 3, 3, 4)), np.ones((5, 5, 3, 4)), run="r")
    with pytest.raises(ValueError, match=r"Received: shape \(3, 4\)"):
        changes.changes(np.ones((3, 4)), np.ones((3, 4)), run="r")
