"""Tests of running tasks in this process and in others."""

import functools
import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest

from tests.conftest import ROOT
from transfusion_tf.process import pool


def add(held, task):
    """The held number, the task, and who has done it."""
    if task == held:
        raise ValueError(f"not {task}")
    return held + task, os.getpid()


def die(held, task):
    """Ends the worker as a lack of memory does."""
    os._exit(held + task)


@pytest.mark.parametrize("num_workers", [1, 2])
def test_every_task_is_done_once(num_workers):
    with pool.Pool(100, num_workers) as workers:
        done = dict(workers.run(add, range(20)))
        again = dict(workers.run(add, range(3)))
    assert {task: total for task, (total, _) in done.items()} == {
        task: 100 + task for task in range(20)
    }
    assert set(again) == {0, 1, 2}
    processes = {process for _, process in done.values()}
    assert (os.getpid() in processes) == (num_workers == 1)


@pytest.mark.parametrize("num_workers", [1, 2])
def test_errors_of_a_task_are_raised(num_workers):
    with (
        pool.Pool(1, num_workers) as workers,
        pytest.raises(ValueError, match="not 1"),
    ):
        list(workers.run(add, range(3)))


def test_a_worker_that_dies_is_told():
    with (
        pool.Pool(3, 2) as workers,
        pytest.raises(OSError, match="died unexpectedly.*--num_workers=1"),
    ):
        list(workers.run(die, range(3)))


def test_tasks_are_read_as_workers_come_free():
    """Memory must not grow with the number of tasks."""
    read = []
    tasks = (read.append(i) or i for i in range(50))
    with pool.Pool(100, 2) as workers:
        for done, _ in enumerate(workers.run(add, tasks), start=1):
            assert len(read) <= done + 6
    assert len(read) == 50


def wait(held, task):
    """Notes that it has begun, waits, and tidies up when interrupted."""
    place = held / f"{task}-{os.getpid()}"
    try:
        place.touch()
        time.sleep(60)
    finally:
        place.unlink(missing_ok=True)


def begin_and(held, task):
    """Waits, but for the task 0, which fails when another has begun."""
    while task == 0 and not list(held.iterdir()):
        time.sleep(0.01)
    if task == 0:
        raise ValueError("stop")
    wait(held, task)


def test_an_error_stops_the_others_which_tidy_up(tmp_path):
    start = time.monotonic()
    with (
        pytest.raises(ValueError, match="stop"),
        pool.Pool(tmp_path, 2) as workers,
    ):
        list(workers.run(begin_and, range(9)))
    assert time.monotonic() - start < 30
    assert list(tmp_path.iterdir()) == []


SCRIPT = """
import pathlib, sys
from transfusion_tf.process import pool
from tests.process.test_pool import wait
if __name__ == "__main__":
    with pool.Pool(pathlib.Path(sys.argv[1]), 2) as workers:
        list(workers.run(wait, range(4)))
"""


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGKILL"])
def test_workers_end_with_their_process_and_tidy_up(name, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    folder = tmp_path / "begun"
    folder.mkdir()
    process = subprocess.Popen(
        [sys.executable, script, folder],
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
        },
        stderr=subprocess.PIPE,
        text=True,
        # Where tests run in the background, SIGINT is ignored.
        preexec_fn=functools.partial(
            signal.signal, signal.SIGINT, signal.SIG_DFL
        ),
    )
    deadline = time.monotonic() + 60
    while len(list(folder.iterdir())) < 2:
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.02)
    workers = [int(path.name.split("-")[1]) for path in folder.iterdir()]
    process.send_signal(getattr(signal, name))
    process.communicate()
    while list(folder.iterdir()) or any(map(is_alive, workers)):
        assert time.monotonic() < deadline
        time.sleep(0.02)


UNNOTICED = """
import signal, sys, threading, time
from tests.conftest import ROOT
from transfusion_tf.process import pool
class Ended:
    def recv(self):
        raise EOFError
signal.signal(signal.SIGTERM, pool._leave)
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
threading.Thread(target=pool._watch, args=(Ended(),), daemon=True).start()
signal.sigwait([signal.SIGTERM])
signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])
time.sleep(600)
"""


def test_a_worker_that_has_not_noticed_is_told_again():
    """A signal just before a wait for a lock does not end the waiting."""
    process = subprocess.run(
        [sys.executable, "-c", UNNOTICED], timeout=60, check=False
    )
    assert process.returncode == 1


def is_alive(pid):
    """Whether a process is there, and no zombie."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = pathlib.Path(f"/proc/{pid}/stat")
    return not (status.exists() and ") Z " in status.read_text())
