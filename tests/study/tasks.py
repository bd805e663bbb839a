"""What workers are given in tests, and an executor without workers."""

import os
import pathlib
import signal
import time


def where(task):
    """The number of the process; two tasks end it."""
    if task == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if task == "raise":
        raise KeyError("what no task should raise")
    return str(os.getpid())


def surroundings(task):
    """The directory of the process, and what NumPy takes threads from."""
    del task
    return f"{os.getcwd()} {os.environ.get('OMP_NUM_THREADS')}"


def device(task):
    """The GPUs that the process may use."""
    del task
    time.sleep(0.5)  # For as long as another worker takes to have a task.
    return os.environ.get("CUDA_VISIBLE_DEVICES")


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
