"""Intervals against published formulas, SciPy and hand-computed values."""

import numpy as np
import pytest
from scipy import stats

from transfusion_tf.statistics import intervals


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


def test_reference_variance_by_hand():
    # A = 0.8, 5 positives, 401 negatives: Hanley and McNeil have
    # Q1 - A^2 = 0.8 / 1.2 - 0.64 = 0.02667, 4 times; in place of Q2 - A^2 =
    # 1.28 / 1.8 - 0.64 = 0.0711, 400 times, half of A (1 - A): 0.08.
    expected = (0.16 + 4 * (0.8 / 1.2 - 0.64) + 400 * 0.08) / (5 * 401)
    for counts in ((5, 401), (401, 5)):
        for value in (0.8, 0.2):
            found = intervals.reference_variance(value, *counts)
            assert found == pytest.approx(expected, rel=1e-12)


def test_variance_is_drawn_to_the_reference_and_never_away():
    reference = intervals.reference_variance(0.8, 5, 400)
    # 6^2 / (6^2 + 5^2 * 0.16) = 0.9.
    ratio = intervals.variance_ratio(0.8, reference / 2, 5, 400)
    assert ratio == pytest.approx(0.9 + 0.1 / 2)
    ratio = intervals.variance_ratio(0.8, 3 * reference, 5, 400)
    assert ratio == pytest.approx(3)
    reference = intervals.reference_variance(0.8, 500, 40_000)
    ratio = intervals.variance_ratio(0.8, reference / 2, 500, 40_000)
    assert ratio == pytest.approx(0.5, abs=1e-3)


def test_score_interval_ends_where_the_value_is_z_errors_away():
    value, variance, counts = 0.9, 0.004, (7, 60)
    low, high = intervals.score(value, variance, *counts, level=0.9)
    ratio = intervals.variance_ratio(value, variance, *counts)
    for end in (low, high):
        error = np.sqrt(ratio * intervals.reference_variance(end, *counts))
        assert abs(value - end) / error == pytest.approx(1.6448536, rel=1e-6)
    assert 0 < low < value < high < 1
    assert value - low > high - value
    mirrored = intervals.score(1 - value, variance, *counts[::-1], level=0.9)
    assert mirrored == pytest.approx((1 - high, 1 - low), abs=1e-12)


def test_score_interval_of_many_is_that_of_the_standard_error():
    # 1.96 * 0.005 to both sides.
    found = intervals.score(0.8, 0.005**2, 3_000, 5_000)
    assert found == pytest.approx((0.7902, 0.8098), abs=3e-4)


def test_more_images_never_widen_the_interval():
    """The same variance of an image, more and more of the rarer class."""
    widths = []
    for rarer in range(2, 300):
        low, high = intervals.score(0.93, 0.02 / rarer, rarer, 400)
        widths.append(high - low)
    assert (np.diff(widths) < 0).all()


def test_combined_by_hand():
    parts = [(0.8, 0.7, 0.85), (0.6, 0.4, 0.7)]
    # Independent: the root of 0.1^2 + 0.2^2, halved, below; of 0.05^2 + 0.1^2
    # above.
    expected = 0.7 - np.sqrt(0.05) / 2, 0.7 + np.sqrt(0.0125) / 2
    assert intervals.combined(parts, np.eye(2)) == pytest.approx(expected)
    alike = intervals.combined(parts, np.ones((2, 2)))
    assert alike == pytest.approx((0.55, 0.775))


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
