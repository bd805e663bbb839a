"""A pool of worker processes that each hold one object, or no pool at all."""

import concurrent.futures
import multiprocessing
import os

# In a worker process only: the object of `Pool`, set once when it starts.
_held = None


def num_cores():
    """Returns how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):  # Not on macOS.
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Pool:
    """Runs `function(held, task)` for many tasks in `num_workers` processes.

    `held` is pickled once for each worker, not for each task. With one
    worker everything runs in the calling process. Processes are spawned: a
    fork of a process in which TensorFlow has threads can hang. Used in a
    `with` statement; on leaving, tasks that have not begun are dropped.
    """

    def __init__(self, held, num_workers):
        self._held = held
        self._executor = None
        if num_workers > 1:
            self._executor = concurrent.futures.ProcessPoolExecutor(
                num_workers,
                multiprocessing.get_context("spawn"),
                initializer=_hold,
                initargs=(held,),
            )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self._executor:
            self._executor.shutdown(cancel_futures=True)

    def run(self, function, tasks):
        """Yields (task, result) as tasks end, in any order.

        Raises what `function` raises, and OSError if a worker dies.
        """
        if not self._executor:
            for task in tasks:
                yield task, function(self._held, task)
            return
        futures = {
            self._executor.submit(_call, function, task): task for task in tasks
        }
        try:
            for future in concurrent.futures.as_completed(futures):
                yield futures[future], future.result()
        except concurrent.futures.process.BrokenProcessPool:
            raise OSError(
                "A worker process ended without a word, as it does when "
                "memory runs out. The same command goes on where it stopped; "
                "--num_workers=1 needs the least memory."
            ) from None


def _hold(held):
    global _held
    _held = held


def _call(function, task):
    return function(_held, task)
