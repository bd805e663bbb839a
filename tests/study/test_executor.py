"""Worker processes: they are kept, and none takes others with it."""

import os
import signal
import subprocess
import sys
import time

import pytest

from tests.study import tasks
from transfusion_tf.process import machine, pool
from transfusion_tf.study import executor


@pytest.fixture(params=["local", "ray"])
def kind(request):
    """A name for `make`."""
    if request.param == "ray":
        pytest.importorskip("ray")
    return request.param


def make(kind):
    """One of the implementations of the protocol, with two workers."""
    if kind == "local":
        return executor.LocalProcesses(2)
    from transfusion_tf.study import ray_executor

    return ray_executor.RayActors(2, 1)


def test_workers_are_kept_and_a_death_is_the_end_of_one_task_only(kind):
    todo = ["a", "die", "b", "raise", "c", "d"]
    with make(kind) as workers:
        first = dict(workers.run(tasks.where, todo))
        assert list(workers.run(tasks.where, [])) == []
        again = dict(workers.run(tasks.where, ["e", "f"]))
    assert first.keys() == set(todo) and again.keys() == {"e", "f"}
    for task in ("die", "raise"):
        assert "its process died unexpectedly (" in first.pop(task)
    processes = {*first.values(), *again.values()}
    assert str(os.getpid()) not in processes
    # Two, and one in place of each that died.
    assert len(processes) <= 4
    for process in processes:
        _wait_until(lambda process=process: not _is_alive(process))


def test_tasks_are_done_where_the_caller_is(kind, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    with make(kind) as workers:
        found = dict(workers.run(tasks.surroundings, ["a"]))
    assert found == {"a": f"{tmp_path} 3"}


def test_workers_end_with_a_process_that_is_killed(kind, tmp_path):
    code = (
        "from tests.study import tasks, test_executor\n"
        "if __name__ == '__main__':\n"
        f"    with test_executor.make({kind!r}) as workers:\n"
        f"        list(workers.run(tasks.linger, [{str(tmp_path)!r}]))\n"
    )
    script = tmp_path / "script.py"
    script.write_text(code)
    root = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))
    parent = subprocess.Popen(
        [sys.executable, str(script)], env={**os.environ, "PYTHONPATH": root}
    )
    started = tmp_path / "process"
    _wait_until(started.exists)
    worker = int(started.read_text())
    parent.send_signal(signal.SIGKILL)
    assert parent.wait() == -signal.SIGKILL
    _wait_until(lambda: not _is_alive(worker))
    assert not _is_alive(worker)


@pytest.mark.parametrize(
    "num_threads, gigabytes, expected",
    [
        (1, 100, 5),
        (2, 100, 3),
        (None, 100, 1),  # A run takes all processors.
        (1, 7, 2),  # 3 GB a worker.
        (1, 1, 1),
    ],
)
def test_default_workers_fill_processors_or_memory(
    monkeypatch, num_threads, gigabytes, expected
):
    monkeypatch.setattr(pool, "num_cores", lambda: 5)
    monkeypatch.setattr(machine, "memory_bytes", lambda: gigabytes * 2**30)
    assert executor.default_workers(num_threads) == expected


def _wait_until(holds):
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


def _is_alive(process):
    try:
        with open(f"/proc/{process}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
