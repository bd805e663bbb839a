"""How far the runs of a study are, from what they write, while they run."""

import contextlib
import csv
import dataclasses

import numpy as np

from transfusion_tf.runs import record as run_record
from transfusion_tf.runs import state

DONE, RUNNING, WAITING, FAILED = STATUSES = (
    "done",
    "running",
    "waiting",
    "failed",
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class CellProgress:
    """How far the run of a cell is.

    Attributes:
      status: one of STATUSES. A run that is interrupted is WAITING, and one
        that is about to be tried again is FAILED.
      step: optimizer steps taken, as of at most half a minute ago; of a run
        that is DONE all.
      total_steps: of the run; None: not known yet.
      seconds: of training so far.
    """

    status: str
    step: int = 0
    total_steps: int | None = None
    seconds: float = 0.0

    @property
    def seconds_of_run(self):
        """What the whole run takes at its speed; None: not known yet."""
        if not (self.step and self.total_steps):
            return None
        return self.seconds * self.total_steps / self.step


def read(study, cell, began):
    """The CellProgress of a cell; it raises nothing.

    Args:
      study: StudyDir.
      cell: grid.Cell.
      began: st_mtime after which a run that runs has written something;
        status.json of one that was killed says "running" for ever.
    """
    run = study.run(cell)
    written = _newest(run.status, *run.states, run.history)
    # A run that is tried again has written since.
    if (failed := _newest(study.failure(cell))) and failed >= written:
        return CellProgress(status=FAILED)
    status = None
    with contextlib.suppress(OSError, ValueError):
        status = run.read_status().get("status")
    if status == "finished":
        return _done(run)
    if status == "running" and written >= began:
        return _running(run)
    return CellProgress(status=FAILED if failed else WAITING)


def seconds_left(cells, found, at_once):
    """Seconds until all runs are done, roughly; None: not known yet.

    Runs that wait are supposed to take as long as others of their network do.

    Args:
      cells: grid.Cells.
      found: the CellProgress of each.
      at_once: runs that run at a time.
    """
    by_model = {}
    for cell, progress in zip(cells, found, strict=True):
        if (seconds := progress.seconds_of_run) is not None:
            by_model.setdefault(cell.model, []).append(seconds)
    if not by_model:
        return None
    every = np.mean([seconds for each in by_model.values() for seconds in each])
    left = 0.0
    for cell, progress in zip(cells, found, strict=True):
        usual = np.mean(by_model.get(cell.model, every))
        if progress.status == RUNNING:
            expected = progress.seconds_of_run or usual
            left += max(0.0, expected - progress.seconds)
        elif progress.status == WAITING:
            left += usual
    return left / at_once


def _newest(*paths):
    """The latest st_mtime of files, 0 where there is none of them."""
    times = [0.0]
    for path in paths:
        with contextlib.suppress(OSError):
            times.append(path.stat().st_mtime)
    return max(times)


def _done(run):
    with contextlib.suppress(OSError, ValueError, LookupError):
        with run.history.open(newline="", encoding="utf-8") as stream:
            last = list(csv.DictReader(stream))[-1]
        steps = int(last["step"])
        return CellProgress(
            status=DONE,
            step=steps,
            total_steps=steps,
            seconds=float(last["seconds"]),
        )
    return CellProgress(status=DONE)


def _running(run):
    """What there is to read: files appear, and go, while one looks."""
    total, progress = None, state.Progress()
    with contextlib.suppress(OSError, ValueError, LookupError):
        total = run_record.read(run)["plan"]["total_steps"]
    # Only the one before is there while the newest takes its place.
    for path in reversed(run.states):
        with contextlib.suppress(OSError, ValueError):
            progress = state.read_progress(path)
    return CellProgress(
        status=RUNNING,
        step=progress.step,
        total_steps=total,
        seconds=progress.seconds,
    )
