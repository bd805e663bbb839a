"""What a worker process of a study does: it trains one cell after another."""

import contextlib
import dataclasses
import gc
import os
import pathlib
import sys
import traceback

from transfusion_tf import files, progress
from transfusion_tf.config.run import RunConfig
from transfusion_tf.process import quiet
from transfusion_tf.runs.directory import RunDir
from transfusion_tf.study import cell_state


@dataclasses.dataclass(frozen=True, kw_only=True)
class Task:
    """The run of one cell; small, since it is sent to a worker.

    Attributes:
      name: of the cell.
      config: RunConfig.
      run_dir, log, failure: its places in the study's directory.
      keep: weights that are kept, see spec.KEPT.
    """

    name: str
    config: RunConfig
    run_dir: pathlib.Path
    log: pathlib.Path
    failure: pathlib.Path
    keep: tuple


def train(task):
    """Trains the run of a Task, or continues it.

    All that it prints goes to its log. The weights are those that a process
    of its own would give, bit for bit: experiment.train sets every seed, and
    names that Keras counts up are counted anew.

    Returns:
      None, or why it has failed, on one line.
    """
    with _printing_to(task.log):
        try:
            _train(task)
        except Exception as error:  # noqa: BLE001 (the others go on)
            traceback.print_exc()
            reason = files.one_line(error) or type(error).__name__
            if not isinstance(error, ValueError | OSError):
                reason = f"{type(error).__name__}: {reason}"
            write_failure(task, reason)
            return reason
    task.failure.unlink(missing_ok=True)
    return None


def write_failure(task, reason):
    """Keeps why a task has failed, for the tables."""
    with contextlib.suppress(OSError):  # A full disk is the failure itself.
        files.write_json(task.failure, {"reason": reason})


def _train(task):
    progress.use_in_one_process()
    quiet.start_tensorflow()
    import keras

    from transfusion_tf import experiment

    keras.backend.clear_session()
    gc.collect()  # The network before holds memory until then.
    experiment.train(task.config, run_dir=task.run_dir)
    cell_state.prune(RunDir(task.run_dir), task.keep)


@contextlib.contextmanager
def _printing_to(path):
    """Sends what this process prints to a file, also what C code does."""
    _flush()
    kept = [os.dup(number) for number in (1, 2)]
    with path.open("ab") as log:
        for number in (1, 2):
            os.dup2(log.fileno(), number)
    try:
        yield
    finally:
        _flush()
        for number, descriptor in zip((1, 2), kept, strict=True):
            os.dup2(descriptor, number)
            os.close(descriptor)


def _flush():
    sys.stdout.flush()
    sys.stderr.flush()
