"""The lines of a terminal that are rewritten in place, and times in words."""

import contextlib
import io
import re

import pytest

from transfusion_tf import progress


class Terminal(io.StringIO):
    """A terminal of 20 x 5 that knows the two codes that Screen uses."""

    def __init__(self):
        super().__init__()
        self.rows = [""]

    def isatty(self):
        return True

    def fileno(self):
        raise OSError  # It has no size to ask for.

    def write(self, text):
        for part in re.findall(r"\x1b\[\d*[FJ]|\n|[^\x1b\n]+", text):
            if part == "\x1b[J":
                del self.rows[self.row + 1 :]
                self.rows[self.row] = ""
            elif part.endswith("F"):
                self.row -= int(part[2:-1])
            elif part == "\n":
                self.row += 1
                self.rows += [""] * (self.row + 1 - len(self.rows))
            else:
                self.rows[self.row] += part

    row = 0


@pytest.fixture
def terminal(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(progress.Screen, "size", lambda self: (20, 5))
    return Terminal()


def test_lines_are_rewritten_and_others_stay_above(terminal):
    with (
        contextlib.redirect_stdout(terminal),
        progress.Screen(terminal) as screen,
    ):
        screen.show(["one", "two", "three"])
        progress.line("stays")
        screen.show(["four", "five" * 6])
        progress.line("stays, too")
    assert terminal.rows == [
        *("stays", "stays, too", "four", "fivefivefivefivefiv", "")
    ]


def test_what_would_scroll_away_is_not_shown(terminal):
    with progress.Screen(terminal) as screen:
        screen.show(list("abcdefg"))
        screen.show(["h"])
    assert terminal.rows == ["h", ""]


@pytest.mark.parametrize("kind", ["pipe", "dumb"])
def test_elsewhere_only_the_lines_that_stay(monkeypatch, capsys, kind):
    monkeypatch.setenv("TERM", "xterm" if kind == "pipe" else "dumb")
    stream = io.StringIO() if kind == "pipe" else Terminal()
    with progress.Screen(stream) as screen:
        assert not screen.is_live
        screen.show(["one"])
        progress.line("stays")
    assert stream.getvalue() == ""
    assert capsys.readouterr().out == "stays\n"


@pytest.mark.parametrize(
    "seconds, expected",
    [(119.4, "119 s"), (120, "2 min"), (7199, "120 min"), (7200, "2.0 h")],
)
def test_duration(seconds, expected):
    assert progress.duration(seconds) == expected
