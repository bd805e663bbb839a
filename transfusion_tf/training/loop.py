"""The training loop: steps, evaluations, snapshots, and exact resuming."""

import dataclasses
import json
import math
import time

import tensorflow as tf

from transfusion_tf import progress as progress_bar
from transfusion_tf.runs import state, state_writer
from transfusion_tf.training import (
    cluster,
    distribution,
    run_files,
    selection,
)

# A run killed between two saves repeats at most this long.
SECONDS_BETWEEN_STATES = 30
# Losses that are not waited for. Those before them have long been computed.
MAX_PENDING = 1000


class Loop:
    """Trains one network in one run directory.

    Of several workers the chief alone reads and writes the directory.

    Args:
      run: RunDir, made.
      plan: TrainingPlan.
      strategy: tf.distribute strategy.
      model: the Keras model, created in the strategy's scope.
      step: TrainStep of that model.
      learning_rate: function (step, rows of history.csv) -> float.
      batches: function first_step -> endless tf.data.Dataset of the parts of
        batches that the strategy's devices take.
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
        self._writes = cluster.is_chief(strategy)
        self._files = run_files.RunFiles(run, model, writes=self._writes)

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
        if self._writes and any(path.is_file() for path in run.states):
            state.recover(run.states)
            self._progress = state.restore(run.state, self._variables)
            if self._progress.step:
                print(f"Continued from step {self._progress.step}.")
        else:
            self._files.settings()
            self._files.save_weights(0)
            self._save_state()
            # Weights of later steps are not to be there without a state.
            self._states.wait()
        self._share()

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
        """Snapshot, evaluation and state, where they are due.

        Returns:
          Whether the training ends early.
        """
        step, is_over = self._progress.step, False
        evaluates = self._plan.evaluates(step)
        if evaluates or step in self._plan.snapshots:
            with self._step.averaged():
                if step in self._plan.snapshots:
                    self._files.save_weights(step)
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
            self._files.save_weights(step)
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
        self._files.evaluation(progress.history)
        auc = "n/a" if row["val_auc"] is None else f"{row['val_auc']:.4f}"
        bar.set_postfix(val_auc=auc, refresh=False)
        if not self._writes:
            return
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
            self._files.save_weights(progress.step)
        self._name_best()
        if before not in (None, *self._plan.snapshots):
            self._files.delete_weights(before)

    def _name_best(self):
        self._files.best(self._progress.best_step, self._progress.best_auc)

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
        if self._writes:
            self._states.save(self._progress, self._variables)
        self._state_saved_at = time.monotonic()
