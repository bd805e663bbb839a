"""The gradients of convolutions on small maps against Keras' own layers."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from transfusion_tf.models import small_maps

PAIRS = {
    "full": (small_maps.Conv2D, keras.layers.Conv2D, {"filters": 3}),
    "depthwise": (
        small_maps.DepthwiseConv2D,
        keras.layers.DepthwiseConv2D,
        {"use_bias": False},
    ),
}


def found(layer, shape):
    """Outputs and gradients, of the inputs and of each weight, in float64."""
    rng = np.random.default_rng(3)
    images = tf.Variable(rng.normal(size=shape))
    layer.build(shape)
    layer.set_weights([rng.normal(size=x.shape) for x in layer.get_weights()])
    with tf.GradientTape() as tape:
        outputs = layer(images)
        loss = tf.reduce_sum(outputs**3)
    weights = [weight.value for weight in layer.trainable_weights]
    return [outputs, *tape.gradient(loss, [images, *weights])]


@pytest.mark.parametrize("kernel_size", [1, 3, 4, (5, 2), 7])
@pytest.mark.parametrize("sides", [(1, 1), (2, 3), (5, 6), (8, 8), (9, 9)])
@pytest.mark.parametrize("kind", PAIRS)
def test_outputs_and_gradients_are_those_of_keras(kind, sides, kernel_size):
    ours, theirs, settings = PAIRS[kind]
    settings = {"kernel_size": kernel_size, "padding": "same", **settings}
    shape = (2, *sides, 2)
    pairs = zip(
        found(ours(dtype="float64", **settings), shape),
        found(theirs(dtype="float64", **settings), shape),
        strict=True,
    )
    for one, other in pairs:
        np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize(
    "settings",
    [
        {"strides": 2},
        {"padding": "valid"},
        {"dilation_rate": 2},
        {"groups": 2, "filters": 4},
        {"data_format": "channels_first"},
    ],
)
def test_what_is_not_taken_over_is_left_to_keras(monkeypatch, settings):
    monkeypatch.setattr(small_maps, "_convolve", None)  # Would fail.
    settings = {"filters": 3, "padding": "same", **settings}
    layer = small_maps.Conv2D(kernel_size=3, **settings)
    spec = layer.compute_output_spec(keras.KerasTensor((2, 6, 6, 4)))
    plain = keras.layers.Conv2D(kernel_size=3, **settings)
    assert (
        spec.shape
        == plain.compute_output_spec(keras.KerasTensor((2, 6, 6, 4))).shape
    )


@pytest.mark.parametrize("kind", PAIRS)
def test_small_maps_do_not_take_the_slow_operation(kind):
    ours, _, settings = PAIRS[kind]
    layer = ours(kernel_size=3, padding="same", **settings)
    layer.build((2, 3, 3, 2))

    @tf.function
    def gradient(images):
        """Of the kernel."""
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(layer(images) ** 2)
        return tape.gradient(loss, layer.kernel.value)

    graph = gradient.get_concrete_function(tf.zeros((2, 3, 3, 2))).graph
    kinds = {operation.type for operation in graph.get_operations()}
    assert not [name for name in kinds if name.endswith("BackpropFilter")]
    graph = gradient.get_concrete_function(tf.zeros((2, 20, 20, 2))).graph
    kinds = {operation.type for operation in graph.get_operations()}
    assert [name for name in kinds if name.endswith("BackpropFilter")]
