"""What a study shows on a terminal while it runs."""

import threading
import time

from transfusion_tf import progress
from transfusion_tf.study import live_progress
from transfusion_tf.study.live_progress import DONE, RUNNING

_SECONDS = 2
# Many cells on a slow disk: no more than a tenth of the time goes into looking.
_PAUSE_OF_READING = 9
_COUNT = 9  # Width of a column.


class LiveTable:
    """Runs by arm and status, and each that is running, until `with` ends.

    On a terminal it is kept up to date by a thread; elsewhere nothing is
    shown. It knows what runs write, and so does not depend on where they run.

    Args:
      study: StudyDir; its study.json was written when the study began.
      cells: grid.Cells that are shown.
      screen: progress.Screen; None: that of stderr.
    """

    def __init__(self, study, cells, screen=None):
        self._study, self._cells = study, cells
        self._began = study.config.stat().st_mtime
        self._screen = screen or progress.Screen()
        self._done = {}  # Nothing changes in these.
        self._at_once = 1
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._refresh, daemon=True)

    def __enter__(self):
        self._screen.__enter__()
        if self._screen.is_live:
            self._thread.start()
        return self

    def __exit__(self, *exception):
        self._ends.set()
        if self._thread.is_alive():
            self._thread.join()
        self._screen.__exit__(*exception)

    def count(self):
        """How many of all runs are done, and how long the rest takes.

        To be called when a run has ended, and before another begins.
        """
        found = self._read(ended=1)
        done = sum(one.status == DONE for one in found)
        left = _left(self._cells, found, self._at_once)
        return f"{done} of {len(found)} runs" + (left and f", {left}")

    def _refresh(self):
        pause = 0
        while not self._ends.wait(pause):
            began = time.monotonic()
            self._show()
            took = time.monotonic() - began
            pause = max(_SECONDS, _PAUSE_OF_READING * took)
        self._show()

    def _show(self):
        columns, height = self._screen.size()
        found = self._read()
        left = _left(self._cells, found, self._at_once)
        self._screen.show(
            table(self._cells, found, left, columns - 1, height - 1)
        )

    def _read(self, ended=0):
        """The CellProgress of each; `ended`: runs that ran until just now."""
        found = []
        for cell in self._cells:
            one = self._done.get(cell.name) or live_progress.read(
                self._study, cell, self._began
            )
            if one.status == DONE:
                self._done[cell.name] = one
            found.append(one)
        running = sum(one.status == RUNNING for one in found)
        self._at_once = max(self._at_once, running + ended)
        return found


def table(cells, found, left, columns, height):
    """The lines of the table: arms, their sum, and the runs that are running.

    Args:
      cells: grid.Cells.
      found: the CellProgress of each.
      left: how long all takes, in words; empty: not known.
      columns: the width of the terminal.
      height: the most lines; runs go before arms, and unfinished arms before
        others.
    """
    arms = {}
    for cell, one in zip(cells, found, strict=True):
        arms.setdefault(cell.title, []).append(one.status)
    running = [
        (cell.name, one)
        for cell, one in zip(cells, found, strict=True)
        if one.status == RUNNING
    ]
    rows = [(name, _counts(statuses)) for name, statuses in arms.items()]
    room, hidden = max(0, height - len(running) - 2), []
    if len(rows) > room:
        room = max(0, room - 1)
        rows.sort(key=lambda row: row[1][0] == sum(row[1]))
        hidden = [f"... and {len(rows) - room} more arms"]
    total = _counts([one.status for one in found])
    rows = [
        ("", live_progress.STATUSES),
        *rows[:room],
        (f"all ({left})" if left else "all", total),
    ]
    width = max(len(name) for name, _ in rows)
    width = max(0, min(width, columns - _COUNT * len(live_progress.STATUSES)))
    lines = [_row(name, values, width) for name, values in rows]
    return [*lines[:-1], *hidden, lines[-1], *_runs(running)][:height]


def _counts(statuses):
    return [statuses.count(status) for status in live_progress.STATUSES]


def _row(name, values, width):
    counts = "".join(f"{value:>{_COUNT}}" for value in values)
    return f"{name[:width]:{width}}{counts}"


def _left(cells, found, at_once):
    """How long all takes, in words; empty: not known."""
    seconds = live_progress.seconds_left(cells, found, at_once)
    return f"about {progress.duration(seconds)} left" if seconds else ""


def _runs(running):
    """A line for each run that is running, with its name at the end."""
    texts = [_step(one) for _, one in running]
    width = max(map(len, texts), default=0)
    for text, (name, _) in zip(texts, running, strict=True):
        yield f"{text:{width}}  {name}"


def _step(one):
    if not one.total_steps:
        return "starts"
    text = f"step {one.step}/{one.total_steps}"
    if (seconds := one.seconds_of_run) is None:
        return text
    return f"{text}, about {progress.duration(seconds - one.seconds)} left"
