"""A copy of a network in layers of Keras alone, for use without this package.

Its file is read by plain Keras, and nothing in it is code. The layers of this
package, and those that Keras itself does not offer by name, are made of others
that compute the same:

- input scaling: a 1x1 convolution that exchanges red and blue, where weights
  want that, and Rescaling;
- batch norm by the fused kernel, and convolutions with gradients of our own:
  Keras' own;
- ConvNeXt's factor per channel: a depthwise 1x1 convolution;
- Inception-ResNet's scaled sum: Rescaling and Add.
"""

import keras
import numpy as np
from keras import layers

from transfusion_tf.models import (
    applications,
    batch_norm,
    scaling,
    small_maps,
)

SCORES = "scores"  # Name of the last layer.
# What Keras has for a layer of ours.
_OF_KERAS = {
    batch_norm.BatchNormalization: layers.BatchNormalization,
    small_maps.Conv2D: layers.Conv2D,
    small_maps.DepthwiseConv2D: layers.DepthwiseConv2D,
}


def copy(backbone, activation):
    """Returns a keras.Model of built-in layers with the weights of a Backbone.

    Args:
        backbone: Backbone.
        activation: of the logits, "softmax" or "sigmoid".

    Returns:
        A functional model from images (N, size, size, 3), float32 RGB in
        [0, 255], to probabilities (N, num_outputs).
    """
    model = keras.models.clone_model(
        backbone.model, clone_function=_clone, call_function=_call
    )
    for layer in backbone.model.layers:
        if isinstance(layer, applications.LayerScale):
            (factors,) = layer.get_weights()
            weights = [factors.reshape(1, 1, -1, 1)]
        else:
            weights = layer.get_weights() if layer.weights else []
        if weights:
            model.get_layer(layer.name).set_weights(weights)
    scores = layers.Activation(activation, name=SCORES)(model.output)
    return keras.Model(model.input, scores, name=backbone.name)


def is_builtin(layer):
    """Whether plain Keras knows a layer or operation of a model by name."""
    return type(layer).__module__.startswith("keras.") and not _is_sum(layer)


def _is_sum(layer):
    """Whether it is Inception-ResNet's sum, which Keras keeps to itself."""
    return type(layer).__name__ == "CustomScaleLayer"


def _clone(layer):
    """A fresh layer; those that become several are replaced by `_call`."""
    if isinstance(layer, scaling.InputScaling) or _is_sum(layer):
        return layer
    if isinstance(layer, applications.LayerScale):
        return layers.DepthwiseConv2D(1, use_bias=False, name=layer.name)
    kind = _OF_KERAS.get(type(layer), type(layer))
    return kind.from_config(layer.get_config())


def _call(layer, *args, **kwargs):
    if isinstance(layer, scaling.InputScaling):
        return _scaled(*args, layer.scaling)
    if _is_sum(layer):
        ((straight, branch),) = args
        name = f"{layer.name}_rescaling"
        branch = layers.Rescaling(layer.scale, name=name)(branch)
        return layers.Add(name=layer.name)([straight, branch])
    return layer(*args, **kwargs)


def _scaled(images, name):
    """(x - mean) / divisor, of blue first where the weights want that."""
    preset = scaling.SCALINGS[name]
    if preset.is_bgr:
        exchange = layers.Conv2D(
            3, 1, use_bias=False, trainable=False, name="rgb_to_bgr"
        )
        images = exchange(images)
        exchange.set_weights([np.eye(3)[::-1].reshape(1, 1, 3, 3)])
    scale = np.broadcast_to(1 / np.asarray(preset.divisor), 3)
    offset = -np.asarray(preset.mean) * scale
    return layers.Rescaling(
        scale.tolist(), offset.tolist(), name=f"scaling_{name}"
    )(images)
