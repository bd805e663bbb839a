"""Which tf.distribute strategy a run uses, and on which devices."""

import itertools

import keras
import tensorflow as tf

from transfusion_tf.training import cluster


def make_strategy(config):
    """The tf.distribute strategy that a TrainConfig asks for.

    `auto` takes all GPUs, but no more than a batch has images, and says so.

    Its `num_threads` are set first, since devices take what is set when they
    start.

    Raises:
      ConnectionError: the workers of `multi_worker` do not reach each other.
      ValueError: no workers are named for it, one device only for `mirrored`,
        fewer images a batch than devices, batch norm per replica on one device,
        or virtual devices or threads asked for too late.
    """
    _limit_threads(config.num_threads)
    if config.strategy == "multi_worker":
        strategy = cluster.make_strategy()
        _check_batch_size(config.batch_size, strategy.num_replicas_in_sync)
        if strategy.num_replicas_in_sync == 1:
            _refuse_per_replica(config)
        return strategy
    gpus = tf.config.list_logical_devices("GPU") if _has_gpu() else []
    devices = [device.name for device in gpus] or ["/cpu:0"]
    if config.num_virtual_devices is not None:
        devices = _split_cpu(config.num_virtual_devices)
    if config.strategy == "mirrored":
        _check_devices(devices, config.batch_size)
    elif config.strategy == "auto":
        devices = _at_most(config.batch_size, devices)
    else:
        devices = devices[:1]
    if len(devices) == 1:
        _refuse_per_replica(config)
        return tf.distribute.OneDeviceStrategy(devices[0])
    across = None
    if "cpu" in devices[0].lower():
        across = tf.distribute.ReductionToOneDevice()
    return tf.distribute.MirroredStrategy(devices, cross_device_ops=across)


def set_batch_norm(strategy, model, batch_norm):
    """Says how batch norm treats a batch that several devices share.

    Args:
      strategy: tf.distribute strategy.
      model: Keras model.
      batch_norm: "synchronized": it sees the whole batch, and the result does
        not depend on how many devices there are; "per_replica": each device
        sees its part (`average_statistics` joins the running statistics).

    Raises:
      ValueError: "per_replica" and no batch norm.
    """
    if strategy.num_replicas_in_sync == 1:
        return
    layers = batch_norms(model)
    if batch_norm == "per_replica" and not layers:
        raise ValueError(
            "--batch_norm=per_replica goes with networks that have batch norm; "
            "leave it out."
        )
    for layer in layers:
        layer.synchronized = batch_norm == "synchronized"


def batch_norms(model):
    """The batch norm layers of a Keras model."""
    kind = keras.layers.BatchNormalization
    return [layer for layer in model.layers if isinstance(layer, kind)]


def average_statistics(model, share):
    """Sets batch norm's running statistics to their mean over the devices.

    To be called on each device at once, after a training step that has not
    synchronized batch norm. Each image weighs the same. Without it the devices
    would keep statistics of their own, of which only those of the first would
    be saved.

    Args:
      model: Keras model.
      share: of the images of the batch that are on this device.
    """
    context = tf.distribute.get_replica_context()
    statistics = [
        variable
        for layer in batch_norms(model)
        if layer.trainable and not layer.synchronized
        for variable in (layer.moving_mean, layer.moving_variance)
    ]
    if context.num_replicas_in_sync == 1 or not statistics:
        return
    means = context.all_reduce(
        tf.distribute.ReduceOp.SUM,
        [v.value * tf.cast(share, v.dtype) for v in statistics],
    )
    for variable, mean in zip(statistics, means, strict=True):
        variable.assign(mean)


def parts(strategy, batch_size):
    """Rows of a batch for each device of this process: (first, behind last).

    Of R devices, the device r takes the rows from batch_size * r // R on: all
    rows are taken once, and the parts differ by one at most.
    """
    count = strategy.num_replicas_in_sync
    bounds = [batch_size * r // count for r in range(count + 1)]
    here = len(strategy.extended.worker_devices)
    first = cluster.rank(strategy) * here
    return [(bounds[r], bounds[r + 1]) for r in range(first, first + here)]


def distribute(strategy, batches, steps):
    """Yields the batches of `steps` steps on the devices.

    Args:
      strategy: tf.distribute strategy.
      batches: endless tf.data.Dataset of pipeline.training with `parts`.
      steps: int.
    """
    # The CPU alone takes the dataset as it is.
    is_single = strategy.num_replicas_in_sync == 1
    if is_single and kinds(strategy) == ["CPU"]:
        return iter(batches.take(steps))
    # Devices need not agree on whether there is another batch.
    batches = batches.apply(
        tf.data.experimental.assert_cardinality(tf.data.INFINITE_CARDINALITY)
    )
    distributed = strategy.distribute_datasets_from_function(lambda _: batches)
    return itertools.islice(distributed, steps)


def kinds(strategy):
    """What the devices of a strategy are, one by one: "CPU", "NVIDIA A100"."""
    return [_kind(name) for name in strategy.extended.worker_devices]


def _kind(name):
    kind = tf.DeviceSpec.from_string(name).device_type
    physical = tf.config.list_physical_devices(kind)
    if kind != "GPU" or not physical:
        return kind
    index = tf.DeviceSpec.from_string(name).device_index or 0
    details = tf.config.experimental.get_device_details(
        physical[min(index, len(physical) - 1)]
    )
    return details.get("device_name", kind)


def _limit_threads(count):
    if count is None:
        return
    try:
        tf.config.threading.set_intra_op_parallelism_threads(count)
    except RuntimeError:  # TensorFlow has started with another number.
        raise ValueError(
            f"--num_threads={count} must be set before TensorFlow is used; "
            "start a new process."
        ) from None


def _has_gpu():
    return bool(tf.config.list_physical_devices("GPU"))


def _split_cpu(count):
    cpu = tf.config.list_physical_devices("CPU")[0]
    parts = [tf.config.LogicalDeviceConfiguration()] * count
    try:
        tf.config.set_logical_device_configuration(cpu, parts)
    except RuntimeError:
        # TensorFlow has started; its devices can no longer be changed.
        if len(tf.config.list_logical_devices("CPU")) != count:
            raise ValueError(
                f"--num_virtual_devices={count} must be set before TensorFlow "
                "is used; start a new process."
            ) from None
    return [f"/cpu:{index}" for index in range(count)]


def _check_devices(devices, batch_size):
    """Raises ValueError unless several devices have an image each."""
    count = len(devices)
    if count < 2:
        raise ValueError(
            f"--strategy=mirrored needs several devices. Found: {devices[0]}; "
            "give --num_virtual_devices=2 to try it on the CPU, or "
            "--strategy=one_device."
        )
    _check_batch_size(batch_size, count)


def _check_batch_size(batch_size, count):
    """Raises ValueError where a batch has fewer images than `count` devices."""
    if batch_size < count:
        raise ValueError(
            f"--batch_size={batch_size} is less than the {count} devices, each "
            f"of which needs an image; give --batch_size={count} or more, or "
            "use fewer devices."
        )


def _at_most(batch_size, devices):
    """All of `devices`, or as many as a batch has images."""
    if batch_size < len(devices):
        print(
            f"{batch_size} of {len(devices)} GPUs are used, one for each image "
            f"of --batch_size={batch_size}."
        )
    return devices[:batch_size]


def _refuse_per_replica(config):
    if config.batch_norm == "per_replica":
        raise ValueError(
            "--batch_norm=per_replica goes with several devices, and there is "
            "one; leave it out."
        )
