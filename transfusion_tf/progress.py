"""Progress on a terminal, never in logs and pipes: one bar, or a table."""

import os
import sys
import threading

import tqdm

# The Screen that is shown, if one is.
_screen = None


def bar(what, total, *, unit, done=0, leave=True):
    """A bar for `with`, advanced by `update(number)`.

    Args:
      what: is done, a word in front of the bar; "" for none.
      total: number of units.
      unit: of what is counted, such as "image".
      done: units done in an earlier process.
      leave: whether it stays when all is done; not so where one follows many.
    """
    return tqdm.tqdm(
        desc=what or None,
        total=total,
        initial=done,
        leave=leave,
        unit=f" {unit}",
        smoothing=0.1,
        disable=None,
    )


def over(items, what, *, unit):
    """Yields the items of a sequence under a bar, see `bar`."""
    with bar(what, len(items), unit=unit) as shown:
        for item in items:
            yield item
            shown.update()


def line(text):
    """Prints a line above the bar or the Screen that is shown, if one is."""
    if _screen is None:
        tqdm.tqdm.write(text)
    else:
        _screen.line(text)


def use_in_one_process():
    """Keeps bars of this process from a lock that other processes share.

    A process that is killed would leave such a lock behind.
    """
    tqdm.tqdm.set_lock(threading.RLock())


def duration(seconds):
    """A time in words, in its largest unit: "40 s", "12 min", "3.5 h"."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"


class Screen:
    """The last lines of a terminal, rewritten in place by any thread.

    Used in a `with` statement, by one at a time; its lines stay when it ends.

    Args:
      stream: of a terminal; others are left alone. None: stderr.
    """

    def __init__(self, stream=None):
        self._stream = stream or sys.stderr
        self._lines = []
        self._lock = threading.Lock()

    def __enter__(self):
        global _screen
        _screen = self
        return self

    def __exit__(self, *_):
        global _screen
        _screen = None

    @property
    def is_live(self):
        """Whether the stream is that of a terminal that can be rewritten."""
        is_plain = os.environ.get("TERM", "dumb") == "dumb"
        return self._stream.isatty() and not is_plain

    def size(self):
        """(columns, lines) of the terminal."""
        try:
            return tuple(os.get_terminal_size(self._stream.fileno()))
        except OSError:
            return 80, 24

    def show(self, lines):
        """Shows lines in place of the last ones, cut to fit the terminal."""
        if not self.is_live:
            return
        columns, height = self.size()
        with self._lock:
            erased = self._erasing()
            # A line that wraps, or scrolls away, could not be erased.
            self._lines = [line[: columns - 1] for line in lines[: height - 1]]
            self._write(erased + self._text())

    def line(self, text):
        """Prints a line to stdout that stays, above those that are shown."""
        with self._lock:
            self._write(self._erasing())
            print(text, flush=True)
            self._write(self._text())

    def _erasing(self):
        """Moves to the first line that is shown, and erases from there on."""
        return f"\x1b[{len(self._lines)}F\x1b[J" if self._lines else ""

    def _text(self):
        return "".join(f"{line}\n" for line in self._lines)

    def _write(self, text):
        if text:
            self._stream.write(text)
            self._stream.flush()
