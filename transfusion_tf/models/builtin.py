"""A copy of a network in layers of Keras alone, for use without this package.

Its file is read by plain Keras, and nothing in it is code. The layers of this
package, and those that Keras itself does not offer by name, are made of others
that compute the same:

- input scaling: a 1x1 convolution that exchanges red and blue, where weights
  want that, and Rescaling;
- batch norm by the fused kernel, and convolutions with gradients of our own:
  Keras' own;
- ConvNeXt's factor per channel: a depthwise 1x1 convolution;
- Inception-ResNet's scaled sum: Rescaling and Add;
- class token: zeros in its place, and the token as their bias;
- position embedding: a product with ones, and the embedding as its bias;
- self-attention: Dense, and operations of Keras.
"""

import keras
import numpy as np
from keras import layers

from transfusion_tf.models import (
    applications,
    batch_norm,
    scaling,
    small_maps,
    tokens,
)

SCORES = "scores"  # Name of the last layer.
# What Keras has for a layer of ours.
_OF_KERAS = {
    batch_norm.BatchNormalization: layers.BatchNormalization,
    small_maps.Conv2D: layers.Conv2D,
    small_maps.DepthwiseConv2D: layers.DepthwiseConv2D,
}
# Layers of this package that become several.
_SEVERAL = (
    scaling.InputScaling,
    tokens.ClassToken,
    tokens.PositionEmbedding,
    tokens.SelfAttention,
)


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
        if layer.weights:
            model.get_layer(layer.name).set_weights(_weights(layer))
    scores = layers.Activation(activation, name=SCORES)(model.output)
    return keras.Model(model.input, scores, name=backbone.name)


def is_builtin(layer):
    """Whether plain Keras knows a layer or operation of a model by name."""
    return type(layer).__module__.startswith("keras.") and not _is_sum(layer)


def _weights(layer):
    """The weights of a layer, as what stands for it in the copy has them."""
    values = layer.get_weights()
    if isinstance(layer, applications.LayerScale):
        return [values[0].reshape(1, 1, -1, 1)]
    if isinstance(layer, tokens.ClassToken):
        others = layer.output.shape[1] - 1
        bias = np.pad(values[0], ((0, others), (0, 0), (0, 0)))
        return [np.ones(len(bias), bias.dtype), bias]
    if isinstance(layer, tokens.PositionEmbedding):
        bias = values[0].swapaxes(0, 1)
        return [np.ones(len(bias), bias.dtype), bias]
    return values


def _is_sum(layer):
    """Whether it is Inception-ResNet's sum, which Keras keeps to itself."""
    return type(layer).__name__ == "CustomScaleLayer"


def _clone(layer):
    """A fresh layer; those that become several are replaced by `_call`."""
    if isinstance(layer, _SEVERAL) or _is_sum(layer):
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
    if isinstance(layer, tokens.ClassToken):
        name = f"{layer.name}_zeros"
        zeros = layers.ZeroPadding2D(((1, 0), (0, 0)), name=name)
        return _biased(layer, zeros(*args))
    if isinstance(layer, tokens.PositionEmbedding):
        return _biased(layer, *args)
    if isinstance(layer, tokens.SelfAttention):
        dense = layers.Dense(layer.units, name=layer.name)
        return tokens.attend(dense(*args), layer.num_heads)
    return layer(*args, **kwargs)


def _biased(layer, x):
    """Tokens times ones, and a bias of its own for each position."""
    return layers.EinsumDense(
        "abcd,b->abcd",
        output_shape=tuple(x.shape[1:]),
        bias_axes="bd",
        name=layer.name,
    )(x)


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
