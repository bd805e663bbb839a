"""What a run needs to go on exactly where it was.

A state is an .npz file (never pickled) with a SHA-256 of its bytes as the
comment of the archive: of a flipped bit in a number the archive itself would
know, of one in a name or in padding not. There are two generations, the newest
and the one before; who finds the newest damaged goes on from the other.
"""

import contextlib
import dataclasses
import hashlib
import json

import numpy as np

from transfusion_tf import files

_PROGRESS = "progress"
_MARK = b"sha256:"
_COMMENT_BYTES = len(_MARK) + 2 * hashlib.sha256().digest_size
_READ_AT_ONCE = 2**20


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


def copied(progress, variables):
    """{name: array}: what `write` takes, which no later step changes.

    Args:
      progress: Progress.
      variables: Keras variables of model and optimizer, in a fixed order.
    """
    arrays = {f"v{i:05d}": v.numpy() for i, v in enumerate(variables)}
    text = json.dumps(dataclasses.asdict(progress))
    return {_PROGRESS: np.array(text), **arrays}


def write(paths, arrays):
    """Writes what `copied` gave; what was the newest is then the one before.

    At no moment is there less than one whole state, if there was one.

    Args:
      paths: of the newest state and the one before, see RunDir.states.
      arrays: {name: array}.

    Raises:
      OSError: it cannot be written; nothing is lost.
    """
    newest, before = paths
    with (
        files.naming_failures(newest),
        files.atomic_write(newest) as temporary,
    ):
        with temporary.open("wb") as stream:
            np.savez(stream, **arrays)
        _seal(temporary)
        # The new one must not get lost when the old one has lost its name.
        files.flush(temporary)
        if newest.is_file():
            newest.replace(before)


def save(paths, progress, variables):
    """Writes progress and the values of `variables`, see `copied`, `write`."""
    write(paths, copied(progress, variables))


def newest_intact(paths):
    """The path of the newest state that is as it was written.

    Raises:
      ValueError: none is; the one line is on the newest that is there.
    """
    failure = None
    for path in filter(lambda path: path.is_file(), paths):
        try:
            with _reading(path):
                _check_seal(path)
        except ValueError as error:
            failure = failure or error
        else:
            return path
    raise failure or ValueError(f"There is no {paths[0]}.")


def recover(paths):
    """Has the newest state be one that can be resumed from.

    Where it is damaged, the one before takes its place, and a line says so.

    Raises:
      ValueError: both are damaged, see `newest_intact`.
    """
    newest, _ = paths
    found, was_there = newest_intact(paths), newest.is_file()
    if found == newest:
        return
    # The damaged one would take the place of the good one with the next.
    found.replace(newest)
    if was_there:
        print(
            f"{newest} was damaged; the run goes on from the state before it, "
            f"of step {read_progress(newest).step}."
        )


def restore(path, variables):
    """Sets `variables` to what `save` wrote; returns the Progress.

    Raises:
      ValueError: the file is damaged or belongs to another network.
    """
    with _reading(path) as stored:
        _check_seal(path)
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
    """Returns the Progress in a file that `save` wrote.

    The rest of the file is not looked at.

    Raises:
      ValueError: the file is damaged.
    """
    with _reading(path) as stored:
        return _progress(stored)


def _progress(stored):
    return Progress(**json.loads(str(stored[_PROGRESS])))


def _seal(path):
    """Adds the checksum of an archive to it as its comment."""
    with path.open("r+b") as stream:
        # An archive without a comment ends with the length of that.
        stream.seek(-2, 2)
        stream.write(_COMMENT_BYTES.to_bytes(2, "little"))
        digest = _digest(stream, stream.tell())
        stream.write(_MARK + digest)


def _check_seal(path):
    """Raises ValueError where the checksum is another one.

    States of earlier releases have none; their archive ends without comment.
    """
    with path.open("rb") as stream:
        size = stream.seek(0, 2)
        stream.seek(max(0, size - 2))
        if stream.read(2) == b"\0\0":
            return
        stream.seek(max(0, size - _COMMENT_BYTES))
        comment = stream.read()
        if comment != _MARK + _digest(stream, size - _COMMENT_BYTES):
            raise ValueError("its checksum is another one")


def _digest(stream, size):
    """SHA-256, in hex, of the first bytes of a file; it is then read so far."""
    stream.seek(0)
    digest = hashlib.sha256()
    while size > 0 and (part := stream.read(min(size, _READ_AT_ONCE))):
        digest.update(part)
        size -= len(part)
    return digest.hexdigest().encode()


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
