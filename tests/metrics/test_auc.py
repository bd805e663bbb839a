"""Exact AUC and DeLong's variance against hand counts and double sums."""

import math

import numpy as np
import pytest
from scipy import stats
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
