"""Batch norm by TensorFlow's fused kernel.

Keras computes batch norm from several elementwise operations; for small
networks on a CPU that is a quarter of a training step.
"""

import keras
import tensorflow as tf


class BatchNormalization(keras.layers.BatchNormalization):
    """Keras' layer with the same numbers, for maps (N, H, W, C) of float32.

    What the kernel does not do (other types, statistics over several devices)
    is left to Keras.
    """

    def call(self, inputs, training=None, mask=None):
        """Normalizes, and in training moves the running statistics."""
        if self.synchronized or inputs.dtype != "float32" or mask is not None:
            return super().call(inputs, training=training, mask=mask)
        if training and self.trainable:
            return self._normalize_by_batch(inputs)
        outputs, _, _ = tf.compat.v1.nn.fused_batch_norm(
            inputs,
            self.gamma.value,
            self.beta.value,
            mean=self.moving_mean.value,
            variance=self.moving_variance.value,
            epsilon=self.epsilon,
            is_training=False,
        )
        return outputs

    def _normalize_by_batch(self, inputs):
        outputs, mean, variance = tf.compat.v1.nn.fused_batch_norm(
            inputs, self.gamma.value, self.beta.value, epsilon=self.epsilon
        )
        # The kernel returns the unbiased variance, Keras averages the other.
        count = tf.cast(tf.size(inputs) / self.gamma.shape[0], tf.float32)
        biased = variance * (count - 1) / count
        for average, found in (
            (self.moving_mean, mean),
            (self.moving_variance, biased),
        ):
            average.assign(
                average * self.momentum + found * (1 - self.momentum)
            )
        return outputs
