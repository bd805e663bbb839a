"""Intervals of an AUC where counts are small, and what they cover."""

import math

import numpy as np
import pytest
from scipy import stats

from transfusion_tf.metrics import auc


@pytest.mark.parametrize(
    "scores, value",
    [([0.1, 0.2, 0.3, 0.8, 0.9], 1.0), ([0.9, 0.8, 0.7, 0.2, 0.1], 0.0)],
)
def test_perfect_separation_keeps_a_width(scores, value):
    # Two disjoint pairs: 0.025 ** (1 / 2) from the far end.
    result = auc.delong([0, 0, 0, 1, 1], scores)
    assert result.value == value
    assert result.variance is None
    assert result.interval == "exact"
    far = math.sqrt(0.025)
    expected = (far, 1.0) if value else (0.0, 1 - far)
    assert (result.low, result.high) == pytest.approx(expected, abs=1e-12)


def test_perfect_separation_counts_patients_not_images():
    labels = np.repeat([0, 1], 20)
    groups = np.repeat(np.arange(8), 5)
    images = auc.delong(labels, labels)
    patients = auc.delong(labels, labels, groups)
    assert images.low == pytest.approx(0.025 ** (1 / 20), abs=1e-12)
    assert patients.low == pytest.approx(0.025 ** (1 / 4), abs=1e-12)


@pytest.mark.parametrize(
    "num_positive, num_negative, groups, note",
    [
        (5, 5, None, ""),
        (4, 400, None, "only 4 positive images: below 5 the interval may miss"),
        (400, 1, None, "only 1 negative image: below 5"),
        (3, 2, None, "only 3 positive images and 2 negative images: below 5"),
        (10, 10, np.arange(20) // 2, ""),
        (8, 40, np.arange(48) // 2, "only 4 positive patients: below 5"),
    ],
)
def test_fewer_than_five_are_noted(num_positive, num_negative, groups, note):
    labels = np.repeat([1, 0], [num_positive, num_negative])
    scores = labels + np.random.default_rng(0).normal(size=len(labels))
    found = auc.delong(labels, scores, groups)
    assert found.note.startswith(note) and bool(found.note) == bool(note)


# Coverage of the 95% interval: positives, negatives, AUC, spread of the scores
# of the positives (that of the negatives is 1), images a patient.
# docs/statistics.md has many more cells.
COVERAGE = [
    (5, 400, 0.85, 1, 1),
    (5, 400, 0.95, 1, 1),
    (5, 400, 0.95, 2, 1),
    (5, 100, 0.6, 2, 1),
    (100, 6, 0.9, 1, 1),
    (10, 400, 0.95, 2, 1),
    (30, 100, 0.95, 2, 1),
    (20, 20, 0.8, 1, 1),
    (6, 100, 0.9, 2, 2),
    (20, 100, 0.9, 1, 2),
]


@pytest.mark.parametrize("cell", COVERAGE)
def test_the_interval_covers_with_few_of_a_class(cell):
    num_positive, num_negative, value, spread, images = cell
    rng = np.random.default_rng(sum(cell[:2]))
    distance = stats.norm.ppf(value) * math.sqrt(1 + spread**2)
    labels = np.repeat([1, 0], [num_positive, num_negative])
    patients = np.repeat(np.arange(len(labels)), images)
    labels = np.repeat(labels, images)
    covered, num_draws = 0, 600
    for _ in range(num_draws):
        # A patient's images share four fifths of their variance.
        shared = np.repeat(rng.normal(size=len(labels) // images), images)
        own = rng.normal(size=len(labels))
        scores = shared if images == 1 else np.sqrt([0.8, 0.2]) @ [shared, own]
        scores = np.where(labels == 1, distance + spread * scores, scores)
        found = auc.delong(labels, scores, patients if images > 1 else None)
        covered += found.low <= value <= found.high
    assert covered / num_draws >= 0.93


def test_tied_scores_and_single_images_keep_a_width():
    tied = auc.delong([0, 1] * 10, np.ones(20))
    assert (tied.value, tied.variance) == (0.5, None)
    assert tied.low < 0.25 and tied.high > 0.75
    single = auc.delong([1, 0, 0, 0, 0], [0.5, 0.1, 0.2, 0.7, 0.8])
    assert single.variance is None
    assert single.low < 0.05 and single.high > 0.95
    one_patient = auc.delong([1, 0, 0, 1], [3, 1, 2, 0], [0, 0, 0, 0])
    assert (one_patient.low, one_patient.high) == (0.0, 1.0)


def test_patients_that_all_agree_keep_a_width():
    # Each patient's positive and negative err in opposite directions by the
    # same amount, so the sums over patients vanish though the AUC is 1/2.
    labels, scores = [1, 0, 1, 0], [1, 1, 2, 2]
    result = auc.delong(labels, scores, [0, 0, 1, 1])
    assert (result.value, result.variance) == (0.5, None)
    assert result.low < 0.1 and result.high > 0.9
