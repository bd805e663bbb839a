"""Layers as PyTorch and torchvision have them.

A convolution is padded by half its kernel on every side, where Keras' `same`
pads the bottom right alone as soon as a stride meets an even side: features
would lie half a pixel apart. Batch norm's epsilon is 1e-5, kernels have no
bias, and fresh ones are normal by their outputs (He et al. 2015, arXiv:
1502.01852, `fan_out`), as in torchvision.

A layer `layer1_0_conv1` is PyTorch's module `layer1.0.conv1`: that is how
weights find it (initialization.pytorch_names).
"""

import keras
from keras import layers

from transfusion_tf.models import batch_norm

EPSILON = 1e-5


def convolution(x, filters, kernel_size, *, name, strides=1):
    """`Conv2d(padding=kernel_size // 2, bias=False)` of maps (N, H, W, C)."""
    x, padding = _padded(x, kernel_size, strides, name)
    return layers.Conv2D(
        filters,
        kernel_size,
        strides=strides,
        padding=padding,
        use_bias=False,
        kernel_initializer=_normal("fan_out"),
        name=name,
    )(x)


def depthwise(x, kernel_size, *, name, strides=1):
    """The same with one filter per channel, `groups=C`."""
    x, padding = _padded(x, kernel_size, strides, name)
    return layers.DepthwiseConv2D(
        kernel_size,
        strides=strides,
        padding=padding,
        use_bias=False,
        # PyTorch takes all channels for the outputs, Keras for the inputs.
        depthwise_initializer=_normal("fan_in"),
        name=name,
    )(x)


def norm(x, *, name, momentum):
    """`BatchNorm2d(momentum=1 - momentum)`.

    As everywhere in Keras, the running variance is the biased one.
    """
    return batch_norm.BatchNormalization(
        momentum=momentum, epsilon=EPSILON, name=name
    )(x)


def max_pool(x, *, name):
    """`MaxPool2d(3, stride=2, padding=1)` of maps that are not negative."""
    # Zeros are below no number of a window, as PyTorch's minus infinity is.
    x = layers.ZeroPadding2D(1, name=f"{name}_pad")(x)
    return layers.MaxPooling2D(3, strides=2, name=name)(x)


def _padded(x, kernel_size, strides, name):
    """(maps, Keras' padding) so that all sides are padded alike."""
    if kernel_size == 1 or strides == 1:
        return x, "same"
    pad = layers.ZeroPadding2D(kernel_size // 2, name=f"{name}_pad")
    return pad(x), "valid"


def _normal(mode):
    return keras.initializers.VarianceScaling(2, mode, "untruncated_normal")
