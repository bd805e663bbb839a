"""Exact AUC and DeLong's variance against hand counts and double sums."""

import math

import numpy as np
import pytest
from sklearn import metrics as sklearn_metrics

from transfusion_tf.metrics import auc
from transfusion_tf.statistics import intervals


def sample(seed=0, num_images=60, num_groups=None, decimals=1):
    """Labels, tied scores and groups in which labels and scores cluster."""
    rng = np.random.default_rng(seed)
    num_groups = num_groups or num_images
    groups = rng.integers(num_groups, size=num_images)
    shared = rng.normal(size=num_groups)[groups]
    labels = (shared + rng.normal(size=num_images) > 0.3).astype(int)
    scores = labels + shared + rng.normal(size=num_images)
    return labels, np.round(scores, decimals), groups


def kernel(labels, scores):
    """The (positives, negatives) matrix of 1, 1/2 and 0, pair by pair."""
    positives = [s for y, s in zip(labels, scores, strict=True) if y == 1]
    negatives = [s for y, s in zip(labels, scores, strict=True) if y == 0]
    return np.array(
        [
            [1.0 if p > n else 0.5 if p == n else 0.0 for n in negatives]
            for p in positives
        ]
    )


def obuchowski_by_double_sums(labels, scores, groups):
    """Obuchowski (1997), written as in the paper: sums over all patients."""
    psi = kernel(labels, scores)
    m, n = psi.shape
    value = psi.mean()
    of_positive, of_negative = groups[labels == 1], groups[labels == 0]
    patients = sorted(set(groups))
    with_positive = len(set(of_positive))
    with_negative = len(set(of_negative))
    s10 = s01 = s11 = 0.0
    for patient in patients:
        v10 = sum(
            psi[i].sum() / n for i in range(m) if of_positive[i] == patient
        )
        v01 = sum(
            psi[:, j].sum() / m for j in range(n) if of_negative[j] == patient
        )
        a = v10 - (of_positive == patient).sum() * value
        b = v01 - (of_negative == patient).sum() * value
        s10, s01, s11 = s10 + a * a, s01 + b * b, s11 + a * b
    s10 *= with_positive / ((with_positive - 1) * m)
    s01 *= with_negative / ((with_negative - 1) * n)
    s11 *= len(patients) / (len(patients) - 1)
    return s10 / m + s01 / n + 2 * s11 / (m * n)


def test_hand_counted_pairs():
    # Positives 0.8, 0.4; negatives 0.4, 0.1, 0.6: wins 3 and 1.5 of 3 each.
    labels, scores = [1, 0, 1, 0, 0], [0.8, 0.4, 0.4, 0.1, 0.6]
    assert auc.auc(labels, scores) == 4.5 / 6


def test_hand_computed_variance():
    # Shares of the positives 1, 1/2, of the negatives 3/4, 1, 1/2; mean 3/4.
    # S10 = 2 (1/4)^2 / 1 = 1/8, S01 = 2 (1/4)^2 / 2 = 1/16.
    result = auc.delong([1, 0, 1, 0, 0], [0.8, 0.4, 0.4, 0.1, 0.6])
    assert result.variance == pytest.approx(1 / 8 / 2 + 1 / 16 / 3, abs=1e-15)
    assert (result.num_positive, result.num_negative) == (2, 3)
    expected = intervals.score(3 / 4, 1 / 12, 2, 3)
    assert (result.low, result.high) == pytest.approx(expected, abs=1e-12)
    assert result.interval == "score"


@pytest.mark.parametrize("seed", range(5))
def test_equals_sklearn_with_ties(seed):
    labels, scores, _ = sample(seed)
    expected = sklearn_metrics.roc_auc_score(labels, scores)
    assert auc.auc(labels, scores) == pytest.approx(expected, abs=1e-12)
    assert auc.delong(labels, scores).value == auc.auc(labels, scores)


@pytest.mark.parametrize("seed", range(5))
def test_delong_equals_pair_counting(seed):
    labels, scores, _ = sample(seed)
    psi = kernel(labels, scores)
    expected = (
        np.var(psi.mean(axis=1), ddof=1) / psi.shape[0]
        + np.var(psi.mean(axis=0), ddof=1) / psi.shape[1]
    )
    result = auc.delong(labels, scores)
    assert result.variance == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_groups_equal_obuchowski_written_out(seed):
    labels, scores, groups = sample(seed, num_groups=25)
    expected = obuchowski_by_double_sums(labels, scores, groups)
    result = auc.delong(labels, scores, groups)
    assert result.variance == pytest.approx(expected, rel=1e-12)
    assert result.num_groups == len(set(groups))
    assert result.variance != pytest.approx(
        auc.delong(labels, scores).variance, rel=1e-2
    )


def test_groups_of_one_equal_delong():
    labels, scores, _ = sample(3)
    patients = [f"patient {i}" for i in range(len(labels))]
    grouped = auc.delong(labels, scores, patients)
    alone = auc.delong(labels, scores)
    assert grouped.variance == pytest.approx(alone.variance, abs=1e-12)
    assert grouped.low == pytest.approx(alone.low, abs=1e-12)


def test_every_image_twice_halves_nothing_when_grouped():
    labels, scores, _ = sample(1)
    twice = np.tile(labels, 2), np.tile(scores, 2)
    patients = np.tile(np.arange(len(labels)), 2)
    once = auc.delong(labels, scores)
    assert auc.delong(*twice, patients).variance == pytest.approx(
        once.variance, rel=1e-12
    )
    assert auc.delong(*twice).variance < 0.6 * once.variance


@pytest.mark.parametrize("kind", [str, bytes, object])
def test_groups_may_be_numbers_or_text(kind):
    labels, scores, groups = sample(2, num_groups=20)
    names = np.array([f"p{g:03d}" for g in groups])  # Sorted like numbers.
    assert auc.delong(labels, scores, names.astype(kind)) == auc.delong(
        labels, scores, groups
    )


def test_monotone_transforms_change_nothing():
    labels, scores, groups = sample(4, num_groups=20)
    expected = auc.delong(labels, scores, groups)
    assert auc.delong(labels, np.exp(scores) * 7, groups) == expected
    assert auc.delong(labels, scores**3, groups) == expected


def test_order_of_images_changes_nothing():
    labels, scores, groups = sample(5, num_groups=20)
    order = np.random.default_rng(0).permutation(len(labels))
    first = auc.delong(labels, scores, groups)
    second = auc.delong(labels[order], scores[order], groups[order])
    assert second.value == first.value
    assert second.variance == pytest.approx(first.variance, rel=1e-12)


def test_swapping_the_classes_mirrors():
    labels, scores, groups = sample(6, num_groups=20)
    result = auc.delong(labels, scores, groups)
    mirror = auc.delong(1 - labels, scores, groups)
    assert mirror.value == pytest.approx(1 - result.value, abs=1e-15)
    assert mirror.variance == pytest.approx(result.variance, rel=1e-12)
    assert mirror.low == pytest.approx(1 - result.high, abs=1e-12)


def test_level_widens_the_interval():
    labels, scores, _ = sample(0)
    narrow = auc.delong(labels, scores, level=0.9)
    wide = auc.delong(labels, scores, level=0.99)
    assert wide.low < narrow.low < narrow.value < narrow.high < wide.high
    assert wide.variance == narrow.variance


@pytest.mark.parametrize(
    "labels, missing",
    [([1, 1, 1], "negative"), ([0, 0, 0], "positive"), ([], "positive")],
)
def test_one_class_is_undefined_and_never_zero(labels, missing):
    scores = np.linspace(0, 1, len(labels))
    result = auc.delong(labels, scores)
    assert auc.auc(labels, scores) is None
    assert (
        result.value,
        result.variance,
        result.low,
        result.high,
        result.interval,
    ) == (None,) * 5
    assert f"no {missing} image among {len(labels)}" in result.reason


@pytest.mark.parametrize(
    "labels, scores, groups, message",
    [
        ([0, 1, 2], [1, 2, 3], None, "must be 0 or 1.*Received: 2"),
        ([0, 1, -1], [1, 2, 3], None, "leave missing ones out"),
        ([0, 1], [1, 2, 3], None, r"\(2,\) and \(3,\)"),
        ([[0, 1]], [[1, 2]], None, r"must both be \(num_images,\)"),
        ([0, 1], [1, math.nan], None, "finite numbers"),
        ([0, 1], [1, math.inf], None, "finite numbers"),
        ([0, 1], ["a", "b"], None, "finite numbers"),
        ([0, 1], [1, 2], ["a"], "one patient per image"),
        ([0, 1], [1, 2], np.array(["a", None]), "none missing. Received: None"),
        ([0, 1], [1, 2], [1.0, math.nan], "none missing"),
    ],
)
def test_bad_input_is_one_clear_line(labels, scores, groups, message):
    with pytest.raises(ValueError, match=message) as error:
        auc.delong(labels, scores, groups)
    assert "\n" not in str(error.value)


def test_bad_level():
    with pytest.raises(ValueError, match="`level` must lie between 0 and 1"):
        auc.delong([0, 1], [1, 2], level=95)
