"""Several processes, on as many machines, that train one network together.

Each worker reads the same order of images and takes its rows of each batch. The
first one, the chief, alone reads and writes the run directory; the others are
sent what they need of it.
"""

import contextlib
import socket

import numpy as np
import tensorflow as tf

from transfusion_tf.training import cluster_task

# What an operation that waits for another worker raises when that ends.
_LOST = (
    tf.errors.UnavailableError,
    tf.errors.AbortedError,
    tf.errors.CancelledError,
    tf.errors.DeadlineExceededError,
    tf.errors.FailedPreconditionError,
    tf.errors.InternalError,
)


def make_strategy():
    """A MultiWorkerMirroredStrategy of the workers that the environment names.

    Waits until all of them are there. To be called before TensorFlow has
    started.

    Raises:
      ValueError: the environment names no workers, or this one's port is in
        use.
      ConnectionError: the others cannot be reached.
    """
    task = cluster_task.from_environment()
    _check_port(task.address)
    print(
        f"Worker {task.rank + 1} of {task.num_workers} at {task.address}"
        + (": waits for the others." if task.num_workers > 1 else "."),
        flush=True,
    )
    gpus = len(tf.config.list_physical_devices("GPU"))
    resolver = tf.distribute.cluster_resolver.SimpleClusterResolver(
        tf.train.ClusterSpec(task.cluster),
        task_type=task.kind,
        task_id=task.index,
        num_accelerators={"GPU": gpus},
        rpc_layer="grpc",
    )
    ways = tf.distribute.experimental.CommunicationImplementation
    options = tf.distribute.experimental.CommunicationOptions(
        implementation=ways.AUTO if gpus else ways.RING
    )
    try:
        return tf.distribute.MultiWorkerMirroredStrategy(resolver, options)
    except tf.errors.OpError as error:
        raise ConnectionError(
            f"The workers {', '.join(task.addresses)} do not reach each other "
            f"({_reason(error)}); start the same command on each of them."
        ) from None


def is_several(strategy):
    """Whether a strategy is that of several processes."""
    if strategy.num_replicas_in_sync == 1:  # TensorFlow's default, too.
        return False
    return strategy.num_replicas_in_sync > len(strategy.extended.worker_devices)


def num_workers(strategy):
    """How many processes a strategy has."""
    devices = len(strategy.extended.worker_devices)
    return strategy.num_replicas_in_sync // devices


def rank(strategy):
    """Number of this process among the workers; that of the chief is 0."""
    if not is_several(strategy):
        return 0
    resolver = strategy.cluster_resolver
    return cluster_task.rank_of(
        resolver.cluster_spec().as_dict(), resolver.task_type, resolver.task_id
    )


def is_chief(strategy):
    """Whether this process is the one that writes the run directory."""
    return rank(strategy) == 0


@contextlib.contextmanager
def naming_lost_workers(strategy):
    """Turns the end of another worker into one line that says what to do."""
    try:
        yield
    except _LOST as error:
        if not is_several(strategy):
            raise
        raise ConnectionError(
            "Another worker has ended, or is not reached any more "
            f"({_reason(error)}); its own output says why. The same command on "
            "all workers continues."
        ) from None


def agreed(strategy, value):
    """The chief's `value`, a bool, on all workers, whose own does not count."""
    return broadcast(strategy, b"yes" if value else b"no") == b"yes"


def broadcast(strategy, data):
    """The chief's `data`, bytes, on all workers, which wait for it."""
    if not is_several(strategy):
        return data
    size = np.array([len(data)], np.int64)
    (size,) = _of_chief(strategy, size)
    padded = np.zeros(-(-int(size) // 8), np.int64)
    if is_chief(strategy):
        padded.view(np.uint8)[: len(data)] = np.frombuffer(data, np.uint8)
    return _of_chief(strategy, padded).tobytes()[: int(size)]


def share(strategy, variables):
    """Sets `variables` on all workers to what they are on the chief."""
    if not is_several(strategy):
        return
    values = [np.asarray(variable.numpy()) for variable in variables]
    data = broadcast(strategy, b"".join(value.tobytes() for value in values))
    if is_chief(strategy):
        return
    start = 0
    for variable, old in zip(variables, values, strict=True):
        new = np.frombuffer(data, old.dtype, old.size, start)
        variable.assign(new.reshape(old.shape))
        start += old.nbytes


def _of_chief(strategy, array):
    """The chief's int64 array, on all workers: a sum to which it alone adds.

    Integers, since a sum of floats would make 0.0 of -0.0.
    """

    @tf.function(autograph=False)
    def add_up(values):
        """The sums, on each device."""

        def on_one_device(value):
            """The sum over all devices."""
            context = tf.distribute.get_replica_context()
            value = tf.identity(value)  # A tensor of this device.
            return context.all_reduce(tf.distribute.ReduceOp.SUM, value)

        return strategy.run(on_one_device, args=(values,))

    def part_of(context):
        """The array on the first device, zeros on the others."""
        is_first = context.replica_id_in_sync_group == 0
        return tf.constant(array if is_first else np.zeros_like(array))

    values = strategy.experimental_distribute_values_from_function(part_of)
    sums = strategy.experimental_local_results(add_up(values))
    return sums[0].numpy()


def _check_port(address):
    """Raises ValueError where another process listens at this one's port."""
    port = int(address.rpartition(":")[2])
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("", port))
        except OSError as error:
            raise ValueError(
                f"The port of this worker, {address}, cannot be used "
                f"({error.strerror}); end the process that listens there, or "
                "give all workers another port in TF_CONFIG."
            ) from None


def _reason(error):
    """The kind of an OpError: "UnavailableError"."""
    return type(error).__name__
