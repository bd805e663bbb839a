"""Influences of images on an AUC, the means of which give macro variances."""

import numpy as np
import pytest

from transfusion_tf.metrics import components


def grouped(codes=None, seed=0):
    """The GroupSums of 40 images."""
    rng = np.random.default_rng(seed)
    labels = np.arange(40) % 3 == 0
    compared = components.compare(labels, labels + rng.normal(size=40))
    codes = np.arange(40) if codes is None else codes
    return components.sum_by_group(compared, codes)


def test_squared_influence_is_the_variance_of_single_images():
    sums = grouped()
    assert np.sum(sums.influence() ** 2) == pytest.approx(
        sums.variance(), rel=1e-12
    )
    assert abs(sums.influence().sum()) < 1e-12


def test_squared_influence_is_close_for_patients():
    sums = grouped(np.arange(40) // 2)
    assert np.sum(sums.influence() ** 2) == pytest.approx(
        sums.variance(), rel=0.05
    )


def test_equal_shares_are_exactly_equal():
    # Thirds are not exact in binary; the deviations must vanish all the same.
    compared = components.compare([1, 1, 1, 0, 0, 0], [1] * 6)
    assert compared.value == 0.5
    assert not compared.deviations.any()
    assert components.sum_by_group(compared, np.arange(6)).variance() is None


@pytest.mark.parametrize(
    "labels, codes, pairs",
    [
        ([1, 1, 0, 0, 0], [0, 1, 2, 3, 4], 2),  # As many as positives.
        (
            [1, 0, 1, 0, 1, 0],
            [0, 0, 1, 1, 2, 2],
            1,
        ),  # Three patients: one pair.
        ([1, 0, 1, 1], [0, 0, 1, 2], 1),  # Only one patient has negatives.
        ([1, 0], [0, 0], 0),
    ],
)
def test_disjoint_pairs(labels, codes, pairs):
    compared = components.compare(labels, np.arange(len(labels)))
    sums = components.sum_by_group(compared, np.array(codes))
    assert sums.pairs() == pairs


def test_absent_groups_add_nothing():
    compared = components.compare([0, 1, 0, 1], [1, 2, 3, 4])
    sums = components.sum_by_group(compared, np.array([1, 3, 5, 7]), size=10)
    assert sums.influence().shape == (10,)
    assert sums.num_groups == 4
    plain = components.sum_by_group(compared, np.arange(4))
    assert sums.variance() == plain.variance()
