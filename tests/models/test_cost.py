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


def test_cbr_tiny_by_hand():
    backbone = zoo.build("cbr_tiny", num_outputs=3, image_size=16)
    rows = cost.rows(backbone, zoo.find("cbr_tiny").outputs)
    assert [row["stage"] for row in rows] == [
        *("conv1", "conv2", "conv3", "conv4", "head")
    ]
    # Sides 16, 8, 4, 2; kernels of 25; widths 3 -> 32 -> 64 -> 128 -> 256.
    assert [row["multiply_adds"] for row in rows] == [
        256 * 25 * 3 * 32,
        64 * 25 * 32 * 64,
        16 * 25 * 64 * 128,
        4 * 25 * 128 * 256,
        256 * 3,
    ]
    assert rows[1] == {
        "stage": "conv2",
        "output_layer": "conv2_relu",
        "height": 8,
        "width": 8,
        "channels": 64,
        "weighted_layers": 2,
        "parameters": 25 * 32 * 64 + 4 * 64,
        "trainable_parameters": 25 * 32 * 64 + 2 * 64,
        "multiply_adds": 64 * 25 * 32 * 64,
    }
    assert tuple(rows[1]) == cost.COLUMNS
    assert cost.total(rows, "parameters") == backbone.model.count_params()


def test_resnet50_is_as_its_paper_states():
    """He et al. 2016: 3.8e9, ImageNet's 1000 classes included.

    That is the network with the stride in the first 1x1 convolution, as here;
    with the stride in the 3x3 it would be 4.1e9.
    """
    backbone = zoo.build("resnet50", num_outputs=1000, image_size=224)
    rows = cost.rows(backbone, zoo.find("resnet50").outputs)
    assert cost.total(rows, "multiply_adds") == pytest.approx(3.8e9, rel=0.02)


@pytest.mark.parametrize("name, published", cbr.PUBLISHED.items())
def test_the_paper_rule_gives_the_published_counts(name, published):
    backbone = zoo.build(name, num_outputs=5, image_size=16)
    assert cost.paper_count(backbone) == published


def test_the_text_of_the_paper_does_not_give_the_published_count():
    """Widths 64-512: four times the kernels of 32-256."""
    backbone = zoo.build("cbr_tiny_wide", num_outputs=5, image_size=16)
    assert cost.paper_count(backbone) == 4_303_360
    assert backbone.name not in cbr.PUBLISHED
