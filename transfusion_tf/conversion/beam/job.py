"""The files by which a launcher and the workers of Apache Beam talk.

Machines of a cluster share no memory, and some runners limit the size of what
a pipeline carries. So the pipeline carries numbers of tasks only, and all else
lies in a folder that every machine reaches: `held`, the function and its
object; `task-<n>`; and, as JSON, `result-<n>`.
"""

import dataclasses
import functools
import os
import pickle
import threading
import traceback

from transfusion_tf import files

_KINDS = {"OSError": OSError, "ValueError": ValueError}
# Not all that tasks call may be called from several threads at once.
_ONE_AT_A_TIME = threading.Lock()


@dataclasses.dataclass(frozen=True)
class BeamTaskFolder:
    """A function, its object and numbered tasks; `root` is their folder."""

    root: os.PathLike

    def write(self, function, held, tasks):
        """Writes all that workers read; returns the number of tasks.

        `function(held, task)` must be one of a module, and return what JSON
        can hold. `tasks` is any iterable, of which one is in memory at a time.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        self._held.write_bytes(pickle.dumps((function, held)))
        count = 0
        for task in tasks:
            self._task(count).write_bytes(pickle.dumps(task))
            count += 1
        return count

    def do(self, number):
        """Does a task, if that was not done, and writes what comes of it.

        A runner may do the same task twice, even at the same time. Whatever
        the task raises is a result for the launcher: to repeat the task would
        lead to the same.
        """
        if self._result(number).exists():
            return
        with _ONE_AT_A_TIME:
            function, held = _read_held(self)
            try:
                outcome = {"result": function(held, _read(self._task(number)))}
            except Exception as error:  # noqa: BLE001 (raised by `results`)
                outcome = _failure(error)
        files.write_json(self._result(number), outcome, flushed=False)

    def results(self, count):
        """Yields (task, result) of all tasks; raises what one has raised."""
        for number in range(count):
            outcome = files.read_json(self._result(number))
            if "result" not in outcome:
                raise _KINDS.get(outcome["kind"], RuntimeError)(outcome["text"])
            yield _read(self._task(number)), outcome["result"]

    @property
    def _held(self):
        return self.root / "held"

    def _task(self, number):
        return self.root / f"task-{number:06d}"

    def _result(self, number):
        return self.root / f"result-{number:06d}"


@functools.lru_cache(maxsize=1)
def _read_held(job):
    return _read(job._held)


def _read(path):
    # Only what the launcher of this very job has written for its workers, to
    # whom Beam hands code in the same way.
    return pickle.loads(path.read_bytes())  # noqa: S301


def _failure(error):
    """Returns what `results` raises again: a mistake's text, or a traceback."""
    for kind, of in _KINDS.items():
        if isinstance(error, of):
            return {"kind": kind, "text": str(error)}
    return {"kind": "bug", "text": traceback.format_exc()}
