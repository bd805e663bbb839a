"""Copies of networks in built-in layers, against the networks themselves."""

import keras
import numpy as np
import pytest
from keras import layers
from keras.src.applications import inception_resnet_v2

from transfusion_tf import names
from transfusion_tf.models import (
    applications,
    batch_norm,
    builtin,
    scaling,
    stages,
    zoo,
)


def images(size, number=3):
    """Noise, each image brighter than the one before."""
    rng = np.random.default_rng(0)
    values = rng.uniform(0, 255, (number, size, size, 3))
    bright = np.linspace(0.3, 1, number).reshape(-1, 1, 1, 1)
    return (values * bright).astype(np.float32)


def shake(model):
    """Gives weights, statistics included, values unlike those of the start."""
    rng = np.random.default_rng(1)
    for layer in model.layers:
        layer.set_weights(
            [w * rng.uniform(0.7, 1.3, w.shape) for w in layer.get_weights()]
        )


def assert_same(backbone, copy, activation):
    assert all(builtin.is_builtin(layer) for layer in copy.layers)
    some = images(backbone.model.input.shape[1])
    expected = activation(backbone.model(some, training=False))
    found = copy(some, training=False)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)
    assert np.ptp(found, axis=0).max() > 1e-4  # Images do not look alike.


def special(name):
    """A Backbone of every layer that is not built in, of one scaling."""
    inputs = keras.Input((6, 6, 3), name="image")
    x = scaling.scaling_layer(name)(inputs)
    x = layers.Conv2D(4, 3, name="conv")(x)
    x = batch_norm.BatchNormalization(momentum=0.01, name="bn")(x)
    branch = applications.LayerScale(0.3, 4, name="factors")(x)
    x = inception_resnet_v2.CustomScaleLayer(0.17, name="sum")([x, branch])
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    x = layers.Dense(3, name="logits")(x)
    model = keras.Model(inputs, x)
    shake(model)
    model(images(6), training=True)  # Statistics of images.
    head = tuple(layer for layer in model.layers if layer.weights)
    return stages.Backbone("special", model, (), head)


@pytest.mark.parametrize("name", names.INPUT_SCALINGS)
def test_layers_of_our_own_are_made_of_built_in_ones(name):
    backbone = special(name)
    copy = builtin.copy(backbone, "sigmoid")
    # As Keras reads it from a file: from settings and weights.
    again = keras.Model.from_config(copy.get_config())
    again.set_weights(copy.get_weights())
    assert_same(backbone, again, keras.ops.sigmoid)
    kinds = {type(layer).__name__ for layer in copy.layers}
    assert not kinds & {"LayerScale", "CustomScaleLayer", "InputScaling"}
    assert any(not builtin.is_builtin(x) for x in backbone.model.layers)


@pytest.mark.parametrize(
    "name, size, momentum",
    [
        ("cbr_tiny", 16, 0.01),
        ("squeezenet", 31, None),
        ("mobilenet_v3_small", 32, 0.01),
        ("mobilenet_v2", 32, 0.01),
    ],
)
def test_networks_of_each_family(name, size, momentum):
    backbone = zoo.build(
        name, num_outputs=3, image_size=size, bn_momentum=momentum
    )
    # Without statistics of images, deep networks give the same for all.
    backbone.model(images(size), training=True)
    copy = builtin.copy(backbone, "softmax")
    assert_same(backbone, copy, keras.ops.softmax)
