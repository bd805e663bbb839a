"""One training in one process: what it takes is made, and then it goes."""

import dataclasses
import functools
import pathlib
import tempfile

import keras
import tensorflow as tf

from transfusion_tf.models.stages import Backbone
from transfusion_tf.runs import checksums
from transfusion_tf.training import (
    caching,
    cluster,
    evaluation,
    loop,
    results,
    step,
    stopping,
)


@dataclasses.dataclass(frozen=True)
class Session:
    """What is trained, in a process whose seeds are set.

    Attributes:
      prepared: setup.RunSetup that it is made of.
      backbone: Backbone with its initial weights.
      report: where they are from.
      predictor: Predictor.
      take_step: TrainStep.
    """

    prepared: object
    backbone: Backbone
    report: dict
    predictor: evaluation.Predictor
    take_step: step.TrainStep

    @classmethod
    def build(cls, prepared):
        """Of a RunSetup; sets seeds and deterministic operations."""
        tf.config.experimental.enable_op_determinism()
        keras.utils.set_random_seed(prepared.config.seed)
        backbone, report = prepared.initial_backbone()
        predictor = prepared.predictor(backbone)
        take_step = step.TrainStep(
            prepared.strategy,
            backbone.model,
            prepared.task,
            prepared.config.train,
            frozen=prepared.frozen_layers(backbone),
            loss_weights=prepared.balance.loss_weights,
        )
        return cls(prepared, backbone, report, predictor, take_step)

    def cache(self, folder):
        """The ImageCache of a training whose files lie in a directory."""
        return caching.ImageCache(
            self.prepared.records, self.prepared.config.data, folder
        )

    def train(self, run):
        """Trains, and scores the best weights.

        Of several workers the chief alone reads and writes the directory.

        Args:
          run: RunDir, made.
        """
        prepared, model = self.prepared, self.backbone.model
        is_chief = cluster.is_chief(prepared.strategy)
        here = run.state.parent if is_chief else tempfile.gettempdir()
        cache = self.cache(pathlib.Path(here))
        trainer = loop.Loop(
            run,
            prepared.plan,
            strategy=prepared.strategy,
            model=model,
            step=self.take_step,
            learning_rate=prepared.learning_rate,
            batches=functools.partial(prepared.training_batches, cache=cache),
            validate=functools.partial(
                prepared.validate, self.predictor, cache=cache
            ),
            ends=stopping.rule(prepared.config.train),
        )
        best = trainer.fit()
        if is_chief:
            checksums.check(run, run.weights(best))
            model.load_weights(run.weights(best))
        cluster.share(prepared.strategy, model.variables)
        results.write(
            prepared,
            run,
            self.predictor,
            best_step=best,
            history=trainer.history,
            cache=cache,
        )
