"""One optimizer step on all devices of a strategy."""

import keras
import tensorflow as tf

from transfusion_tf.training import tasks


def make_optimizer(config):
    """The Keras optimizer of a TrainConfig; the loop sets its learning rate."""
    if config.optimizer == "sgd":
        return keras.optimizers.SGD(
            config.learning_rate, momentum=config.momentum
        )
    return keras.optimizers.Adam(config.learning_rate)


class TrainStep:
    """A model, its optimizer and the compiled step that moves both.

    Attributes:
      optimizer: Keras optimizer, built; its variables belong to the state of
        a run.
      batch_size: images a step, over all devices.
    """

    def __init__(self, strategy, model, task, config):
        self._model, self._task = model, task
        self.batch_size = config.batch_size
        with strategy.scope():
            self.optimizer = make_optimizer(config)
            self.optimizer.build(model.trainable_variables)

        @tf.function(reduce_retracing=True)
        def step(batch):
            parts = strategy.run(self._on_one_device, args=(batch,))
            return strategy.reduce(tf.distribute.ReduceOp.SUM, parts, axis=None)

        self._step = step

    def __call__(self, batch, learning_rate):
        """Takes one step; returns the mean loss of the batch as a tensor.

        Args:
          batch: {"image": (batch_size, H, W, 3), "label": ...}, or what
            strategy.experimental_distribute_dataset makes of it.
          learning_rate: float.
        """
        self.optimizer.learning_rate = learning_rate
        return self._step({key: batch[key] for key in ("image", "label")})

    def _on_one_device(self, batch):
        variables = self._model.trainable_variables
        with tf.GradientTape() as tape:
            logits = self._model(batch["image"], training=True)
            losses = tasks.losses(self._task, batch["label"], logits)
            # Divided by the whole batch: the optimizer adds up the gradients
            # of the devices.
            loss = tf.reduce_sum(losses) / self.batch_size
        self.optimizer.apply(tape.gradient(loss, variables), variables)
        return loss
