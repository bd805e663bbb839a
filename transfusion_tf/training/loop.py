"""The training loop: steps, evaluations, snapshots, and exact resuming."""

import dataclasses
import math
import time

import numpy as np
import tensorflow as tf

from transfusion_tf import files, tables
from transfusion_tf import progress as progress_bar
from transfusion_tf.runs import checksums, state, state_writer
from transfusion_tf.runs import record as run_record
from transfusion_tf.training import board, distribution, selection

# A run killed between two saves repeats at most this long.
SECONDS_BETWEEN_STATES = 30
# Names and indices of a weights file, beside the numbers; generous.
HDF5_OVERHEAD = 2**20
# Losses that are not waited for. Those before them have long been computed.
MAX_PENDING = 1000


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

    Args:
      run: RunDir, made.
      plan: TrainingPlan.
      strategy: tf.distribute strategy.
      model: the Keras model, created in the strategy's scope.
      step: TrainStep of that model.
      learning_rate: function (step, rows of history.csv) -> float.
      batches: function first_step -> endless tf.data.Dataset.
      validate: function () -> {"val_loss": x, "val_auc": x or None, ...}, the
        other columns of history.csv.
      ends: function rows of history.csv -> whether the training ends there,
        before its last step.
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
        ends,
    ):
        self._run, self._plan, self._strategy = run, plan, strategy
        self._model, self._step = model, step
        self._learning_rate = learning_rate
        self._batches, self._validate, self._ends = batches, validate, ends
        self._variables = [*model.variables, *step.variables]
        self._progress = state.Progress()
        self._states = state_writer.StateWriter(run.states)
        self._state_saved_at = time.monotonic()
        self._pending = []  # Losses that may still be under way on a device.
        self._board = board.Board(run.tensorboard)

    @property
    def history(self):
        """The rows of history.csv; after `fit`, all that the run has."""
        return self._progress.history

    def fit(self):
        """Trains from the start or the newest state; returns the best step."""
        with self._states:
            self._begin()
            with progress_bar.bar(
                "",
                self._plan.total_steps,
                unit="steps",
                done=self._progress.step,
            ) as bar:
                if not self._ends(self._progress.history):
                    self._train(bar)
        self._name_best()  # Whatever has become of the file meanwhile.
        return self._progress.best_step

    def _begin(self):
        """Restores the newest state; without one, saves the start."""
        run = self._run
        if any(path.is_file() for path in run.states):
            state.recover(run.states)
            self._progress = state.restore(run.state, self._variables)
            if self._progress.step:
                print(f"Continued from step {self._progress.step}.")
        else:
            self._board.settings(run_record.read(self._run)["config"])
            self._save_weights(0)
            self._save_state()
            # Weights of later steps are not to be there without a state.
            self._states.wait()

    def _train(self, bar):
        """The remaining steps of the run."""
        clock = time.monotonic()
        for batch in self._remaining():
            step = self._progress.step
            rate = self._learning_rate(step, self._progress.history)
            loss = self._step(batch, step=step, learning_rate=rate)
            self._add_loss(loss)
            self._progress.step += 1
            bar.update()
            now = time.monotonic()
            self._progress.seconds += now - clock
            clock = now
            if self._after_step(bar, rate):
                return

    def _remaining(self):
        """Yields the batches of the steps to come."""
        first = self._progress.step
        batches = self._batches(first).take(self._plan.total_steps - first)
        try:
            yield from distribution.distribute(self._strategy, batches)
        except tf.errors.FailedPreconditionError as error:
            raise ValueError(
                "The records hold another number of training images than "
                f"their data card says; convert them again. ({error.message})"
            ) from None

    def _after_step(self, bar, rate):
        """Snapshot, evaluation and state, where they are due.

        Returns:
          Whether the training ends early.
        """
        step, is_over = self._progress.step, False
        evaluates = self._plan.evaluates(step)
        if evaluates or step in self._plan.snapshots:
            with self._step.averaged():
                if step in self._plan.snapshots:
                    self._save_weights(step)
                if evaluates:
                    self._evaluate(bar, rate)
                    is_over = self._stops_early()
        since_state = time.monotonic() - self._state_saved_at
        if evaluates or since_state > SECONDS_BETWEEN_STATES:
            self._save_state()
        return is_over

    def _stops_early(self):
        """Whether the training ends at this evaluation; then keeps it."""
        step, total = self._progress.step, self._plan.total_steps
        if step == total or not self._ends(self._progress.history):
            return False
        if step not in (self._progress.best_step, *self._plan.snapshots):
            self._save_weights(step)
        progress_bar.line(
            f"stopped early, at step {step} of {total}: the validation AUC has "
            "not risen for as many evaluations as --early_stopping allows"
        )
        return True

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
        self._keep_if_best(row)
        progress.history.append(row)
        self._write_history()
        self._board.evaluation(row)
        auc = "n/a" if row["val_auc"] is None else f"{row['val_auc']:.4f}"
        bar.set_postfix(val_auc=auc, refresh=False)
        progress_bar.line(
            f"step {row['step']}/{self._plan.total_steps}  train_loss "
            f"{row['train_loss']:.4f}  val_loss {row['val_loss']:.4f}  "
            f"val_auc {auc}"
        )

    def _keep_if_best(self, row):
        """Saves the weights of a new evaluation where it is the best one."""
        progress, before = self._progress, self._progress.best_step
        best = selection.row_of(before, progress.history)
        if not selection.is_better(row, best):
            return
        progress.best_step, progress.best_auc = progress.step, row["val_auc"]
        if progress.step not in self._plan.snapshots:  # Else just saved.
            self._save_weights(progress.step)
        self._name_best()
        if before not in (None, *self._plan.snapshots):
            path = self._run.weights(before)
            checksums.forget(self._run, path)
            path.unlink(missing_ok=True)

    def _name_best(self):
        step, auc = self._progress.best_step, self._progress.best_auc
        files.write_json(self._run.best, {"step": step, "val_auc": auc})

    def _add_loss(self, loss):
        """Keeps a loss that may still be under way, and sums up old ones."""
        self._pending.append(loss)
        if len(self._pending) >= 2 * MAX_PENDING:
            self._sum_up(self._pending[:MAX_PENDING])
            del self._pending[:MAX_PENDING]

    def _sum_up(self, losses):
        for loss in map(float, losses):
            self._progress.loss_sum += loss
            self._progress.loss_steps += 1

    def _collect_losses(self):
        self._sum_up(self._pending)
        self._pending.clear()
        if not math.isfinite(self._progress.loss_sum):
            raise ValueError(
                f"The loss is no longer finite at step {self._progress.step}; "
                "give a smaller --learning_rate or some --warmup_steps."
            )

    def _save_state(self):
        self._collect_losses()
        self._states.save(self._progress, self._variables)
        self._state_saved_at = time.monotonic()

    def _save_weights(self, step):
        path = self._run.weights(step)
        files.require_space(path, _size(self._model) + HDF5_OVERHEAD)
        with (
            checksums.recorded(self._run, path),
            files.atomic_write(path) as temporary,
        ):
            self._model.save_weights(temporary)

    def _write_history(self):
        rows = self._progress.history
        tables.write(
            self._run.history, rows, columns=list(rows[0]), line_end="\r\n"
        )


def _size(model):
    """Bytes of a Keras model's variables, which are not fetched for it."""
    return sum(
        math.prod(v.shape) * tf.as_dtype(v.dtype).size for v in model.variables
    )
