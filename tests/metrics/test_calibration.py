"""Calibration against scikit-learn, values by hand and simulations."""

import numpy as np
import pytest
from scipy import special
from sklearn import calibration as theirs
from sklearn import linear_model, metrics

from transfusion_tf.metrics import calibration


def simulated(rng, count, *, slope=1.0, shift=0.0):
    """Labels of known log odds, and scores whose log odds are off."""
    truth = rng.normal(0, 1.5, count)
    labels = rng.random(count) < special.expit(truth)
    return labels, special.expit((truth - shift) / slope)


@pytest.mark.parametrize("seed", range(5))
def test_brier_slope_and_bins_are_scikit_learns(seed):
    labels, scores = simulated(np.random.default_rng(seed), 300, slope=2)
    found = calibration.measure(labels, scores)
    assert found.brier.value == pytest.approx(
        metrics.brier_score_loss(labels, scores)
    )
    fitted = linear_model.LogisticRegression(C=np.inf, tol=1e-10).fit(
        special.logit(scores)[:, None], labels
    )
    assert found.slope.value == pytest.approx(fitted.coef_[0, 0], abs=1e-4)
    shares, means = theirs.calibration_curve(labels, scores, n_bins=10)
    filled = [one for one in found.bins if one.count]
    assert [one.share.value for one in filled] == pytest.approx(list(shares))
    assert [one.mean_score for one in filled] == pytest.approx(list(means))
    counts = np.histogram(scores, bins=10, range=(0, 1))[0]
    assert [one.count for one in found.bins] == list(counts)
    weights = counts[counts > 0] / 300
    assert found.ece == pytest.approx(np.sum(weights * abs(shares - means)))


def test_the_intercept_makes_scores_right_on_average():
    labels, scores = simulated(np.random.default_rng(7), 400, shift=1.0)
    found = calibration.measure(labels, scores).intercept.value
    shifted = special.expit(special.logit(scores) + found)
    assert shifted.mean() == pytest.approx(labels.mean())
    assert found == pytest.approx(1.0, abs=0.3)


def test_by_hand():
    found = calibration.measure([1, 0, 1, 0], [0.9, 0.1, 0.6, 1.0], num_bins=2)
    assert found.brier.value == pytest.approx((0.01 + 0.01 + 0.16 + 1) / 4)
    assert found.brier_baseline == 0.25
    first, last = found.bins
    assert (first.count, last.count) == (1, 3)
    assert last.mean_score == pytest.approx(2.5 / 3)
    assert found.ece == pytest.approx(0.25 * 0.1 + 0.75 * (2.5 / 3 - 2 / 3))


def test_intervals_cover_and_allow_for_patients():
    rng = np.random.default_rng(0)
    count, covered = 80, np.zeros(2)
    many = simulated(rng, 1_000_000, slope=2.0, shift=0.5)
    brier = np.mean((many[1] - many[0]) ** 2)
    for _ in range(count):
        labels, scores = simulated(rng, 200, slope=2.0, shift=0.5)
        # Two equal images a patient say no more than one.
        doubled = [np.repeat(x, 2) for x in (labels, scores)]
        found = calibration.measure(*doubled, np.repeat(np.arange(200), 2))
        covered[0] += found.slope.low <= 2.0 <= found.slope.high
        single = calibration.measure(labels, scores)
        assert found.slope.low == pytest.approx(single.slope.low, abs=1e-4)
        covered[1] += single.brier.low <= brier <= single.brier.high
    error = 3 * (0.05 * 0.95 / count) ** 0.5
    # A robust variance is a little small in 200 units.
    assert (abs(covered / count - 0.95) < error + 0.01).all()


def test_perfect_scores_have_no_slope_and_one_class_has_none():
    found = calibration.measure([0, 0, 1, 1], [0.1, 0.2, 0.8, 0.9])
    assert found.slope.value is None and "tell all" in found.slope.reason
    assert found.intercept.value is not None
    found = calibration.measure([1, 1], [0.4, 1.0])
    assert found.slope.reason == found.intercept.reason != ""
    assert found.brier.value == pytest.approx(0.18)


def test_exact_zeros_and_ones_are_finite():
    found = calibration.measure([0, 1, 1, 0], [0.0, 1.0, 0.0, 0.3])
    assert np.isfinite(found.intercept.value)


def test_nothing_to_measure():
    found = calibration.measure([], [])
    assert found.brier.reason == "no images" and found.ece is None


@pytest.mark.parametrize(
    "labels, scores, options",
    [
        ([0, 1], [0.5], {}),
        ([0, 2], [0.5, 0.5], {}),
        ([0, 1], [0.5, 1.5], {}),
        ([0, 1], [0.5, np.nan], {}),
        ([0, 1], [0.5, 0.5], {"num_bins": 0}),
    ],
)
def test_what_is_not_probabilities_is_refused(labels, scores, options):
    with pytest.raises(ValueError):
        calibration.measure(labels, scores, **options)
