"""Debiased HSIC against sums over all tuples of datapoints."""

import itertools

import numpy as np
import pytest

from transfusion_tf.analysis import block_sums

IMAGES = np.repeat(np.arange(6), [1, 2, 3, 2, 1, 2])


def representations(seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(len(IMAGES), 3)) + 1
    y = rng.normal(size=(len(IMAGES), 2)) + x[:, :2]
    return x, y


def found(x, y, images=IMAGES):
    sums = block_sums.of_arrays(x, y, images)
    return block_sums.hsic(sums, x.sum(axis=0), y.sum(axis=0))


def tuples(length):
    """Of datapoints that are all of different images."""
    for chosen in itertools.permutations(range(len(IMAGES)), length):
        if len({IMAGES[i] for i in chosen}) == length:
            yield chosen


def test_is_the_mean_over_tuples_of_different_images():
    x, y = representations()
    k, m = x @ x.T, y @ y.T
    expected = (
        np.mean([k[i, j] * m[i, j] for i, j in tuples(2)])
        - 2 * np.mean([k[i, j] * m[i, n] for i, j, n in tuples(3)])
        + np.mean([k[i, j] * m[n, o] for i, j, n, o in tuples(4)])
    )
    assert found(x, y) == pytest.approx(expected, abs=1e-12)


def test_shifting_changes_nothing_where_images_are_alike():
    images = np.repeat(np.arange(6), 2)
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(12, 3)), rng.normal(size=(12, 2))
    assert found(x + 7, y - 3, images) == pytest.approx(
        found(x, y, images), abs=1e-9
    )


def test_order_of_datapoints_does_not_matter():
    x, y = representations()
    order = np.random.default_rng(1).permutation(len(IMAGES))
    assert found(x[order], y[order], IMAGES[order]) == pytest.approx(
        found(x, y), abs=1e-12
    )


def test_sums_of_halves_add_up():
    x, y = representations()
    first = IMAGES < 3
    whole = block_sums.of_arrays(x, y, IMAGES)
    halves = [
        block_sums.of_arrays(x[rows], y[rows], IMAGES[rows])
        for rows in (first, ~first)
    ]
    for name, total in whole.items():
        np.testing.assert_allclose(
            halves[0][name] + halves[1][name], total, rtol=1e-12
        )


def test_three_images_are_too_few():
    x, y = representations()
    rows = IMAGES < 3
    assert np.isnan(found(x[rows], y[rows], IMAGES[rows]))
