"""One optimizer step on all devices of a strategy."""

import contextlib
import functools

import tensorflow as tf

from transfusion_tf.training import (
    distribution,
    optimizers,
    precision,
    tasks,
)


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
      loss_weights: of classes or labels, see tasks.losses; None: 1 each.

    Attributes:
      variables: of the optimizers; they belong to the state of a run.
      batch_size: images a step, over all devices.
    """

    def __init__(
        self, strategy, model, task, config, *, frozen=(), loss_weights=None
    ):
        self.batch_size = config.batch_size
        self._frozen = frozen
        self._until = config.unfreeze_at
        self._phases = {}
        for freezes in self._planned_phases():
            self._set_trainable(not freezes)
            with strategy.scope():
                optimizer = optimizers.make(config)
                optimizers.build(optimizer, model.trainable_variables)
            self._phases[freezes] = _Phase(
                strategy,
                model,
                functools.partial(tasks.losses, task, weights=loss_weights),
                optimizer,
                config,
            )
        self._set_trainable(True)
        self._current = None
        self._averages = config.ema_momentum is not None

    @property
    def variables(self):
        """Variables of the optimizers, first that of the first phase."""
        return [
            variable
            for phase in self._phases.values()
            for variable in (*phase.optimizer.variables, *phase.scale.variables)
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
        return _on_images_and_labels(phase.run, batch)

    def compiled_parts(self):
        """Compiled functions of a batch: loss, loss and gradients, the step.

        They are of the first phase. All are in training mode, and the last
        moves the weights.
        """
        freezes = bool(self._frozen)
        self._set_trainable(not freezes)
        self._current = freezes
        return [
            functools.partial(_on_images_and_labels, part)
            for part in self._phases[freezes].compiled_parts()
        ]

    def averaged(self):
        """A context in which the model's weights are their moving average.

        Where there is none (no `config.ema_momentum`, or no step was taken
        yet), they are what they are. With frozen layers the average begins
        anew when these are trained too. The statistics of batch norm are
        moving averages anyway, and stay.
        """
        if not self._averages or self._current is None:
            return contextlib.nullcontext()
        phase = self._phases[self._current]
        return optimizers.averaged(phase.optimizer, phase.variables)

    def _planned_phases(self):
        """Whether the frozen layers are frozen, for each phase in turn."""
        if not self._frozen:
            return [False]
        return [True] if self._until is None else [True, False]

    def _set_trainable(self, trainable):
        # Read while a step is traced: by batch norm, which chooses its mode.
        for layer in self._frozen:
            layer.trainable = trainable


def _on_images_and_labels(function, batch):
    return function({key: batch[key] for key in ("image", "label")})


class _Phase:
    """An optimizer and the step that moves what is trainable now."""

    def __init__(self, strategy, model, losses_of, optimizer, config):
        self.optimizer = optimizer
        self.variables = variables = list(model.trainable_variables)
        if strategy.num_replicas_in_sync > 1:
            _leave_summing_to_step(optimizer)
        with strategy.scope():
            scale = precision.GradientScale(
                optimizer, config.precision, variables
            )
        self.scale = scale

        def loss_of(batch):
            """Loss of a device's part of the batch."""
            with precision.computing(model, config.precision):
                logits = model(batch["image"], training=True)
            losses = losses_of(batch["label"], logits)
            # Divided by the images of the whole batch, and not by their
            # weights, which no device knows all of: the gradients of the
            # devices, whose parts may differ in size, are added up.
            return tf.reduce_sum(losses) / config.batch_size

        def differentiate(batch):
            """Loss and gradients of a device's part of the batch."""
            with tf.GradientTape() as tape:
                loss = loss_of(batch)
                scaled = scale.scaled(loss)
            return loss, tape.gradient(scaled, variables)

        is_compiled = precision.uses_xla(config, strategy, model.layers)
        differentiate = precision.compiled(differentiate, is_compiled)

        def on_one_device(batch):
            """Trains on a device's part of the batch; returns its loss."""
            loss, gradients = differentiate(batch)
            scale.apply(_summed(strategy, gradients), variables)
            share = tf.shape(batch["label"])[0] / config.batch_size
            distribution.average_statistics(model, share)
            return loss

        @tf.function(reduce_retracing=True, autograph=False)
        def run(batch):
            parts = strategy.run(on_one_device, args=(batch,))
            return strategy.reduce(tf.distribute.ReduceOp.SUM, parts, axis=None)

        self.run = run
        self._strategy = strategy
        self._loss_of = precision.compiled(loss_of, is_compiled)
        self._differentiate = differentiate

    def compiled_parts(self):
        """See TrainStep.compiled_parts."""

        def on_devices(function):
            return tf.function(
                lambda batch: self._strategy.run(function, args=(batch,)),
                reduce_retracing=True,
                autograph=False,
            )

        parts = (self._loss_of, self._differentiate)
        return [*map(on_devices, parts), self.run]


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
