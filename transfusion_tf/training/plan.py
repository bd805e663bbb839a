"""When a run evaluates, keeps weights and ends."""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class TrainingPlan:
    """When things happen in a run; all steps count from the start.

    Attributes:
      total_steps: optimizer steps of the run.
      batch_size: images a step.
      num_images: training images; so many examples are an epoch.
      eval_every: steps between evaluations; None: one after each epoch. The
        last step is followed by one too.
      snapshots: steps whose weights are kept; holds 0 and `total_steps`.
    """

    total_steps: int
    batch_size: int
    num_images: int
    eval_every: int | None
    snapshots: frozenset

    @classmethod
    def of(cls, config, num_train):
        """The plan of a TrainConfig for `num_train` images, at least one.

        The steps of `config.epochs` are rounded up: each image is seen at
        least so often, and fewer than a batch of them once more.
        """
        examples = (config.epochs or 0) * num_train
        total = config.steps or -(-examples // config.batch_size)
        spaced = np.geomspace(1, total, config.snapshots).round().astype(int)
        return cls(
            total,
            config.batch_size,
            num_train,
            config.eval_every,
            frozenset({0, total, *spaced.tolist()}),
        )

    def epochs(self, step):
        """Passes over the training images that `step` steps make."""
        return step * self.batch_size / self.num_images

    def evaluates(self, step):
        """Whether an evaluation follows `step`."""
        if step == self.total_steps:
            return True
        if self.eval_every is not None:
            return step % self.eval_every == 0
        # The step that completes an epoch, which may end within its batch.
        return self._whole_epochs(step) > self._whole_epochs(step - 1)

    def _whole_epochs(self, step):
        return step * self.batch_size // self.num_images
