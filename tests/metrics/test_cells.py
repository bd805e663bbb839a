"""Measures of agreement against hand-computed and published values."""

import numpy as np
import pytest
from sklearn import metrics

from transfusion_tf.metrics import cells


def value(name, *counts):
    (number,) = cells.MEASURES[name](np.array([counts], float))
    return number


def test_cells_by_hand():
    truth = [0, 1, 2, 0, 1]
    first = [0, 1, 0, 1, 2]
    other = [0, 0, 2, 1, 0]
    assert list(cells.of_images(truth, first, other)) == [
        cells.BOTH_RIGHT,
        cells.FIRST_RIGHT,
        cells.OTHER_RIGHT,
        cells.SAME_WRONG,
        cells.DIFFERENT_WRONG,
    ]


def test_shapes_are_checked():
    with pytest.raises(ValueError, match=r"Received: \(2,\), \(2,\), \(1,\)"):
        cells.of_images([0, 1], [0, 1], [0])


def test_sums_by_group():
    sums = cells.sum_by_group(np.array([0, 4, 0, 2]), np.array([1, 0, 1, 1]))
    assert sums.tolist() == [[0, 0, 0, 0, 1], [2, 0, 1, 0, 0]]


@pytest.mark.parametrize(
    "name, expected",
    [
        # 5 both right, 2 the first, 1 the other, 1 same and 1 different error:
        # a = 0.7, b = 0.6.
        ("agreement", 0.7),
        ("accuracy", 0.7),
        ("other_accuracy", 0.6),
        ("equal_predictions", 0.6),
        ("one_right", 0.3),
        ("unequal_predictions", 0.4),
        ("independence", 0.7 * 0.6 + 0.3 * 0.4),
        ("paper_independence", 0.49 + 0.09),
        ("other_paper_independence", 0.36 + 0.16),
        ("kappa", (0.7 - 0.54) / (1 - 0.54)),
    ],
)
def test_measures_by_hand(name, expected):
    assert value(name, 5, 2, 1, 1, 1) == pytest.approx(expected, abs=1e-14)


@pytest.mark.parametrize(
    "images, right, agreeing, real, rand",
    [
        # Published by Juodelyte et al. (2023), results/similarity.csv: folds of
        # thyroid, breast, chest and knee. `right` is the number of images of
        # which the published accuracy is the share; it was kept in float32.
        (96, 48, 33, 0.34375, 0.5),
        (156, 135, 137, 0.8782051282051282, 0.76701184),
        (1172, 1119, 1109, 0.9462457337883959, 0.9136463),
        (1044, 921, 968, 0.9272030651340997, 0.7921289),
    ],
)
def test_published_folds(images, right, agreeing, real, rand):
    # How the errors fall matters to neither: as many shared as can be.
    both_wrong = min(images - right, agreeing)
    both_right = agreeing - both_wrong
    counts = (
        both_right,
        right - both_right,
        images - agreeing - (right - both_right),
        both_wrong,
        0,
    )
    assert min(counts) >= 0
    assert value("agreement", *counts) == pytest.approx(real, abs=1e-15)
    assert value("paper_independence", *counts) == pytest.approx(rand, abs=1e-6)


def test_kappa_is_cohens_of_right_and_wrong():
    rng = np.random.default_rng(0)
    for _ in range(20):
        truth, first, other = rng.integers(3, size=(3, 40))
        counts = np.bincount(cells.of_images(truth, first, other), minlength=5)
        expected = metrics.cohen_kappa_score(first == truth, other == truth)
        assert value("kappa", *counts) == pytest.approx(expected, abs=1e-12)


def test_kappa_at_its_ends():
    assert value("kappa", 7, 0, 0, 1, 2) == 1
    assert value("kappa", 0, 5, 5, 0, 0) == -1
    # Independent by construction: 0.6 * 0.5 of 20 images are 6, and so on.
    assert value("kappa", 6, 6, 4, 2, 2) == 0
    for nothing_left_to_agree_on in ((9, 0, 0, 0, 0), (0, 0, 0, 4, 5)):
        assert np.isnan(value("kappa", *nothing_left_to_agree_on))
        assert value("independence", *nothing_left_to_agree_on) == 1


def test_only_what_is_named_after_one_network_depends_on_the_order():
    counts, swapped = (5, 3, 1, 2, 1), (5, 1, 3, 2, 1)
    either = {
        "accuracy": "other_accuracy",
        "paper_independence": "other_paper_independence",
    }
    for name in cells.MEASURES.keys() - either.keys() - set(either.values()):
        assert value(name, *counts) == value(name, *swapped)
    for name, other in either.items():
        assert value(name, *counts) == value(other, *swapped)
        assert value(name, *counts) != value(other, *counts)
