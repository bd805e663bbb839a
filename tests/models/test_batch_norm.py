"""The fused batch norm against Keras' own layer."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from transfusion_tf.models import batch_norm

RNG = np.random.default_rng(0)
MAPS = (RNG.normal(3, 2, (6, 5, 4, 3))).astype(np.float32)


def layers(**settings):
    """Ours and Keras', with the same weights."""
    settings = {"momentum": 0.8, "epsilon": 1e-3, **settings}
    made = (
        batch_norm.BatchNormalization(**settings),
        keras.layers.BatchNormalization(**settings),
    )
    for layer in made:
        layer.build(MAPS.shape)
        layer.set_weights(
            [
                1 + 0.1 * place + 0.2 * np.arange(len(weight), dtype=np.float32)
                for place, weight in enumerate(layer.get_weights())
            ]
        )
    return made


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"trainable": False},
        {"scale": False},  # As in Inception.
        {"center": False},
        {"axis": 3},
        {"axis": 1},
        {"epsilon": 1e-6},
        {"renorm": True},
    ],
)
def test_outputs_gradients_and_statistics_are_those_of_keras(
    training, settings
):
    found = []
    for layer in layers(**settings):
        maps = tf.Variable(MAPS)
        with tf.GradientTape() as tape:
            outputs = layer(maps, training=training)
            loss = tf.reduce_sum(outputs**3)
        gradient = tape.gradient(loss, maps)
        found.append([outputs, gradient, *layer.get_weights()])
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=2e-4, atol=2e-3)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("epsilon", [1e-5, 1e-6])
def test_a_small_epsilon_is_not_raised(training, epsilon):
    """By hand, of maps that hardly vary: the epsilon decides, to 5e-4."""
    layer = batch_norm.BatchNormalization(epsilon=epsilon)
    layer.build(MAPS.shape)
    layer.moving_variance.assign(np.full(3, 1e-8))
    maps = 1e-4 * (MAPS - MAPS.mean(axis=(0, 1, 2)))
    variance = maps.astype(np.float64).var(axis=(0, 1, 2))
    expected = maps / np.sqrt((variance if training else 1e-8) + epsilon)
    largest = np.abs(expected).max()
    found = layer(maps, training=training)
    np.testing.assert_allclose(found, expected, rtol=0, atol=2e-5 * largest)


def test_statistics_move_in_training_alone():
    layer, _ = layers()
    before = layer.get_weights()
    layer(MAPS, training=False)
    np.testing.assert_array_equal(layer.get_weights(), before)
    layer(MAPS, training=True)
    mean, variance = layer.get_weights()[2:]
    expected = 0.8 * before[2] + 0.2 * MAPS.mean(axis=(0, 1, 2))
    np.testing.assert_allclose(mean, expected, rtol=1e-5)
    expected = 0.8 * before[3] + 0.2 * MAPS.var(axis=(0, 1, 2))
    np.testing.assert_allclose(variance, expected, rtol=1e-5)


def test_what_the_kernel_cannot_do_is_left_to_keras():
    for dtype in ("float16", "float64"):
        ours, theirs = layers(dtype=dtype)
        maps = MAPS.astype(dtype)
        np.testing.assert_array_equal(
            ours(maps, training=True), theirs(maps, training=True)
        )
