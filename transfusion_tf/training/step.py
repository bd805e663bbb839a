"""One optimizer step on all devices of a strategy."""

import keras
import tensorflow as tf

from transfusion_tf.training import distribution, tasks


def make_optimizer(config):
    """The Keras optimizer of a TrainConfig; the loop sets its learning rate."""
    if config.optimizer == "sgd":
        return keras.optimizers.SGD(
            config.learning_rate, momentum=config.momentum
        )
    return keras.optimizers.Adam(config.learning_rate)


class TrainStep:
    """A model, its optimizers and the compiled step that moves the model.

    With frozen layers there are two phases, each with an optimizer and a
    compiled step of its own: first the other layers are trained, then all.
    A frozen batch norm is in inference mode.

    Args:
      strategy: tf.distribute strategy that the model was made under.
      model: Keras model from images to logits.
      task: "multiclass", "multilabel" or "ordinal".
      config: TrainConfig.
      frozen: layers that are not trained before step `config.unfreeze_at`
        (None: never).

    Attributes:
      variables: of the optimizers; they belong to the state of a run.
      batch_size: images a step, over all devices.
    """

    def __init__(self, strategy, model, task, config, *, frozen=()):
        self.batch_size = config.batch_size
        self._frozen = frozen
        self._until = config.unfreeze_at
        self._phases = {}
        for freezes in self._planned_phases():
            self._set_trainable(not freezes)
            with strategy.scope():
                optimizer = make_optimizer(config)
                optimizer.build(model.trainable_variables)
            self._phases[freezes] = _Phase(
                strategy, model, task, optimizer, config.batch_size
            )
        self._set_trainable(True)
        self._current = None

    @property
    def variables(self):
        """Variables of the optimizers, first that of the first phase."""
        return [
            variable
            for phase in self._phases.values()
            for variable in phase.optimizer.variables
        ]

    def __call__(self, batch, *, step, learning_rate):
        """Takes one step; returns the mean loss of the batch as a tensor.

        Args:
          batch: {"image": (batch_size, H, W, 3), "label": ...}, of which each
            device has its part.
          step: number of optimizer steps taken before.
          learning_rate: float.
        """
        freezes = bool(self._frozen) and (
            self._until is None or step < self._until
        )
        if freezes != self._current:
            self._set_trainable(not freezes)
            self._current = freezes
        phase = self._phases[freezes]
        phase.optimizer.learning_rate = learning_rate
        return phase.run({key: batch[key] for key in ("image", "label")})

    def _planned_phases(self):
        """Whether the frozen layers are frozen, for each phase in turn."""
        if not self._frozen:
            return [False]
        return [True] if self._until is None else [True, False]

    def _set_trainable(self, trainable):
        # Read while a step is traced: by batch norm, which chooses its mode.
        for layer in self._frozen:
            layer.trainable = trainable


class _Phase:
    """An optimizer and the step that moves what is trainable now."""

    def __init__(self, strategy, model, task, optimizer, batch_size):
        self.optimizer = optimizer
        if strategy.num_replicas_in_sync > 1:
            _leave_summing_to_step(optimizer)
        variables = list(model.trainable_variables)

        def on_one_device(batch):
            """Trains on a device's part of the batch; returns its loss."""
            with tf.GradientTape() as tape:
                logits = model(batch["image"], training=True)
                losses = tasks.losses(task, batch["label"], logits)
                # Divided by the whole batch: the gradients of the devices,
                # whose parts may differ in size, are added up.
                loss = tf.reduce_sum(losses) / batch_size
            gradients = tape.gradient(loss, variables)
            optimizer.apply(_summed(strategy, gradients), variables)
            distribution.average_statistics(
                model, tf.shape(losses)[0] / batch_size
            )
            return loss

        @tf.function(reduce_retracing=True, autograph=False)
        def run(batch):
            parts = strategy.run(on_one_device, args=(batch,))
            return strategy.reduce(tf.distribute.ReduceOp.SUM, parts, axis=None)

        self.run = run


def _summed(strategy, gradients):
    """The sums of gradients (None: there is none) over the devices."""
    if strategy.num_replicas_in_sync == 1:
        return gradients
    there = [gradient for gradient in gradients if gradient is not None]
    sums = iter(
        tf.distribute.get_replica_context().all_reduce(
            tf.distribute.ReduceOp.SUM, there
        )
    )
    return [None if g is None else next(sums) for g in gradients]


def _leave_summing_to_step(optimizer):
    """Keeps an optimizer from adding up the gradients of the devices.

    Keras does so after it has clipped them: the clipped gradients of parts of a
    batch add up to another one than that of the whole. The step adds them up
    before.
    """
    optimizer._all_reduce_sum_gradients = list
