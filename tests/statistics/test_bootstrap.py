"""Resampling of groups against theory and against drawing them one by one."""

import numpy as np
import pytest
from scipy import stats

from transfusion_tf.statistics import bootstrap

SUMS = np.array([[2, 0], [1, 1], [1, 1], [0, 3], [0, 1], [4, 0]])


def test_moments_are_those_of_sums_of_independent_draws():
    drawn = bootstrap.totals(SUMS, num_resamples=40_000, seed=0)
    # Six draws with replacement: six times mean and covariance of one.
    np.testing.assert_allclose(drawn.mean(axis=0), SUMS.sum(axis=0), rtol=0.01)
    np.testing.assert_allclose(
        np.cov(drawn.T, ddof=0), 6 * np.cov(SUMS.T, ddof=0), rtol=0.03
    )


def test_distribution_is_that_of_drawing_group_by_group():
    rng = np.random.default_rng(1)
    one_by_one = SUMS[rng.integers(6, size=(40_000, 6))].sum(axis=1)
    drawn = bootstrap.totals(SUMS, num_resamples=40_000, seed=0)
    shares, expected = (a[:, 0] / a.sum(axis=1) for a in (drawn, one_by_one))
    # Kolmogorov and Smirnov: 0.0122 is exceeded with a probability of 0.5%.
    assert stats.ks_2samp(shares, expected).statistic < 0.0122


def test_draws_depend_on_the_seed_alone(monkeypatch):
    drawn = bootstrap.totals(SUMS, num_resamples=50, seed=3)
    again = bootstrap.totals(SUMS[::-1], num_resamples=50, seed=3)
    np.testing.assert_array_equal(drawn, again)
    # Also when the draws do not fit into memory at once.
    monkeypatch.setattr(bootstrap, "_MAX_DRAWS", 7)
    again = bootstrap.totals(SUMS, num_resamples=50, seed=3)
    np.testing.assert_array_equal(drawn, again)
    other = bootstrap.totals(SUMS, num_resamples=50, seed=4)
    assert (drawn != other).any()


@pytest.mark.parametrize(
    "sums, num_resamples, message",
    [
        (np.zeros((0, 5)), 10, "at least one group"),
        (np.zeros(5), 10, r"Received: shape=\(5,\)"),
        (SUMS, 0, "`num_resamples` must be positive. Received: 0"),
    ],
)
def test_bad_input(sums, num_resamples, message):
    with pytest.raises(ValueError, match=message):
        bootstrap.totals(sums, num_resamples=num_resamples, seed=0)


def test_weights_draw_whole_groups():
    codes = np.array([0, 0, 1, 2, 2, 2])
    (drawn,) = bootstrap.weights(codes, num_resamples=4000, seed=0)
    assert drawn.shape == (4000, 6)
    assert (drawn[:, [0, 3, 3]] == drawn[:, [1, 4, 5]]).all()
    by_group = drawn[:, [0, 2, 3]]
    assert (by_group.sum(axis=1) == 3).all()
    # Multinomial: variance n p (1 - p) = 2/3 for three groups.
    assert by_group.mean(axis=0) == pytest.approx([1, 1, 1], abs=0.05)
    assert by_group.var(axis=0) == pytest.approx([2 / 3] * 3, abs=0.06)


def test_weights_come_in_parts_where_they_are_many(monkeypatch):
    monkeypatch.setattr(bootstrap, "_MAX_DRAWS", 12)
    parts = list(bootstrap.weights(np.arange(5), num_resamples=7, seed=0))
    assert [len(part) for part in parts] == [2, 2, 2, 1]
