"""Multiply-adds and counts, by hand and against what papers state."""

import keras
import pytest
from keras import layers

from transfusion_tf.models import cbr, cost, zoo


def counted(layer, shape):
    """Multiply-adds of `layer` on a map of this shape."""
    layer(keras.Input(shape))
    return cost.multiply_adds(layer)


@pytest.mark.parametrize(
    "layer, shape, expected",
    [
        (layers.Conv2D(5, 3, padding="same"), (8, 6, 4), 48 * 9 * 4 * 5),
        (layers.Conv2D(5, 3), (8, 6, 4), 6 * 4 * 9 * 4 * 5),
        (layers.Conv2D(5, 3, strides=2), (9, 9, 4), 16 * 9 * 4 * 5),
        (layers.Conv2D(8, 3, groups=4), (5, 5, 4), 9 * 9 * 1 * 8),
        (layers.DepthwiseConv2D(3), (5, 5, 4), 9 * 9 * 4),
        (layers.SeparableConv2D(7, 3), (5, 5, 4), 9 * (9 * 4 + 4 * 7)),
        (layers.Dense(7), (5,), 35),
        (layers.Dense(7), (3, 2, 5), 6 * 35),
        (layers.BatchNormalization(), (8, 6, 4), 0),
        (layers.ReLU(), (8, 6, 4), 0),
    ],
)
def test_layers_by_hand(layer, shape, expected):
    assert counted(layer, shape) == expected


@pytest.mark.parametrize("name, published", cbr.PUBLISHED.items())
def test_the_paper_rule_gives_the_published_counts(name, published):
    backbone = zoo.build(name, num_outputs=5, image_size=16)
    assert cost.paper_count(backbone) == published


def test_the_text_of_the_paper_does_not_give_the_published_count():
    """Widths 64-512: four times the kernels of 32-256."""
    backbone = zoo.build("cbr_tiny_wide", num_outputs=5, image_size=16)
    assert cost.paper_count(backbone) == 4_303_360
    assert backbone.name not in cbr.PUBLISHED
