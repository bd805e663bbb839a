"""Intervals against published formulas, SciPy and hand-computed values."""

import numpy as np
import pytest
from scipy import stats

from transfusion_tf.metrics import intervals


def test_normal_quantile():
    assert intervals.normal_quantile(0.95) == pytest.approx(1.959963984540054)
    assert intervals.normal_quantile(0.9) == pytest.approx(1.6448536269514722)


@pytest.mark.parametrize("level", [0, 1, 95, -0.5, float("nan")])
def test_level_is_checked(level):
    with pytest.raises(ValueError, match="between 0 and 1"):
        intervals.exact(0.5, 10, level=level)


@pytest.mark.parametrize("hits, trials", [(0, 5), (3, 10), (10, 10), (1, 1)])
def test_proportions_equal_scipy(hits, trials):
    reference = stats.binomtest(hits, trials)
    for ours, method in (
        (intervals.exact, "exact"),
        (intervals.wilson, "wilson"),
    ):
        expected = reference.proportion_ci(0.9, method=method)
        assert ours(hits / trials, trials, level=0.9) == pytest.approx(
            (expected.low, expected.high), abs=1e-12
        )


def test_exact_without_trials_says_nothing():
    assert intervals.exact(0.7, 0) == (0.0, 1.0)


def test_exact_is_the_rule_of_three_at_one():
    assert intervals.exact(1.0, 300, level=0.9)[0] == pytest.approx(
        1 - 3 / 300, abs=1e-4
    )


def test_logit_is_asymmetric_near_one_and_stays_inside():
    low, high = intervals.logit(0.98, 0.02**2)
    assert 0.98 - low > high - 0.98
    assert high < 1
    # log(0.98 / 0.02) = 3.8918; 1.96 * 0.02 / 0.0196 = 2.0.
    assert low == pytest.approx(1 / (1 + np.exp(-(3.8918 - 2.0))), abs=1e-4)


def test_effective_trials_by_hand():
    # Two images a patient, all agreeing: as many as there are patients, less
    # the correction for their mean: (4 - 1) of 4.
    hits, trials = [2, 2, 0, 0], [2, 2, 2, 2]
    assert intervals.effective_trials(hits, trials) == pytest.approx(3)
    # Opposite answers in every patient show no variance between patients.
    assert intervals.effective_trials([1, 1, 1], [2, 2, 2]) == 3
    assert intervals.effective_trials([2, 2, 2], [2, 2, 2]) == 3
    assert intervals.effective_trials([5], [9]) == 1
    # One image each: the binomial count itself.
    assert intervals.effective_trials([1, 0, 0], [1, 1, 1]) == 3


def test_effective_trials_never_exceed_the_trials():
    rng = np.random.default_rng(0)
    for _ in range(50):
        trials = rng.integers(1, 4, size=12)
        hits = rng.binomial(trials, 0.7)
        effective = intervals.effective_trials(hits, trials)
        assert 0 < effective <= trials.sum()
