"""Correlations of clustered points, by hand and against SciPy."""

import math

import numpy as np
import pytest
from scipy import stats

from transfusion_tf.statistics import clustered_correlation


def clustered(num_clusters, size, *, seed=0, slope=0.8):
    """(x, y, names): clusters and their points lie along a line."""
    rng = np.random.default_rng(seed)
    x = np.repeat(rng.normal(size=num_clusters), size)
    x = x + 0.3 * rng.normal(size=len(x))
    y = slope * x + 0.6 * np.repeat(rng.normal(size=num_clusters), size)
    names = np.repeat([f"set{i}" for i in range(num_clusters)], size)
    return x, y + 0.3 * rng.normal(size=len(x)), names


def summarize(*points, of="pearson", **options):
    found = clustered_correlation.summarize(of, *points, **options)
    assert tuple(found) == clustered_correlation.FIELDS
    return found


@pytest.mark.parametrize(
    "of, reference",
    [("pearson", stats.pearsonr), ("spearman", stats.spearmanr)],
)
def test_value_and_leave_one_out_are_those_of_scipy(of, reference):
    x, y, names = clustered(5, 4)
    y[3] = y[7]  # A tie.
    found = summarize(x, y, names, of=of)
    assert found["value"] == pytest.approx(reference(x, y).statistic)
    left_out = [
        reference(x[names != name], y[names != name]).statistic
        for name in set(names)
    ]
    assert found["leave_one_out_low"] == pytest.approx(min(left_out))
    assert found["leave_one_out_high"] == pytest.approx(max(left_out))
    assert (found["num_points"], found["num_clusters"]) == (20, 5)
    assert found["note"] == ""


def test_within_and_between_can_have_other_signs():
    # Four clusters go up; inside each, points go down (Simpson's paradox).
    starts, steps = 10 * np.arange(4.0).repeat(3), np.tile([0.0, 1, 2], 4)
    x, y = starts + steps, starts + steps[::-1]
    found = summarize(x, y, list("aaabbbcccddd"))
    assert found["within_cluster"] == pytest.approx(-1)
    assert found["between_cluster"] == pytest.approx(1)
    assert 0.9 < found["value"] < 1


def test_interval_by_hand():
    # Fisher z of the left-out values: -1, 0, 0, 1; s.e. sqrt(3/4 * 2).
    left_out = np.tanh([-1.0, 0.0, 0.0, 1.0])
    low, high = clustered_correlation.jackknife_interval(
        math.tanh(0.5), left_out
    )
    half = 3.182446 * math.sqrt(1.5)  # Student's t, 3 degrees of freedom.
    assert low == pytest.approx(math.tanh(0.5 - half), rel=1e-5)
    assert high == pytest.approx(math.tanh(0.5 + half), rel=1e-5)


def test_interval_holds_the_truth():
    rng = np.random.default_rng(1)
    hits = 0
    for _ in range(200):
        between = rng.normal(size=(7, 2)).repeat(5, axis=0)
        x, y = (between + 0.5 * rng.normal(size=(35, 2))).T
        found = summarize(x, y, np.arange(35) // 5)
        hits += found["low"] < 0 < found["high"]
    # The 95% of 200, less three standard errors.
    assert hits >= 181


def test_clusters_make_the_interval_wider():
    x, y, names = clustered(7, 5)
    wide = summarize(x, y, names)
    narrow = summarize(x, y, np.arange(35))
    assert wide["value"] == narrow["value"]
    assert wide["high"] - wide["low"] > 1.3 * (narrow["high"] - narrow["low"])


@pytest.mark.parametrize("num_clusters", [2, 3])
def test_fewer_than_four_clusters_have_no_coefficient(num_clusters):
    found = summarize(*clustered(num_clusters, 5))
    counts = "num_points", "num_clusters", "level", "note"
    assert all(found[name] is None for name in set(found) - set(counts))
    assert found["note"] == (
        f"Not defined: {num_clusters} clusters, at least 4 are needed."
    )
    four = summarize(*clustered(4, 5))
    assert four["value"] is not None and four["low"] < four["high"]


def test_single_points_have_nothing_within():
    found = summarize(*clustered(6, 1))
    assert found["within_cluster"] is None
    assert found["between_cluster"] == pytest.approx(found["value"])
    assert "One point a cluster" in found["note"]


def test_a_point_alone_in_its_cluster_says_nothing_within():
    x = np.array([0.0, 1.0, 3.0, 2.0, 5.0, 4.0])
    y = np.array([1.0, 2.0, 0.0, 4.0, 3.0, 5.0])
    # Two points that share a cluster lie on a line, whatever they are.
    found = summarize(x, y, list("AABCDE"))
    assert found["within_cluster"] is None
    assert "Of 6 points too few share a cluster" in found["note"]
    assert found["between_cluster"] is not None


@pytest.mark.parametrize("of", clustered_correlation.COEFFICIENTS)
def test_points_alone_in_their_clusters_change_nothing_within(of):
    x, y, names = clustered(4, 4)
    alone = np.concatenate([names, ["alone", "too"]])
    expected = summarize(x, y, names, of=of)["within_cluster"]
    more = summarize([*x, 9.0, -7.0], [*y, 3.0, 8.0], alone, of=of)
    assert more["within_cluster"] == pytest.approx(expected, abs=1e-12)
    # Least: two clusters of two points, and two points that are alone.
    pairs = summarize(
        [0, 1, 5, 7, 3, 4], [0, 2, 9, 6, 8, 1], list("aabbcd"), of=of
    )
    of_deviations = stats.pearsonr([-0.5, 0.5, -1, 1], [-1, 1, 1.5, -1.5])
    if of == "pearson":
        assert pairs["within_cluster"] == pytest.approx(of_deviations.statistic)


def test_frozen_stages_have_no_correlation():
    rng = np.random.default_rng(0)
    x = 1 - 1e-6 * rng.random(12)
    found = summarize(x, rng.normal(size=12), np.arange(12) // 3)
    assert found["value"] is None and found["leave_one_out_low"] is None
    assert found["note"].startswith("Not defined: 12 points, or all of one")


def test_a_cluster_that_alone_varies_leaves_no_range():
    x = [0.0, 1, 2, 5, 5, 5, 5, 5, 5, 5, 5, 5]
    found = summarize(x, np.arange(12.0), np.arange(12) // 3)
    assert found["value"] is not None
    assert found["leave_one_out_low"] is None and found["low"] is None
    assert "without one of the clusters it is not defined" in found["note"]


def test_ranks_all_in_order_have_no_interval():
    x = np.arange(5.0)
    found = summarize(x, x**2, x, of="spearman")
    assert found["value"] == pytest.approx(1)
    assert found["low"] is None and "-1 or 1" in found["note"]


def test_undefined_points_are_left_out_and_counted():
    x, y, names = clustered(5, 4)
    expected = summarize(x[1:], y[1:], names[1:])
    x[0] = np.nan
    found = summarize(x, y, names)
    assert found["value"] == expected["value"]
    assert found["note"] == "1 of 20 points left out: not defined."


def test_no_points():
    found = summarize([], [], [])
    assert found["value"] is None and found["num_clusters"] == 0
