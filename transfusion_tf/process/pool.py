"""A pool of worker processes that each hold one object, or no pool at all."""

import atexit
import concurrent.futures
import contextlib
import math
import multiprocessing
import os
import signal
import sys
import threading
import time

from transfusion_tf.process import machine

# Tasks that wait for each worker: enough that none is idle, and few, so that
# memory does not grow with the number of tasks.
_WAITING = 2
_GOES_ON = "The same command goes on where it stopped; "

# In a worker process only: the object of `Pool`, set once when it starts, and
# whether the worker is at a task, and about to leave.
_held = None
_is_busy = False
_is_leaving = False
# Between two signals to a worker that has not noticed the first.
_SECONDS_BETWEEN_SIGNALS = 0.1


def num_cores():
    """Returns how many cores this process may use, a part counting as one."""
    found = os.cpu_count() or 1
    if hasattr(os, "sched_getaffinity"):  # Not on macOS.
        found = len(os.sched_getaffinity(0))
    return min(found, math.ceil(machine.cpu_quota() or found))


class Pool:
    """Runs `function(held, task)` for many tasks in `num_workers` processes.

    `held` is pickled once for each worker, not for each task. With one
    worker everything runs in the calling process. `continues` tells whether the
    same command goes on after an interruption. Processes are spawned: a
    fork of a process in which TensorFlow has threads can hang. Used in a
    `with` statement. Where that ends in an exception, and where the calling
    process is killed, workers give up what they are doing, cleaning up as
    after any exception.
    """

    def __init__(self, held, num_workers, *, continues=False):
        self._held = held
        self._num_workers = num_workers
        self._continues = continues
        self._executor = None
        if num_workers > 1:
            context = multiprocessing.get_context("spawn")
            # Nothing is ever sent: its end is how workers learn of ours.
            theirs, self._lifeline = context.Pipe(duplex=False)
            self._executor = concurrent.futures.ProcessPoolExecutor(
                num_workers,
                context,
                initializer=_start,
                initargs=(held, theirs),
            )

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if self._executor:
            if kind:
                self._lifeline.close()
            # A worker that ended by itself would keep the lock of their queue.
            self._executor.shutdown(cancel_futures=True)
            self._lifeline.close()

    def run(self, function, tasks):
        """Yields (task, result) as tasks end, in any order.

        `tasks` is any iterable; it is read as workers come free. Raises what
        `function` raises, and OSError if a worker dies.
        """
        if not self._executor:
            for task in tasks:
                yield task, function(self._held, task)
            return
        try:
            yield from self._run(function, iter(tasks))
        except concurrent.futures.process.BrokenProcessPool:
            raise OSError(
                "A worker process died unexpectedly, as it does when "
                "memory runs out, or when a script converts outside of "
                f"`if __name__ == '__main__':`. {_GOES_ON * self._continues}"
                "--num_workers=1 needs the least memory."
            ) from None

    def _run(self, function, tasks):
        running = {}
        while True:
            for task in tasks:
                running[self._executor.submit(_call, function, task)] = task
                if len(running) >= _WAITING * self._num_workers:
                    break
            if not running:
                return
            ended, _ = concurrent.futures.wait(
                running, return_when=concurrent.futures.FIRST_COMPLETED
            )
            for future in ended:
                yield running.pop(future), future.result()


def _start(held, lifeline):
    """Makes this process a worker that ends with the process of the pool."""
    global _held
    _held = held
    # Ctrl-C reaches every process of a terminal; ours is told by the pool's.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _leave)
    # What is left by then is to take the process apart, module by module.
    atexit.register(os._exit, 0)
    threading.Thread(target=_watch, args=(lifeline,), daemon=True).start()


def _watch(lifeline):
    with contextlib.suppress(EOFError, OSError):
        lifeline.recv()
    # A signal that comes just before the process begins to wait for a lock is
    # only noticed when the next one interrupts the waiting.
    while not _is_leaving:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(_SECONDS_BETWEEN_SIGNALS)


def _leave(*_):
    global _is_leaving
    _is_leaving = True
    if not _is_busy:
        os._exit(1)  # There is nothing to tidy up.
    sys.exit(1)


def _call(function, task):
    global _is_busy
    try:
        _is_busy = True
        return function(_held, task)
    except SystemExit:
        os._exit(1)  # The executor would take it for the result of a task.
    finally:
        _is_busy = False
