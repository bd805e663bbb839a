"""Average precision against scikit-learn."""

import numpy as np
import pytest
from sklearn import metrics

from transfusion_tf.metrics.average_precision import Steps, average_precision

RNG = np.random.default_rng(0)
LABELS = RNG.random(120) < 0.25
SCORES = LABELS + RNG.normal(size=120)


@pytest.mark.parametrize("scores", [SCORES, np.round(SCORES), 0 * SCORES])
def test_it_is_that_of_scikit_learn(scores):
    found = average_precision(LABELS, scores, num_resamples=50)
    expected = metrics.average_precision_score(LABELS, scores)
    assert found.value == pytest.approx(expected)
    assert found.low < found.value < found.high


def test_resamples_are_those_of_repeated_images():
    # Images that are drawn twice count as two images do.
    counts = RNG.integers(0, 3, 120)
    again = np.repeat(np.arange(120), counts)
    steps = Steps(LABELS, np.round(SCORES, 1))
    assert steps.area(counts[None])[0] == pytest.approx(
        metrics.average_precision_score(
            LABELS[again], np.round(SCORES, 1)[again]
        )
    )


def test_a_patients_images_say_less_than_as_many_patients():
    patients = np.repeat(np.arange(120), 3)
    thrice = np.repeat(LABELS, 3), np.repeat(SCORES, 3)
    known = average_precision(*thrice, patients, num_resamples=400)
    unknown = average_precision(*thrice, num_resamples=400)
    assert known.high - known.low > 1.4 * (unknown.high - unknown.low)


def test_same_seed_gives_the_same_interval():
    first, same, other = (
        average_precision(LABELS, SCORES, num_resamples=50, seed=seed)
        for seed in (0, 0, 1)
    )
    assert first == same != other


@pytest.mark.parametrize("labels", [[1, 1], [0, 0]])
def test_one_class_is_said(labels):
    found = average_precision(labels, [0.1, 0.9])
    assert found.value is None and "only positives" in found.reason


def test_perfect_scores_have_no_interval():
    found = average_precision([0, 1, 1], [0.1, 0.8, 0.9])
    assert (found.value, found.low) == (1, None) and found.reason
