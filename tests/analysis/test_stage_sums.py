"""Sums by group of images."""

import numpy as np
import pytest

from tests.linear_networks import (
    activations,
    assert_close,
    batches,
    gathered,
    network,
    pixels,
    rows,
)
from transfusion_tf.analysis import moments


def test_groups_add_up_and_leaving_one_out_leaves_it_out():
    images = pixels(100)
    (sums, _) = gathered(images)
    assert sums.num_groups == 10 and sums.images_of_groups.sum() == 100
    x, y = (rows(activations(network(n), images)[0]) for n in (1, 2))
    assert_close(sums.moments()["a", "b"].measured, moments.from_arrays(x, y))
    for group in (0, 9):
        rest = [g for g in range(10) if g != group]
        found = sums.moments(rest)["a", "b"].measured
        alone = sums.moments([group])["a", "b"].measured
        assert found.num_images + alone.num_images == 100
        both = (
            found.num_images * (found.cov_xy + np.outer(*means(found)))
            + alone.num_images * (alone.cov_xy + np.outer(*means(alone)))
        ) / 100
        whole = moments.from_arrays(x, y)
        np.testing.assert_allclose(
            both, whole.cov_xy + np.outer(*means(whole)), atol=1e-4
        )


def means(m):
    return m.mean_x, m.mean_y


def test_groups_do_not_depend_on_the_order_of_images():
    images = pixels(100)
    order = np.random.default_rng(1).permutation(100)
    ids = np.array([f"i{n}" for n in range(100)])

    def counts(chosen):
        sums = moments.gather(
            {"a": network(1)},
            lambda: batches(images[chosen], 9, id=ids[chosen]),
            pairs=[("a", "a")],
        )
        return next(sums).images_of_groups

    np.testing.assert_array_equal(counts(np.arange(100)), counts(order))


def test_halves_are_of_different_groups_and_add_up():
    (sums, _) = gathered(pixels(100))
    counts = sums.images_of_groups
    for kind in ("measured", "layout", "chance"):
        whole = getattr(sums.moments()["a", "b"], kind)
        first, second = whole.halves
        assert first.num_images + second.num_images == whole.num_images
        assert first.num_images == pytest.approx(counts[:5].sum())
        alone = getattr(sums.moments(range(5))["a", "b"], kind)
        np.testing.assert_array_equal(first.cov_xy, alone.cov_xy)


def test_leaving_a_group_out_moves_no_other_to_the_other_half():
    (sums, _) = gathered(pixels(100))
    counts = sums.images_of_groups
    for out in range(10):
        rest = [g for g in range(10) if g != out]
        halves = sums.moments(rest)["a", "b"].measured.halves
        expected = [
            sum(counts[g] for g in range(5 * h, 5 * h + 5) if g != out)
            for h in (0, 1)
        ]
        assert [half.num_images for half in halves] == expected


def test_one_group_and_draws_have_no_halves():
    (sums, _) = gathered(pixels(100))
    assert sums.moments([0, 1, 4])["a", "b"].measured.halves is None
    assert sums.moments([4, 5])["a", "b"].measured.halves is not None
    (single, _) = gathered(pixels(10), num_groups=1)
    assert single.moments()["a", "b"].measured.halves is None
    (drawn, _) = gathered(pixels(50), channels=2, repeats=2)
    assert drawn.moments([0])["a", "b"].measured.halves is None
