"""Channels in another order are found, and change nothing that is computed."""

import numpy as np
import pytest

from tests.analysis.interventions import small_networks
from transfusion_tf.analysis import moments
from transfusion_tf.analysis.interventions import channels

IMAGES = small_networks.images(16)


@pytest.fixture(scope="module")
def shuffled():
    """(network, the same with its channels shuffled, the orders)."""
    backbone, copy = small_networks.chain(0), small_networks.chain(0)
    rng = np.random.default_rng(1)
    order_of = [rng.permutation(n) for n in small_networks.TINY.widths]
    values = channels.reordered(
        backbone, small_networks.values(backbone), order_of
    )
    for weight in copy.weights:
        weight.assign(values[weight.path])
    return backbone, copy, order_of


def test_another_order_computes_the_same_from_other_weights(shuffled):
    backbone, copy, order_of = shuffled
    np.testing.assert_allclose(
        copy.model(IMAGES), backbone.model(IMAGES), rtol=1e-4, atol=1e-5
    )
    first = backbone.stages[0].layers[0].kernel.numpy()
    np.testing.assert_array_equal(
        copy.stages[0].layers[0].kernel.numpy(), first[..., order_of[0]]
    )


def test_matching_undoes_it(shuffled):
    backbone, copy, order_of = shuffled
    found = channels.orders(
        backbone, copy, small_networks.batches(IMAGES, size=8)
    )
    for order, back in zip(order_of, found, strict=True):
        np.testing.assert_array_equal(order[back], np.arange(len(order)))
    values = channels.reordered(copy, small_networks.values(copy), found)
    for path, value in small_networks.values(backbone).items():
        np.testing.assert_allclose(values[path], value, rtol=1e-6)


def test_channels_that_never_change_take_what_is_left():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(50, 3))
    x[:, 1] = 2.0
    y = x[:, [2, 0, 1]] + 0.01 * rng.normal(size=(50, 3)) * [1, 1, 0]
    found = channels.best_order(moments.from_arrays(x, y))
    np.testing.assert_array_equal(found, [1, 2, 0])


@pytest.mark.parametrize(
    "name, expected",
    [
        ("cbr_tiny", True),
        ("cbr_larget_slim", True),
        ("resnet50", False),
        ("resnet50_slim", False),
    ],
)
def test_the_cbr_family_is_matched(name, expected):
    assert channels.can_match(name) == expected
