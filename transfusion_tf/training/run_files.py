"""What a training writes into its run directory while it goes on."""

import functools
import math

import tensorflow as tf

from transfusion_tf import files, tables
from transfusion_tf.runs import checksums, record
from transfusion_tf.training import board

# Names and indices of a weights file, beside the numbers; generous.
HDF5_OVERHEAD = 2**20


def _by_the_chief(method):
    """A method that does nothing on the other workers."""

    @functools.wraps(method)
    def on_all(self, *arguments):
        """The method, or nothing."""
        if self._writes:
            method(self, *arguments)

    return on_all


class RunFiles:
    """Weights, history, the best step, and TensorBoard's files of a run.

    Args:
      run: RunDir, made.
      model: the Keras model that is trained.
      writes: whether this process writes at all; of several workers the chief
        does.
    """

    def __init__(self, run, model, *, writes):
        self._run, self._model, self._writes = run, model, writes
        self._board = board.Board(run.tensorboard) if writes else None

    @_by_the_chief
    def settings(self):
        """Shows the settings of the run in TensorBoard."""
        self._board.settings(record.read(self._run)["config"])

    @_by_the_chief
    def evaluation(self, rows):
        """Writes history.csv, and the last of its rows for TensorBoard."""
        tables.write(
            self._run.history, rows, columns=list(rows[0]), line_end="\r\n"
        )
        self._board.evaluation(rows[-1])

    @_by_the_chief
    def best(self, step, auc):
        """Writes which weights are the best so far."""
        files.write_json(self._run.best, {"step": step, "val_auc": auc})

    @_by_the_chief
    def save_weights(self, step):
        """Saves the model's weights as those after `step` steps."""
        path = self._run.weights(step)
        files.require_space(path, _size(self._model) + HDF5_OVERHEAD)
        with (
            checksums.recorded(self._run, path),
            files.atomic_write(path) as temporary,
        ):
            self._model.save_weights(temporary)

    @_by_the_chief
    def delete_weights(self, step):
        """Deletes weights that were saved."""
        path = self._run.weights(step)
        checksums.forget(self._run, path)
        path.unlink(missing_ok=True)


def _size(model):
    """Bytes of a Keras model's variables, which are not fetched for it."""
    return sum(
        math.prod(v.shape) * tf.as_dtype(v.dtype).size for v in model.variables
    )
