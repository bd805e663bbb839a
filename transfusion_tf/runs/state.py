"""What a run needs to go on exactly where it was."""

import contextlib
import dataclasses
import json

import numpy as np

from transfusion_tf import files

_PROGRESS = "progress"


@dataclasses.dataclass
class Progress:
    """How far a run has come.

    Attributes:
      step: optimizer steps taken.
      seconds: spent so far, over all processes that worked on the run.
      loss_sum: sum of batch losses since the last evaluation.
      loss_steps: number of batches in `loss_sum`.
      best_step, best_auc: of the best evaluation so far (None: none yet, or
        an undefined AUC).
      history: rows of history.csv.
    """

    step: int = 0
    seconds: float = 0.0
    loss_sum: float = 0.0
    loss_steps: int = 0
    best_step: int | None = None
    best_auc: float | None = None
    history: list = dataclasses.field(default_factory=list)


def save(path, progress, variables):
    """Writes progress and the values of `variables` as one file, atomically.

    Args:
      path: an .npz file (never pickled).
      progress: Progress.
      variables: Keras variables of model and optimizer, in a fixed order.
    """
    arrays = {f"v{i:05d}": v.numpy() for i, v in enumerate(variables)}
    text = json.dumps(dataclasses.asdict(progress))
    with files.atomic_write(path) as temporary:
        with temporary.open("wb") as stream:
            np.savez(stream, **{_PROGRESS: np.array(text)}, **arrays)


def restore(path, variables):
    """Sets `variables` to what `save` wrote; returns the Progress.

    Raises:
      ValueError: the file is damaged or belongs to another network.
    """
    with _reading(path) as stored:
        progress = _progress(stored)
        names = [name for name in stored.files if name != _PROGRESS]
        arrays = [stored[name] for name in sorted(names)]
        shapes = [array.shape for array in arrays]
        if shapes != [tuple(variable.shape) for variable in variables]:
            raise ValueError("it is of another network or optimizer")
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)
    return progress


def read_progress(path):
    """Returns the Progress in a file that `save` wrote; raises as `restore`."""
    with _reading(path) as stored:
        return _progress(stored)


def _progress(stored):
    return Progress(**json.loads(str(stored[_PROGRESS])))


@contextlib.contextmanager
def _reading(path):
    """Yields the arrays of a file; names it where it cannot be used."""
    try:
        with (
            path.open("rb") as stream,
            np.load(stream, allow_pickle=False) as stored,
        ):
            yield stored
    # A damaged archive makes NumPy and zipfile raise a dozen kinds.
    except Exception as error:  # noqa: BLE001
        reason = files.one_line(error)
        raise ValueError(
            f"{path} cannot be resumed from ({reason}). Restore it from a "
            "copy, or start anew with --overwrite."
        ) from None
