"""Atomic writing: whole files, or what was there before; and locks."""

import errno
import fcntl
import os
import subprocess
import sys

import pytest

from transfusion_tf import files


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("old")
    with pytest.raises(RuntimeError, match="disk"):
        with files.atomic_write(path) as temporary:
            temporary.write_text("ha")
            raise RuntimeError("disk")
    assert [p.name for p in tmp_path.iterdir()] == ["table.csv"]
    assert path.read_text() == "old"


def test_a_write_keeps_the_suffix_for_writers_that_look_at_it(tmp_path):
    with files.atomic_write(tmp_path / "a.weights.h5") as temporary:
        assert temporary.name.endswith(".weights.h5")
        assert temporary.parent == tmp_path
        temporary.write_text("new")
    assert (tmp_path / "a.weights.h5").read_text() == "new"


def test_a_disk_without_the_space_is_told_before_writing(tmp_path):
    files.require_space(tmp_path / "a", 1)
    with pytest.raises(OSError, match="No space left on device"):
        files.require_space(tmp_path / "a", 2**60)


def test_json_round_trip_and_undefined_numbers_refused(tmp_path):
    path = tmp_path / "a.json"
    files.write_json(path, {"b": [1, 2], "a": None})
    assert files.read_json(path) == {"a": None, "b": [1, 2]}
    with pytest.raises(ValueError, match="not JSON compliant"):
        files.write_json(path, {"auc": float("nan")})


@pytest.mark.parametrize(
    "text, reason",
    [
        ("[" * 100_000, "recursion"),
        ("1" * 5_000, "4300 digits"),
        ('{"auc": NaN}', "NaN is no number of JSON"),
        ("[" + " " * 99 + "]", "more than 64 bytes"),
    ],
)
def test_json_that_python_reads_or_dies_of(tmp_path, monkeypatch, text, reason):
    if "64" in reason:
        monkeypatch.setattr(files, "MAX_JSON_BYTES", 64)
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(ValueError, match=f"a.json is not .* JSON .*{reason}"):
        files.read_json(tmp_path / "a.json")


def test_damaged_json_is_named(tmp_path):
    path = tmp_path / "a.json"
    path.write_text("{")
    with pytest.raises(ValueError, match="a.json is not readable as JSON"):
        files.read_json(path)


@pytest.mark.parametrize(
    "content, message",
    [
        (b"", "a.json is not readable as JSON .*. Mend it.$"),
        (b"\xff", "a.json is not readable as JSON .*. Mend it.$"),
        (b"[" * 100_000, "a.json is not readable as JSON .*. Mend it.$"),
        (b"[]", "a.json is damaged .no JSON object.. Mend it.$"),
        (b"{}", "a.json is damaged .its 'step' is not of type int.. Mend"),
        (b'{"step": "7"}', "its 'step' is not of type int"),
        (b'{"step": true}', "its 'step' is not of type int"),
        (b'{"step": null}', "its 'step' is not of type int"),
    ],
)
def test_a_damaged_object_is_one_line_with_advice(tmp_path, content, message):
    path = tmp_path / "a.json"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message):
        files.read_object(path, "Mend it.", step=int)
    path.write_text('{"step": 7, "more": 1}')
    assert files.read_object(path, "Mend it.", step=int)["step"] == 7


@pytest.fixture
def calls(monkeypatch):
    """What is asked of the system, in order: ("fsync", path) and so on."""
    made, fsync, replace = [], os.fsync, os.replace

    def noted_fsync(descriptor):
        made.append(("fsync", os.readlink(f"/proc/self/fd/{descriptor}")))
        fsync(descriptor)

    def noted_replace(source, target):
        made.append(("replace", str(source), str(target)))
        replace(source, target)

    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(os, "replace", noted_replace)
    return made


@pytest.mark.skipif(not os.path.exists("/proc/self/fd"), reason="no /proc")
def test_content_is_flushed_before_its_name_and_the_name_after(tmp_path, calls):
    files.write_json(tmp_path / "a.json", {})
    first, rename, last = calls
    assert first == ("fsync", rename[1])
    assert rename[::2] == ("replace", str(tmp_path / "a.json"))
    assert last == ("fsync", str(tmp_path))
    calls.clear()
    files.write_json(tmp_path / "a.json", {}, flushed=False)
    assert [name for name, *_ in calls] == ["replace"]


def test_a_disk_that_flushes_no_directories_will_do(tmp_path, monkeypatch):
    fsync = os.fsync

    def of_files_only(descriptor):
        if os.path.isdir(f"/proc/self/fd/{descriptor}"):
            raise OSError(errno.EINVAL, "Invalid argument")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", of_files_only)
    files.write_text(tmp_path / "a", "x")
    assert (tmp_path / "a").read_text() == "x"


def test_a_disk_that_cannot_keep_the_content_leaves_the_old_file(
    tmp_path, monkeypatch
):
    def broken(descriptor):
        raise OSError(errno.EIO, "Input/output error")

    files.write_text(tmp_path / "a", "old")
    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(OSError, match="Input/output"):
        files.write_text(tmp_path / "a", "new")
    assert [p.name for p in tmp_path.iterdir()] == ["a"]
    assert (tmp_path / "a").read_text() == "old"


# Adds its line to a file, twice, while no other process may.
TURN = """
import pathlib, sys
from transfusion_tf import files
lock, path = map(pathlib.Path, sys.argv[1:3])
for _ in range(2):
    with files.locked(lock):
        text = path.read_text()
        path.write_text("")  # Whoever comes between loses what was written.
        path.write_text(text + sys.argv[3] + "\\n")
"""


def test_processes_take_turns(tmp_path):
    lock, path = tmp_path / "lock", tmp_path / "lines"
    path.touch()
    with files.locked(lock):
        turns = [
            subprocess.Popen(
                [sys.executable, "-c", TURN, str(lock), str(path), str(number)]
            )
            for number in range(3)
        ]
        assert path.read_text() == ""
    assert [turn.wait() for turn in turns] == [0, 0, 0]
    assert sorted(path.read_text().split()) == sorted("001122")
    assert not lock.exists()


def test_a_lock_that_is_held_is_told_and_let_go(tmp_path):
    lock = tmp_path / "lock"
    lock.touch()  # Left by a process that was killed: it locks nothing.
    with files.locked(lock, "It is busy."):
        with pytest.raises(ValueError, match="^It is busy.$"):
            with files.locked(lock, "It is busy."):
                pass
        assert lock.exists()
    with pytest.raises(RuntimeError):
        with files.locked(lock, "It is busy."):
            raise RuntimeError
    with files.locked(lock, "It is busy."):
        pass
    assert not lock.exists()


def test_a_disk_without_locks_is_warned_of(tmp_path, monkeypatch, caplog):
    def no_locks(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", no_locks)
    with files.locked(tmp_path / "lock", "It is busy."):
        assert f"{tmp_path} cannot be locked (No locks" in caplog.messages[0]


@pytest.mark.parametrize(
    "text, expected",
    [
        ("as it is", "as it is"),
        ("two\n  lines\n", "two lines"),
        ("x" * 201, "x" * 197 + "..."),
        ("x" * 200, "x" * 200),
    ],
)
def test_errors_on_one_line(text, expected):
    assert files.one_line(ValueError(text)) == expected
