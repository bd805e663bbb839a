"""Copies of models: names, order, changes, models inside of models."""

import keras
import numpy as np
import pytest
from keras import layers

from transfusion_tf.models import rebuild


def unchanged(layer, config):
    return None


def nested():
    """Two unnamed convolutions around a model; an operation, no layer."""
    image = keras.Input((4, 4, 3), name="image")
    x = layers.Conv2D(4, 1)(image)
    inner = [layers.Dense(5, name="up"), layers.Dense(4, name="down")]
    x = x + keras.Sequential(inner, name="inside")(x)
    return keras.Model(image, layers.Conv2D(2, 1)(x), name="outer")


def test_names_do_not_tell_what_was_built_before():
    layers.Conv2D(1, 1)
    for _ in range(2):
        copy = rebuild.rebuild(nested(), unchanged)
        assert [x.name for x in copy.layers] == [
            *("image", "conv2d", "up", "down", "conv2d_1")
        ]
    assert copy.name == "outer"


def test_a_copy_computes_the_same_with_the_same_weights():
    model = nested()
    copy = rebuild.rebuild(model, unchanged)
    images = np.random.default_rng(0).normal(size=(2, 4, 4, 3))
    assert not np.allclose(copy(images), model(images))  # Fresh weights.
    copy.set_weights(model.get_weights())
    np.testing.assert_allclose(copy(images), model(images), atol=1e-6)


def test_changes_reach_layers_inside_of_models():
    def change(layer, config):
        if layer.name == "up":
            config["units"] = 7
        if config["name"] == "conv2d_1":
            return layers.Conv2D(6, 1, name="other")

    copy = rebuild.rebuild(nested(), change)
    assert copy.get_layer("up").kernel.shape == (4, 7)
    assert copy.get_layer("down").kernel.shape == (7, 4)
    assert copy.layers[-1].name == "other"
    assert copy.output_shape == (None, 4, 4, 6)


@pytest.mark.parametrize(
    "name, expected",
    [
        ("Conv2D", "conv2d"),
        ("ReLU", "re_lu"),
        ("BatchNormalization", "batch_normalization"),
        ("ZeroPadding2D", "zero_padding2d"),
    ],
)
def test_snake_case(name, expected):
    assert rebuild.snake_case(name) == expected
    # As Keras names its layers.
    settings = {"filters": 1, "kernel_size": 1} if name == "Conv2D" else {}
    assert getattr(layers, name)(**settings).name.startswith(expected)
