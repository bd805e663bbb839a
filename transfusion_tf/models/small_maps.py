"""Convolutions whose kernels' gradients are fast on small maps.

On a CPU, oneDNN's gradient with respect to a kernel is slow where maps are
small: six times as slow as need be at 2x2 pixels and 512 channels. There it is
a product of matrices for each place in the kernel, over those pixels alone that
the place really meets and not over the padding. Sums of floats are rounded
otherwise; all else is Keras'.
"""

import keras
import tensorflow as tf

# Largest sides of maps, from measurements on two cores: above, the products are
# no faster for 3x3 to 7x7 kernels (64 to 512 channels, batches of 8 to 64).
MAX_SIDE = 8
MAX_DEPTHWISE_SIDE = 6


class Conv2D(keras.layers.Conv2D):
    """Keras' layer with a faster gradient on small maps."""

    def convolution_op(self, inputs, kernel):
        """(N, H, W, out) from (N, H, W, in) and (kh, kw, in, out)."""
        if self.groups != 1 or not _is_small(self, inputs, MAX_SIDE):
            return super().convolution_op(inputs, kernel)
        return _convolve(inputs, tf.convert_to_tensor(kernel))


class DepthwiseConv2D(keras.layers.DepthwiseConv2D):
    """Keras' layer with a faster gradient on small maps."""

    def call(self, inputs):
        """(N, H, W, C * multiplier) from (N, H, W, C)."""
        if (
            self.depth_multiplier != 1
            or self.use_bias
            or self.activation is not keras.activations.linear
            or not _is_small(self, inputs, MAX_DEPTHWISE_SIDE)
        ):
            return super().call(inputs)
        return _convolve_depthwise(inputs, tf.convert_to_tensor(self.kernel))


def _is_small(layer, inputs, max_side):
    """Whether the gradient of a layer's kernel is taken here."""
    return (
        inputs.dtype in (tf.float32, tf.float64)
        and inputs.shape[1:3].is_fully_defined()
        and max(inputs.shape[1:3]) <= max_side
        and layer.padding == "same"
        and layer.data_format == "channels_last"
        and set(layer.strides) == set(layer.dilation_rate) == {1}
        and not tf.config.list_physical_devices("GPU")
    )


def _convolution(forward, of_images, combine):
    """A convolution of stride 1 with `same` padding, and its gradients.

    Args:
      forward: function of images and kernel.
      of_images: TensorFlow's operation for the gradient of the images.
      combine: as of `_of_places`.
    """
    settings = {"strides": [1, 1, 1, 1], "padding": "SAME"}

    @tf.custom_gradient
    def convolve(images, kernel):
        """The maps, and a function of their gradient."""

        def gradients(maps):
            """With respect to images and kernel."""
            found = of_images(
                input_sizes=tf.shape(images),
                filter=kernel,
                out_backprop=maps,
                **settings,
            )
            return found, _of_places(images, maps, kernel.shape, combine)

        return forward(images, kernel, **settings), gradients

    return convolve


def _of_places(images, maps, shape, combine):
    """The gradient of a kernel of this shape, place by place.

    Args:
      images: (N, H, W, in).
      maps: (N, H, W, out), the gradient of the outputs.
      shape: of the kernel, (kh, kw, in, out or multiplier).
      combine: function (part of images, part of maps) -> shape[2:].
    """
    places = []
    for row in range(shape[0]):
        for column in range(shape[1]):
            down = _meeting(row - (shape[0] - 1) // 2, images.shape[1])
            right = _meeting(column - (shape[1] - 1) // 2, images.shape[2])
            if down is None or right is None:  # It meets padding only.
                places.append(tf.zeros(shape[2:], images.dtype))
                continue
            places.append(
                combine(
                    images[:, down[0], right[0]], maps[:, down[1], right[1]]
                )
            )
    return tf.reshape(tf.stack(places), shape)


def _meeting(shift, side):
    """Slices of the inputs and of the outputs that meet at a shift, or None."""
    if abs(shift) >= side:
        return None
    return (
        slice(max(0, shift), side + min(0, shift)),
        slice(max(0, -shift), side + min(0, -shift)),
    )


def _product(images, maps):
    images, maps = (tf.reshape(x, (-1, x.shape[-1])) for x in (images, maps))
    return tf.matmul(images, maps, transpose_a=True)


def _sum(images, maps):
    return tf.reduce_sum(images * maps, axis=(0, 1, 2))[:, None]


_convolve = _convolution(tf.nn.conv2d, tf.raw_ops.Conv2DBackpropInput, _product)
_convolve_depthwise = _convolution(
    tf.nn.depthwise_conv2d,
    tf.raw_ops.DepthwiseConv2dNativeBackpropInput,
    _sum,
)
