"""Which tf.distribute strategy a run uses, and on which devices."""

import keras
import tensorflow as tf


def make_strategy(config):
    """The tf.distribute strategy that a TrainConfig asks for.

    `auto` takes as many GPUs as divide the batch, and prints where these are
    not all of them.

    Its `num_threads` are set first, since devices take what is set when they
    start.

    Raises:
      ValueError: one device only for `mirrored`, a batch size that its devices
        do not divide, or virtual devices or threads asked for too late.
    """
    _limit_threads(config.num_threads)
    gpus = tf.config.list_logical_devices("GPU") if _has_gpu() else []
    devices = [device.name for device in gpus] or ["/cpu:0"]
    if config.num_virtual_devices is not None:
        devices = _split_cpu(config.num_virtual_devices)
    if config.strategy == "mirrored":
        _check_devices(devices, config.batch_size)
    elif config.strategy == "auto":
        devices = _dividing(devices, config.batch_size)
    else:
        devices = devices[:1]
    if len(devices) == 1:
        return tf.distribute.OneDeviceStrategy(devices[0])
    across = None
    if "cpu" in devices[0].lower():
        across = tf.distribute.ReductionToOneDevice()
    return tf.distribute.MirroredStrategy(devices, cross_device_ops=across)


def synchronize_batch_norm(strategy, model):
    """Lets batch norm see the whole batch, not one device's part of it.

    Otherwise every device would keep running statistics of its own, and the
    result would depend on how many devices there are.
    """
    if strategy.num_replicas_in_sync == 1:
        return
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.synchronized = True


def distribute(strategy, batches):
    """What yields the batches of a tf.data.Dataset on the devices.

    The CPU alone takes the dataset as it is. An iterator of the strategy ends
    only when tf.data's autotuning next looks at it, which it does ever less
    often: 28 s after the last batch were seen.
    """
    if kinds(strategy) == ["CPU"]:
        return batches
    return strategy.experimental_distribute_dataset(batches)


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
    """Raises ValueError unless several devices share the batch equally."""
    count = len(devices)
    if count < 2:
        raise ValueError(
            f"--strategy=mirrored needs several devices. Found: {devices[0]}; "
            "give --num_virtual_devices=2 to try it on the CPU, or "
            "--strategy=one_device."
        )
    if batch_size % count:
        smaller = batch_size // count * count
        fitting = [size for size in (smaller, smaller + count) if size]
        raise ValueError(
            f"--batch_size={batch_size} must be a multiple of the {count} "
            f"devices; give {' or '.join(f'--batch_size={n}' for n in fitting)}"
            ", or --strategy=one_device."
        )


def _dividing(devices, batch_size):
    """The most of `devices` that share the batch equally."""
    count = max(n for n in range(1, len(devices) + 1) if batch_size % n == 0)
    if count < len(devices):
        print(
            f"{count} of {len(devices)} GPUs are used, the most that divide "
            f"--batch_size={batch_size}."
        )
    return devices[:count]
