"""Tests of running tasks in this process and in others."""

import os

import pytest

from transfusion_tf import pool


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
        pytest.raises(OSError, match="ended without a word.*--num_workers=1"),
    ):
        list(workers.run(die, range(3)))
