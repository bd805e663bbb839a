"""What workers are given in tests, and an executor without workers."""

import os
import pathlib
import signal
import time


def where(task):
    """The number of the process; one task kills it."""
    if task == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    return str(os.getpid())


def linger(folder):
    """Says who it is, and goes on for long."""
    path = pathlib.Path(folder, "process")
    path.with_suffix(".tmp").write_text(str(os.getpid()))
    path.with_suffix(".tmp").replace(path)
    time.sleep(300)


class InThisProcess:
    """An Executor that has no processes: TensorFlow is there already."""

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        pass

    def run(self, function, tasks):
        for task in tasks:
            yield task, function(task)
