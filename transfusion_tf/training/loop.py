"""The training loop: steps, evaluations, snapshots, and exact resuming."""

import dataclasses
import json
import math
import time

import numpy as np
import tensorflow as tf

from transfusion_tf import files, tables
from transfusion_tf import progress as progress_bar
from transfusion_tf.runs import checksums, state
from transfusion_tf.training import cluster, distribution

# A run killed between two saves repeats at most this long.
SECONDS_BETWEEN_STATES = 30
# Names and indices of a weights file, beside the numbers; generous.
HDF5_OVERHEAD = 2**20


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


class Loop:
    """Trains one network in one run directory.

    Of several workers the chief alone reads and writes the directory.

    Args:
      run: RunDir, made.
      plan: TrainingPlan.
      strategy: tf.distribute strategy.
      model: the Keras model, created in the strategy's scope.
      step: TrainStep of that model.
      learning_rate: function step -> float.
      batches: function first_step -> endless tf.data.Dataset of the parts of
        batches that the strategy's devices take.
      validate: function () -> {"val_loss": x, "val_auc": x or None, ...}, the
        other columns of history.csv.
    """

    def __init__(
        self,
        run,
        plan,
        *,
        strategy,
        model,
        step,
        learning_rate,
        batches,
        validate,
    ):
        self._run, self._plan, self._strategy = run, plan, strategy
        self._model, self._step = model, step
        self._learning_rate = learning_rate
        self._batches, self._validate = batches, validate
        self._variables = [*model.variables, *step.variables]
        self._progress = state.Progress()
        self._state_saved_at = time.monotonic()
        self._pending = []  # Losses that may still be under way on a device.
        self._writes = cluster.is_chief(strategy)
        self._writer = (
            tf.summary.create_file_writer(str(run.tensorboard))
            if self._writes
            else tf.summary.create_noop_writer()
        )

    def fit(self):
        """Trains from the start or the newest state; returns the best step."""
        if self._writes and self._run.state.is_file():
            self._progress = state.restore(self._run.state, self._variables)
        else:
            self._save_weights(0)
            self._save_state()
        self._share()
        with progress_bar.bar(
            "",
            self._plan.total_steps,
            unit="steps",
            done=self._progress.step,
        ) as bar:
            self._train(bar)
        self._name_best()  # Whatever has become of the file meanwhile.
        return self._progress.best_step

    def _share(self):
        """Lets all workers begin where the chief does."""
        text = json.dumps(dataclasses.asdict(self._progress)).encode()
        shared = cluster.broadcast(self._strategy, text)
        cluster.share(self._strategy, self._variables)
        if not self._writes:
            self._progress = state.Progress(**json.loads(shared))

    def _train(self, bar):
        """The remaining steps of the run."""
        clock = time.monotonic()
        for batch in self._remaining():
            step = self._progress.step
            rate = self._learning_rate(step)
            loss = self._step(batch, step=step, learning_rate=rate)
            self._pending.append(loss)
            self._progress.step += 1
            bar.update()
            now = time.monotonic()
            self._progress.seconds += now - clock
            clock = now
            self._after_step(bar, rate)

    def _remaining(self):
        """Yields the batches of the steps to come."""
        first = self._progress.step
        try:
            yield from distribution.distribute(
                self._strategy,
                self._batches(first),
                self._plan.total_steps - first,
            )
        except tf.errors.FailedPreconditionError as error:
            raise ValueError(
                "The records hold another number of training images than "
                f"their data card says; convert them again. ({error.message})"
            ) from None

    def _after_step(self, bar, rate):
        """Snapshot, evaluation and state, where they are due."""
        step = self._progress.step
        if step in self._plan.snapshots:
            self._save_weights(step)
        evaluates = self._plan.evaluates(step)
        if evaluates:
            self._evaluate(bar, rate)
        since_state = time.monotonic() - self._state_saved_at
        if evaluates or since_state > SECONDS_BETWEEN_STATES:
            self._save_state()

    def _evaluate(self, bar, rate):
        """Adds a row to the history and keeps the weights if they are best."""
        self._collect_losses()
        progress = self._progress
        row = {
            "step": progress.step,
            "epoch": self._plan.epochs(progress.step),
            "examples": progress.step * self._step.batch_size,
            "seconds": round(progress.seconds, 3),
            "learning_rate": rate,
            "train_loss": progress.loss_sum / progress.loss_steps,
            **self._validate(),
        }
        progress.loss_sum, progress.loss_steps = 0.0, 0
        progress.history.append(row)
        self._keep_if_best(row["val_auc"])
        self._write_history()
        self._write_summary(row)
        auc = "n/a" if row["val_auc"] is None else f"{row['val_auc']:.4f}"
        bar.set_postfix(val_auc=auc, refresh=False)
        if not self._writes:
            return
        progress_bar.line(
            f"step {row['step']}/{self._plan.total_steps}  train_loss "
            f"{row['train_loss']:.4f}  val_loss {row['val_loss']:.4f}  "
            f"val_auc {auc}"
        )

    def _keep_if_best(self, auc):
        """Where the AUC is undefined throughout, the latest counts as best."""
        progress, before = self._progress, self._progress.best_step
        if progress.best_auc is not None and (
            auc is None or auc <= progress.best_auc
        ):
            return
        progress.best_step, progress.best_auc = progress.step, auc
        if progress.step not in self._plan.snapshots:  # Else just saved.
            self._save_weights(progress.step)
        self._name_best()
        if self._writes and before not in (None, *self._plan.snapshots):
            path = self._run.weights(before)
            checksums.forget(self._run, path)
            path.unlink(missing_ok=True)

    def _name_best(self):
        if not self._writes:
            return
        step, auc = self._progress.best_step, self._progress.best_auc
        files.write_json(self._run.best, {"step": step, "val_auc": auc})

    def _collect_losses(self):
        for loss in map(float, self._pending):
            self._progress.loss_sum += loss
            self._progress.loss_steps += 1
        self._pending.clear()
        if not math.isfinite(self._progress.loss_sum):
            raise ValueError(
                f"The loss is no longer finite at step {self._progress.step}; "
                "give a smaller --learning_rate or some --warmup_steps."
            )

    def _save_state(self):
        self._collect_losses()
        if not self._writes:
            return
        state.save(self._run.state, self._progress, self._variables)
        self._state_saved_at = time.monotonic()

    def _save_weights(self, step):
        if not self._writes:
            return
        path = self._run.weights(step)
        size = sum(v.numpy().nbytes for v in self._model.variables)
        files.require_space(path, size + HDF5_OVERHEAD)
        with (
            checksums.recorded(self._run, path),
            files.atomic_write(path) as temporary,
        ):
            self._model.save_weights(temporary)

    def _write_history(self):
        if not self._writes:
            return
        rows = self._progress.history
        tables.write(
            self._run.history, rows, columns=list(rows[0]), line_end="\r\n"
        )

    def _write_summary(self, row):
        try:
            with self._writer.as_default(step=row["step"]):
                for name, value in row.items():
                    if name != "step" and value is not None:
                        tf.summary.scalar(name, value)
            self._writer.flush()
        except tf.errors.OpError as error:
            raise OSError(
                f"Cannot write {self._run.tensorboard}: {error.message}"
            ) from None
