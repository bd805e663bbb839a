"""Intervals by leaving out groups, against formulas and simulated coverage."""

import numpy as np
import pytest
import scipy.stats

from transfusion_tf.statistics import jackknife


def left_out_means(values, groups):
    return [values[groups != g].mean() for g in np.unique(groups)]


def test_of_a_mean_with_groups_of_one_is_the_t_interval():
    values = np.random.default_rng(0).normal(size=12)
    groups = np.arange(12)
    found = jackknife.delete_a_group(
        values.mean(), left_out_means(values, groups), np.ones(12)
    )
    error = scipy.stats.sem(values)
    low, high = scipy.stats.t.interval(0.95, 11, values.mean(), error)
    assert found.standard_error == pytest.approx(error)
    assert (found.low, found.high) == pytest.approx((low, high))


def test_groups_of_different_sizes_by_hand():
    # Groups (0, 0) and (6,): mean 2, without the first 6, without the second
    # 0. The groups are 2/3 and 1/3 of all, so that the pseudo-values are
    # 1.5 * 2 - 0.5 * 6 = 0 and 3 * 2 - 2 * 0 = 6.
    found = jackknife.delete_a_group(2.0, [6.0, 0.0], [2, 1])
    center = (2 - (1 - 2 / 3) * 6) + (2 - (1 - 1 / 3) * 0)
    variance = ((0 - center) ** 2 / 0.5 + (6 - center) ** 2 / 2) / 2
    assert found.standard_error == pytest.approx(np.sqrt(variance))


def test_a_wider_level_is_wider():
    narrow, wide = (
        jackknife.delete_a_group(1.0, [0.9, 1.1, 1.0], [1, 1, 1], level=level)
        for level in (0.5, 0.99)
    )
    assert wide.low < narrow.low < 1 < narrow.high < wide.high


@pytest.mark.parametrize(
    "estimate, left_out", [(1.0, [1.0]), (1.0, [1.0, np.nan]), (np.nan, [1, 1])]
)
def test_undefined(estimate, left_out):
    sizes = np.ones(len(left_out))
    assert jackknife.delete_a_group(estimate, left_out, sizes) is None


@pytest.mark.parametrize("rho, bounds", [(0.6, (-1, 1)), (0.95, (0, 1))])
def test_covers_a_correlation_and_stays_in_its_range(rho, bounds):
    rng, covered = np.random.default_rng(1), 0
    for _ in range(200):
        x = rng.normal(size=(400, 2)) @ [[1, rho], [0, np.sqrt(1 - rho**2)]]
        groups = rng.integers(0, 10, 400)
        parts = [np.corrcoef(x[groups != g].T)[0, 1] for g in range(10)]
        found = jackknife.delete_a_group(
            np.corrcoef(x.T)[0, 1], parts, np.bincount(groups), bounds=bounds
        )
        assert bounds[0] < found.low < found.high < bounds[1]
        covered += found.low <= rho <= found.high
    assert 0.90 <= covered / 200 <= 0.99


# Of a correlation near 1, and of a share near 0, from three groups.
@pytest.mark.parametrize(
    "estimate, left_out, bounds",
    [(0.98, [0.99, 0.95, 0.97], (-1, 1)), (0.02, [0.0, 0.01, 0.05], (0, 1))],
)
def test_is_fishers_z_or_the_logit_by_hand(estimate, left_out, bounds):
    plain = jackknife.delete_a_group(estimate, left_out, [1, 1, 1])
    assert plain.high > 1 or plain.low < 0
    found = jackknife.delete_a_group(
        estimate, left_out, [1, 1, 1], bounds=bounds
    )
    assert found.standard_error == plain.standard_error
    reach = scipy.stats.t.ppf(0.975, 2) * plain.standard_error
    if bounds == (-1, 1):
        z, half = np.arctanh(estimate), reach / (1 - estimate**2)
        expected = np.tanh(z - half), np.tanh(z + half)
    else:
        z = np.log(estimate / (1 - estimate))
        half = reach / (estimate * (1 - estimate))
        expected = 1 / (1 + np.exp(half - z)), 1 / (1 + np.exp(-half - z))
    assert (found.low, found.high) == pytest.approx(expected)


@pytest.mark.parametrize("estimate", [1.0, 1 + 1e-12, 1 - 1e-12])
def test_at_an_end_the_interval_is_cut_off(estimate):
    found = jackknife.delete_a_group(
        estimate, [1, 1 - 1e-6, 1], [1, 1, 1], bounds=(0, 1)
    )
    assert 1 - 1e-5 < found.low < 1 and found.high == 1
