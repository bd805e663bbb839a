"""Balanced accuracy against scikit-learn and by hand."""

import numpy as np
import pytest
from sklearn import metrics

from transfusion_tf.metrics import balanced
from transfusion_tf.statistics import intervals

RNG = np.random.default_rng(0)
TRUTH = RNG.integers(0, 3, 90)
ANSWERS = np.where(RNG.random(90) < 0.6, TRUTH, RNG.integers(0, 3, 90))


@pytest.mark.parametrize("num_classes", [2, 3])
def test_it_is_that_of_scikit_learn(num_classes):
    truth, answers = (np.minimum(x, num_classes - 1) for x in (TRUTH, ANSWERS))
    found = balanced.accuracy(truth, answers, num_classes)
    assert found.value.value == pytest.approx(
        metrics.balanced_accuracy_score(truth, answers)
    )
    assert [one.value for one in found.recalls] == pytest.approx(
        metrics.recall_score(truth, answers, average=None)
    )
    assert found.value.low < found.value.value < found.value.high


def test_recalls_have_wilsons_interval():
    found = balanced.accuracy([1] * 10 + [0] * 5, [1] * 8 + [0] * 7, 2)
    specificity, sensitivity = found.recalls
    assert (sensitivity.low, sensitivity.high) == pytest.approx(
        intervals.wilson(0.8, 10)
    )
    assert specificity.value == 1 and specificity.low < 1
    # Independent: the distances to the ends add as standard errors do.
    below = np.hypot(0.8 - sensitivity.low, 1 - specificity.low) / 2
    assert found.value.low == pytest.approx(0.9 - below)


def test_a_patients_images_say_less_than_as_many_patients():
    repeated = np.repeat(TRUTH, 3), np.repeat(ANSWERS, 3)
    patients = np.repeat(np.arange(90), 3)
    alone = balanced.accuracy(TRUTH, ANSWERS, 3).value
    known = balanced.accuracy(*repeated, 3, patients).value
    unknown = balanced.accuracy(*repeated, 3).value
    assert known.value == pytest.approx(alone.value)
    width = known.high - known.low
    assert width == pytest.approx(alone.high - alone.low, rel=0.02)
    assert unknown.high - unknown.low < 0.65 * width


def test_an_absent_class_is_said():
    found = balanced.accuracy([0, 0, 1], [0, 1, 1], 3)
    assert found.value.value is None
    assert found.value.reason == "1 of 3 classes have no image"
    assert found.recalls[0].value == 0.5


def test_the_interval_covers():
    rng, inside = np.random.default_rng(3), 0
    truth = np.repeat([0, 1], (150, 30))
    for _ in range(400):
        is_right = rng.random(180) < np.where(truth == 1, 0.7, 0.9)
        found = balanced.accuracy(
            truth, np.where(is_right, truth, 1 - truth), 2
        )
        inside += found.value.low <= 0.8 <= found.value.high
    assert 0.93 <= inside / 400 <= 0.98


def test_the_best_threshold_lies_between_the_classes():
    assert balanced.best_threshold(
        [0, 0, 1, 1], [0.1, 0.2, 0.6, 0.9]
    ) == pytest.approx(0.4)
    assert balanced.best_threshold([1, 1, 0], [0.5, 0.5, 0.5]) == 0.5
    assert balanced.best_threshold([1, 1], [0.5, 0.6]) is None


def test_no_threshold_does_better():
    labels = RNG.random(60) < 0.3
    scores = np.round(labels * 0.3 + RNG.random(60), 1)
    best = balanced.best_threshold(labels, scores)
    rates = {
        at: metrics.balanced_accuracy_score(labels, scores >= at)
        for at in [best, *np.unique(scores)]
    }
    assert rates[best] == pytest.approx(max(rates.values()))


@pytest.mark.parametrize(
    "truth, answers, message",
    [
        ([0, 1], [0], "lists of one length"),
        ([0, 2], [0, 1], "Classes must be 0 to 1. Received: 0 to 2"),
    ],
)
def test_other_lists_are_refused(truth, answers, message):
    with pytest.raises(ValueError, match=message):
        balanced.accuracy(truth, answers, 2)
