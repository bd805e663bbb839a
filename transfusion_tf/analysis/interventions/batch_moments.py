"""Statistics of batch norm, estimated anew for weights that were changed.

Batch norm divides by running averages that belong to the weights below it. Wu
and Johnson 2021 (arXiv:2105.07576, PreciseBN) replace them by exact averages
over a fixed set of training batches, all with the same weights: one pass, in
which each batch norm normalizes by its batch, and mean and variance over all
batches together are taken of what it is given. Dropout stays off.
"""

import keras
import numpy as np
import tensorflow as tf


def is_batch_norm(layer):
    """Whether a layer has running averages that can be estimated anew."""
    return isinstance(layer, keras.layers.BatchNormalization)


def measuring(model):
    """A functional model that shares the layers of `model`, by batch.

    Args:
      model: functional model from x to one output.

    Returns:
      Model from x to [output, {path of a moving mean or variance: what the
      batch gives}].
    """
    found = {}

    def call(layer, *args, **kwargs):
        """Calls a layer of the copy, and keeps the moments of batch norms."""
        result = layer(*args, **kwargs)
        if not isinstance(layer, _ByBatch):
            return result
        output, mean, variance = result
        found[layer.wrapped.moving_mean.path] = mean
        found[layer.wrapped.moving_variance.path] = variance
        return output

    copy = keras.models.clone_model(
        model,
        clone_function=lambda x: _ByBatch(x) if is_batch_norm(x) else x,
        call_function=call,
    )
    return keras.Model(copy.input, [copy.output, found])


class _ByBatch(keras.layers.Layer):
    """A batch norm that normalizes by its batch, and says by what."""

    def __init__(self, wrapped):
        super().__init__(
            name=f"{wrapped.name}_by_batch", dtype=wrapped.dtype_policy
        )
        self.wrapped = wrapped

    def call(self, inputs, training=None, mask=None):
        """(normalized inputs, mean, variance), the last two (num_channels,)."""
        del training, mask  # As of the batch norm that it stands for.
        layer = self.wrapped
        inputs = tf.convert_to_tensor(inputs)
        beta = layer.beta.value if layer.center else None
        gamma = layer.gamma.value if layer.scale else None
        if len(inputs.shape) == 4 and layer.axis in (-1, 3):
            return _of_maps(inputs, beta, gamma, layer.epsilon)
        axes = list(range(len(inputs.shape)))
        del axes[layer.axis]
        mean, variance = tf.nn.moments(inputs, axes)
        outputs = tf.nn.batch_normalization(
            inputs, mean, variance, beta, gamma, layer.epsilon
        )
        return outputs, mean, variance


def _of_maps(inputs, beta, gamma, epsilon):
    """(normalized maps, mean, variance): in one operation, which is faster."""
    channels = inputs.shape[-1:]
    outputs, mean, variance = tf.compat.v1.nn.fused_batch_norm(
        inputs,
        tf.ones(channels) if gamma is None else gamma,
        tf.zeros(channels) if beta is None else beta,
        epsilon=epsilon,
        is_training=True,
    )
    # It gives the variance of a sample, with n - 1 below.
    count = tf.cast(tf.size(inputs) // channels[0], variance.dtype)
    return outputs, mean, variance * (count - 1) / count


class Averages:
    """Exact mean and variance over all batches, of all batch norms."""

    def __init__(self):
        self._weight, self._sums = 0, {}

    def add(self, moments, num_images):
        """Adds the moments (StagedNetwork.moments) of a batch."""
        self._weight += num_images
        for path, value in moments.items():
            value = np.asarray(value, np.float64)
            self._sums[path] = self._sums.get(path, 0) + num_images * value
            if _is_mean(path):
                square = self._sums.get(_SQUARE + path, 0)
                self._sums[_SQUARE + path] = square + num_images * value**2

    def values(self):
        """{path of a variable: float32 tensor of its estimate}.

        The variance of all is the mean of the batches' and the variance of
        their means.
        """
        means = {path: s / self._weight for path, s in self._sums.items()}
        found = {}
        for path, value in means.items():
            if path.startswith(_SQUARE):
                continue
            if not _is_mean(path):
                mean = path.removesuffix(_VARIANCE) + _MEAN
                value = value + means[_SQUARE + mean] - means[mean] ** 2
            found[path] = tf.constant(value, tf.float32)
        return found


_MEAN, _VARIANCE = "moving_mean", "moving_variance"
_SQUARE = "square of "


def _is_mean(path):
    return path.endswith(_MEAN)
