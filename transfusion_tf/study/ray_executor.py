"""Where the runs of a study are trained: actors of Ray, on many machines.

Ray (https://docs.ray.io) is the extra `ray`; this module needs it.
"""

import collections
import logging
import os
import socket

import ray

from transfusion_tf import progress
from transfusion_tf.process import errors, pool
from transfusion_tf.study import executor

_SECONDS_TO_ANSWER = 10
_ADDRESS = "RAY_ADDRESS"
_LOCAL = ("", "local")


class RayActors:
    """An executor.Executor: actors of a cluster, or of a Ray of this machine.

    The cluster is that of the environment's RAY_ADDRESS. Ray starts with the
    first task, and does not where a program has it already.

    Args:
      num_workers: actors; None: as many as there is room for.
      num_threads: of a run, for each of which Ray sets a processor aside;
        None: as many as this machine has. Where the cluster has GPUs, each
        actor also has one of them.
    """

    def __init__(self, num_workers, num_threads):
        self._num_workers, self._num_threads = num_workers, num_threads
        self._connects = not ray.is_initialized()
        self._needs = {"num_cpus": num_threads or pool.num_cores()}
        self._actors, self._idle, self._starting = [], [], {}

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        for actor in self._actors:
            ray.kill(actor)
        self._actors, self._idle, self._starting = [], [], {}
        if self._connects:
            ray.shutdown()

    def run(self, function, tasks):
        """As Executor.run; actors are started when they are needed.

        A task is sent to an actor that has started: one for which the cluster
        has no room yet keeps nobody waiting.

        Raises:
          OSError: nothing answers at RAY_ADDRESS.
        """
        waiting, busy = collections.deque(tasks), {}
        if waiting:
            self._connect()
        while waiting or busy:
            while waiting and self._idle:
                actor, task = self._idle.pop(), waiting.popleft()
                busy[actor.do.remote(function, task)] = (actor, task)
            self._start(len(waiting), self._num_workers - len(busy))
            (ended,), _ = ray.wait([*busy, *self._starting])
            result, is_dead = _collect(ended)
            if ended in busy:
                actor, task = busy.pop(ended)
                yield task, result
            else:
                actor = self._starting.pop(ended)
                if is_dead and waiting:
                    # Or else actors that cannot start are started for ever.
                    yield waiting.popleft(), result
            if is_dead:
                ray.kill(actor)  # It lives where a task has raised.
                self._actors.remove(actor)
            else:
                self._idle.append(actor)

    def _start(self, num_tasks, num_workers):
        """Starts actors for tasks that wait, up to a number of them."""
        wanted = min(num_tasks, num_workers) - len(self._starting)
        made = ray.remote(**self._needs)(_Actor) if wanted > 0 else None
        for _ in range(wanted):
            threads = os.environ.get("OMP_NUM_THREADS")
            actor = made.remote(os.getcwd(), threads)
            self._actors.append(actor)
            self._starting[actor.start.remote()] = actor

    def _connect(self):
        if not ray.is_initialized():
            _init(self._num_workers, self._num_threads)
        room = ray.cluster_resources()
        if room.get("GPU"):
            self._needs["num_gpus"] = 1
        self._warn_of_small_machines()
        if self._num_workers is None:
            kinds = {"num_cpus": "CPU", "num_gpus": "GPU"}
            fitting = [
                int(room.get(kinds[name], 0) // number)
                for name, number in self._needs.items()
            ]
            self._num_workers = max(1, min(fitting))

    def _warn_of_small_machines(self):
        """Says why nothing begins; a cluster that grows may have them later."""
        wanted = self._needs["num_cpus"]
        alive = [node for node in ray.nodes() if node["Alive"]]
        largest = max(node["Resources"].get("CPU", 0) for node in alive)
        if largest < wanted:
            progress.line(
                f"warning: No machine of the Ray cluster has the {wanted} "
                "processors of a run (--num_threads), the largest has "
                f"{largest:.0f}: runs wait for one."
            )


class _Actor:
    """One process; it ends with the calling one, as Ray sees to."""

    def __init__(self, folder, threads):
        os.chdir(folder)  # Paths of tasks may be relative.
        # Ray sets it; NumPy, not imported yet, would compute other sums than
        # in a process of LocalProcesses.
        os.environ.pop("OMP_NUM_THREADS", None)
        if threads is not None:
            os.environ["OMP_NUM_THREADS"] = threads

    def start(self):
        """Returns once the actor has started."""

    def do(self, function, task):
        return function(task)


def _init(num_workers, num_threads):
    """Joins the cluster of RAY_ADDRESS, or starts a Ray of this machine."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    quietly = {"log_to_driver": False, "logging_level": logging.ERROR}
    address = os.environ.get(_ADDRESS, "")
    if address not in _LOCAL:
        _check_answers(address)
        ray.init(address="auto", **quietly)
        return
    workers = num_workers or executor.default_workers(num_threads)
    ray.init(
        address="local",
        num_cpus=workers * (num_threads or pool.num_cores()),
        include_dashboard=False,
        **quietly,
    )


def _check_answers(address):
    """Raises OSError where nothing answers: Ray itself tries for long."""
    host, _, port = address.rpartition("://")[2].rpartition(":")
    if not (host and port.isdigit()):
        return  # "auto", or a kind of address that is Ray's to find.
    try:
        socket.create_connection((host, int(port)), _SECONDS_TO_ANSWER).close()
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise OSError(
            f"Nothing answers at {_ADDRESS}={address} ({reason}). Start Ray "
            "there (`ray start --head`), give its address, or unset "
            f"{_ADDRESS} for a Ray of this machine."
        ) from None


def _collect(reference):
    """(what a call of an actor has returned or why not, whether it is dead)."""
    try:
        return ray.get(reference), False
    except ray.exceptions.RayError as error:
        # Lines before say which actor it was.
        last = str(error).strip().rpartition("\n")[2]
        return executor.died(errors.one_line(last)), True
