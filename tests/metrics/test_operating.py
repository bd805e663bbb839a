"""Sensitivity at a specificity and back, by hand and by simulation."""

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics

from transfusion_tf.metrics import operating

LABELS = [0, 0, 0, 0, 1, 1, 1, 1]
SCORES = [0.1, 0.2, 0.3, 0.6, 0.3, 0.5, 0.7, 0.9]


@pytest.mark.parametrize(
    "asked, reached, threshold, sensitivity",
    [
        (0.5, 0.5, 0.3, 1.0),
        (0.6, 0.75, 0.5, 0.75),
        (0.75, 0.75, 0.5, 0.75),
        (0.76, 1.0, 0.7, 0.5),
        (1.0, 1.0, 0.7, 0.5),
    ],
)
def test_sensitivity_by_hand(asked, reached, threshold, sensitivity):
    point = operating.sensitivity_at(asked, LABELS, SCORES)
    assert (point.reached, point.threshold) == (reached, threshold)
    assert point.other.value == sensitivity
    assert point.other.low <= sensitivity <= point.other.high


@pytest.mark.parametrize(
    "asked, reached, threshold, specificity",
    [(1.0, 1.0, 0.3, 0.5), (0.75, 0.75, 0.5, 0.75), (0.5, 0.5, 0.7, 1.0)],
)
def test_specificity_by_hand(asked, reached, threshold, specificity):
    point = operating.specificity_at(asked, LABELS, SCORES)
    assert (point.reached, point.threshold) == (reached, threshold)
    assert point.other.value == specificity


@pytest.mark.parametrize("seed", range(10))
def test_points_lie_on_scikit_learns_curve(seed):
    rng = np.random.default_rng(seed)
    labels = rng.random(60) < 0.4
    scores = rng.integers(0, 12, 60) / 12 + 0.2 * labels
    fall_out, hit_rate, _ = metrics.roc_curve(
        labels, scores, drop_intermediate=False
    )
    for asked in (0.3, 0.8, 0.95):
        point = operating.sensitivity_at(asked, labels, scores, num_resamples=2)
        best = hit_rate[1 - fall_out >= asked - 1e-12].max()
        assert point.other.value == pytest.approx(best)
        point = operating.specificity_at(asked, labels, scores, num_resamples=2)
        best = (1 - fall_out)[hit_rate >= asked - 1e-12].max()
        assert point.other.value == pytest.approx(best)
        called = scores >= point.threshold
        assert called[labels].mean() == pytest.approx(point.reached)
        assert (~called[~labels]).mean() == pytest.approx(best)


@pytest.mark.parametrize("per_patient", [1, 2])
def test_the_interval_covers_the_true_sensitivity(per_patient):
    rng = np.random.default_rng(0)
    truth = stats.norm.sf(stats.norm.ppf(0.9), loc=1.5)
    count, covered = 40, 0
    for _ in range(count):
        labels = np.arange(160) < 60
        scores = rng.normal(1.5 * labels)
        repeated = [np.repeat(x, per_patient) for x in (labels, scores)]
        patients = np.repeat(np.arange(160), per_patient)
        found = operating.sensitivity_at(
            0.9, *repeated, patients, num_resamples=300
        ).other
        covered += found.low <= truth <= found.high
    assert covered / count > 0.95 - 3 * (0.05 * 0.95 / count) ** 0.5


def test_curves_are_scikit_learns_and_know_their_baseline():
    found = operating.curves(LABELS, SCORES)
    assert found.prevalence == 0.5
    area = metrics.auc(found.false_positive_rate, found.true_positive_rate)
    assert area == pytest.approx(metrics.roc_auc_score(LABELS, SCORES))


def test_one_class_has_no_points_and_no_curves():
    point = operating.sensitivity_at(0.9, [1, 1], [0.2, 0.4])
    assert point.threshold is None and "only positives" in point.other.reason
    assert operating.specificity_at(0.9, [0, 0], [0.2, 0.4]).reached is None
    assert not len(operating.curves([0, 0], [0.1, 0.2]).recall)


def test_the_same_seed_gives_the_same_interval():
    found = [
        operating.sensitivity_at(0.75, LABELS, SCORES, seed=s)
        for s in (0, 0, 1)
    ]
    assert found[0] == found[1] != found[2]


@pytest.mark.parametrize("asked", [0.0, -1, 1.01])
def test_shares_that_are_none_are_refused(asked):
    with pytest.raises(ValueError, match="above 0 and at most 1"):
        operating.sensitivity_at(asked, LABELS, SCORES)
