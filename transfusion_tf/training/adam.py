"""Adam and AdamW whose step is one pass over each weight.

Keras takes the step in about ten operations, each of which reads and writes as
many numbers as the weight has: for ResNet50 on a CPU that is a tenth of a
training step. TensorFlow has the same formula as one operation.
"""

import keras
import tensorflow as tf


class _InOnePass:
    """Takes Adam's step (Kingma and Ba 2015, arXiv:1412.6980, section 2).

    For a class of Keras, from which it has everything else. As there, epsilon
    is that of the paper's "epsilon hat", without AMSGrad.
    """

    def update_step(self, gradient, variable, learning_rate):
        """Moves a tf.Variable, and its two moments, by its gradient."""
        index = self._get_variable_index(variable)
        mean, square = self._momentums[index], self._velocities[index]
        kind = variable.dtype
        beta_1, beta_2 = (
            tf.constant(beta, kind) for beta in (self.beta_1, self.beta_2)
        )
        step = tf.cast(self.iterations + 1, kind)
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=mean.value.handle,
            v=square.value.handle,
            beta1_power=tf.pow(beta_1, step),
            beta2_power=tf.pow(beta_2, step),
            lr=tf.cast(learning_rate, kind),
            beta1=beta_1,
            beta2=beta_2,
            epsilon=tf.constant(self.epsilon, kind),
            grad=tf.cast(gradient, kind),
        )


class Adam(_InOnePass, keras.optimizers.Adam):
    """keras.optimizers.Adam, in one pass."""


class AdamW(_InOnePass, keras.optimizers.AdamW):
    """keras.optimizers.AdamW, in one pass."""
