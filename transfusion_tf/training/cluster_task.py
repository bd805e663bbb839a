"""Which of several workers this process is, by TF_CONFIG or by SLURM."""

import dataclasses
import json
import os

import tensorflow as tf

from transfusion_tf.process.errors import one_line

KINDS = ("chief", "worker")
_EXAMPLE = (
    'TF_CONFIG=\'{"cluster": {"worker": ["HOST:PORT", "HOST:PORT"]}, "task": '
    '{"type": "worker", "index": 0}}\''
)
_SLURM = ("SLURM_PROCID", "SLURM_STEP_NUM_TASKS", "SLURM_STEP_NODELIST")
# Ports of SLURM's jobs: below those that the system gives away, and apart for
# the jobs of one machine.
_FIRST_PORT, _LAST_PORT = 10_000, 32_000
_PORTS_A_JOB = 16
# Of the resolver, which would divide the GPUs; SLURM has done so before.
_MANY_GPUS = 4096


@dataclasses.dataclass(frozen=True)
class Task:
    """A worker among others.

    Attributes:
      cluster: {"chief" or "worker": addresses "HOST:PORT"}.
      kind: "chief" or "worker".
      index: of this process among those of its kind.
    """

    cluster: dict
    kind: str
    index: int

    @property
    def addresses(self):
        """All addresses; the first is that of the chief."""
        return [a for kind in KINDS for a in self.cluster.get(kind, ())]

    @property
    def address(self):
        """That of this process."""
        return self.cluster[self.kind][self.index]

    @property
    def num_workers(self):
        """How many processes train together."""
        return len(self.addresses)

    @property
    def rank(self):
        """Number of this process in `addresses`."""
        return rank_of(self.cluster, self.kind, self.index)


def rank_of(cluster, kind, index):
    """Number of a task among all; the chief, or without one worker 0, is 0."""
    return index + (len(cluster.get("chief", ())) if kind == "worker" else 0)


def from_environment():
    """The Task of this process; TF_CONFIG goes before SLURM's variables.

    Raises:
      ValueError: neither TF_CONFIG nor a step of SLURM, or one that cannot be
        used.
    """
    if os.environ.get("TF_CONFIG"):
        _check_text(os.environ["TF_CONFIG"])
        return _from_tf_config()
    if all(name in os.environ for name in _SLURM):
        return _from_slurm()
    raise ValueError(
        "--strategy=multi_worker needs to know its workers: start it with "
        f"SLURM's srun, or set {_EXAMPLE} for each of them."
    )


def _from_tf_config():
    resolver = tf.distribute.cluster_resolver.TFConfigClusterResolver()
    return Task(
        resolver.cluster_spec().as_dict(), resolver.task_type, resolver.task_id
    )


def _check_text(text):
    """Raises ValueError unless TF_CONFIG names workers and one of them."""
    try:
        found = json.loads(text)
    except ValueError as error:
        raise _unusable(f"is not JSON ({one_line(error)})") from None
    found = found if isinstance(found, dict) else {}
    cluster, task = found.get("cluster"), found.get("task")
    if not isinstance(cluster, dict) or not cluster:
        raise _unusable('names no "cluster"')
    for kind, addresses in cluster.items():
        if kind not in KINDS:
            raise _unusable(f"has {kind!r} in its cluster, not {KINDS}")
        if not isinstance(addresses, list) or not all(
            map(_is_address, addresses)
        ):
            raise _unusable(f'has a {kind!r} that is no list of "HOST:PORT"')
    flat = sum(cluster.values(), [])
    if len(set(flat)) < len(flat):
        raise _unusable("names an address twice")
    if len(cluster.get("chief", ())) > 1:
        raise _unusable("has more than one chief")
    if not isinstance(task, dict) or not {"type", "index"} <= task.keys():
        raise _unusable('names no "task" with "type" and "index"')
    kind, index = task["type"], task["index"]
    # TensorFlow takes the text of a number as well.
    index = int(index) if str(index).isdigit() else None
    if index is None or index >= len(cluster.get(kind, ())):
        raise _unusable(
            f"has the task {task['type']} {task['index']}, which its cluster "
            "has not"
        )


def _is_address(value):
    if not isinstance(value, str):
        return False
    host, _, port = value.rpartition(":")
    return bool(host) and port.isdigit() and 0 < int(port) < 2**16


def _unusable(reason):
    return ValueError(f"TF_CONFIG {reason}; give {_EXAMPLE}.")


def _from_slurm():
    """The Task of a process that srun has started."""
    try:
        job = int(os.environ.get("SLURM_JOB_ID", 0))
        ports = (_LAST_PORT - _FIRST_PORT) // _PORTS_A_JOB * _PORTS_A_JOB
        resolver = tf.distribute.cluster_resolver.SlurmClusterResolver(
            port_base=_FIRST_PORT + job * _PORTS_A_JOB % ports,
            gpus_per_node=_MANY_GPUS,
            gpus_per_task=1,
            auto_set_gpu=False,
        )
        cluster = resolver.cluster_spec().as_dict()
    except (RuntimeError, ValueError, IndexError) as error:
        raise ValueError(
            f"SLURM's variables name no workers ({one_line(error)}); start the "
            f"command with srun, or set {_EXAMPLE}."
        ) from None
    task = Task(cluster, resolver.task_type, resolver.task_id)
    # The resolver sorts the names of machines as text, SLURM numbers its
    # tasks otherwise: node10 before node9, or after it.
    here = os.environ.get("SLURMD_NODENAME")
    if here and task.address.rpartition(":")[0] != here:
        raise ValueError(
            f"SLURM's task {os.environ['SLURM_PROCID']} is on {here}, and not "
            f"on {task.address}, as the order of the machines' names has it; "
            f"set {_EXAMPLE} for each task."
        )
    return task
