"""Where the runs of a study are trained: worker processes of this machine."""

import collections
import contextlib
import math
import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
import typing

from transfusion_tf.process import machine, pool

# What a process with TensorFlow and a ResNet50 in training takes.
WORKER_BYTES = 3 * 2**30


class Executor(typing.Protocol):
    """Runs tasks, several at a time, and survives those that fail.

    An executor must

    - call `function(task)` once for each task, in a process in which nothing
      was done before but earlier tasks, and never two tasks at a time in one
      process: TensorFlow's threads and seeds are those of a process;
    - keep processes for further tasks where it can (TensorFlow takes 10 to 15
      seconds to start), also from one call of `run` to the next;
    - start a new process where one dies, and report that as its task's end;
    - end its processes when the `with` statement ends and when the calling
      process is killed, at whatever they are: runs can be continued;
    - have the files of the study under the same paths.

    The number of threads is no business of an executor: it is a setting of
    the run (`num_threads`), which the run sets itself.
    """

    def __enter__(self):
        """Returns the executor, ready to run."""

    def __exit__(self, *exception):
        """Ends all processes."""

    def run(self, function, tasks):
        """Yields (task, reason) as tasks end, in any order.

        Args:
          function: of a module, of one task; returns None, or in words why
            it has failed.
          tasks: sequence of values that can be pickled.
        """


class LocalProcesses:
    """An Executor: `num_workers` processes of this machine, spawned."""

    def __init__(self, num_workers):
        self._num_workers = num_workers
        self._workers = []

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        for worker in self._workers:
            worker.end()
        self._workers.clear()

    def run(self, function, tasks):
        """As Executor.run; workers are started when they are needed."""
        waiting, busy = collections.deque(tasks), {}
        while waiting or busy:
            while waiting and len(busy) < self._num_workers:
                worker = self._idle(busy.values())
                worker.begin(function, waiting[0])
                busy[worker.connection] = (worker, waiting.popleft())
            for connection in multiprocessing.connection.wait(busy):
                worker, task = busy.pop(connection)
                reason = worker.collect()
                if worker.is_dead:
                    self._workers.remove(worker)
                yield task, reason

    def _idle(self, busy):
        taken = [worker for worker, _ in busy]
        for worker in self._workers:
            if worker not in taken:
                return worker
        self._workers.append(_Worker())
        return self._workers[-1]


def default_workers(num_threads):
    """Runs at a time that fill the processors, as far as memory goes.

    Args:
      num_threads: of a run; None: it takes all processors.
    """
    cores = pool.num_cores()
    by_cores = math.ceil(cores / (num_threads or cores))
    return max(1, min(by_cores, machine.memory_bytes() // WORKER_BYTES))


def died(how):
    """Why a task has failed whose process died, in words."""
    return (
        f"its process died unexpectedly ({how}), as it does when memory runs "
        "out; --num_workers=1 needs the least"
    )


class _Worker:
    """One process; it ends with this one, however that ends."""

    def __init__(self):
        # Not forked: a fork of a process with threads of TensorFlow can hang.
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        # Nothing is ever sent: its end is how the worker learns of ours.
        lifeline, self._lifeline = context.Pipe(duplex=False)
        self._process = context.Process(target=_serve, args=(theirs, lifeline))
        self._process.start()
        theirs.close()
        lifeline.close()
        self.is_dead = False

    def begin(self, function, task):
        # Where it has died meanwhile, `collect` says so.
        with contextlib.suppress(BrokenPipeError):
            self.connection.send((function, task))

    def collect(self):
        """What the task has returned, or that the process has died."""
        try:
            return self.connection.recv()
        except (EOFError, ConnectionResetError):
            self.end()
            self.is_dead = True
        code = self._process.exitcode
        return died(f"signal {-code}" if code < 0 else f"exit status {code}")

    def end(self):
        self._lifeline.close()
        self._process.join()
        self.connection.close()


def _serve(connection, lifeline):
    """Answers tasks in a process of its own until the other end is closed."""
    # Ctrl-C reaches every process of a terminal; the first of them ends us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_watch, args=(lifeline,), daemon=True).start()
    while True:
        function, task = connection.recv()
        connection.send(function(task))


def _watch(lifeline):
    with contextlib.suppress(EOFError, OSError):
        lifeline.recv()
    os._exit(0)  # A run may be killed at any time, and be continued.
