"""Batch norm by TensorFlow's fused kernel.

Keras computes batch norm from several elementwise operations; for small
networks on a CPU that is a quarter of a training step.

The kernel takes any epsilon, PyTorch's 1e-5 too: TensorFlow no longer raises it
to 1.001e-5, as cuDNN before 7.5 needed (github.com/tensorflow/tensorflow/
issues/37768).
"""

import keras
import tensorflow as tf


class BatchNormalization(keras.layers.BatchNormalization):
    """Keras' layer with the same numbers, for maps (N, H, W, C) of float32.

    What the kernel does not do (other types or axes, statistics over several
    devices, batch renormalization) is left to Keras.
    """

    def call(self, inputs, training=None, mask=None):
        """Normalizes, and in training moves the running statistics."""
        if mask is not None or not self._is_fused(inputs):
            return super().call(inputs, training=training, mask=mask)
        if training and self.trainable:
            return self._normalize_by_batch(inputs)
        outputs, _, _ = tf.compat.v1.nn.fused_batch_norm(
            inputs,
            *self._factors(),
            mean=self.moving_mean.value,
            variance=self.moving_variance.value,
            epsilon=self.epsilon,
            is_training=False,
        )
        return outputs

    def _is_fused(self, inputs):
        return (
            inputs.dtype == "float32"
            and len(inputs.shape) == 4
            and self.axis in (-1, 3)
            and not (self.synchronized or self.renorm)
        )

    def _factors(self):
        """Scale and offset; ones and zeros where the layer has none."""
        like = self.moving_mean.value
        return (
            self.gamma.value if self.scale else tf.ones_like(like),
            self.beta.value if self.center else tf.zeros_like(like),
        )

    def _normalize_by_batch(self, inputs):
        outputs, mean, variance = tf.compat.v1.nn.fused_batch_norm(
            inputs, *self._factors(), epsilon=self.epsilon
        )
        # The kernel returns the unbiased variance, Keras averages the other.
        count = tf.cast(tf.size(inputs) / inputs.shape[-1], tf.float32)
        biased = variance * (count - 1) / count
        for average, found in (
            (self.moving_mean, mean),
            (self.moving_variance, biased),
        ):
            average.assign(
                average * self.momentum + found * (1 - self.momentum)
            )
        return outputs
