"""How long a network takes for an image, on the machine at hand."""

import os
import pathlib
import time

import numpy as np
import tensorflow as tf

WARM_CALLS, TIMED_CALLS = 3, 15
# Beyond this, what has been timed is enough; at least MIN_CALLS are.
MAX_SECONDS, MIN_CALLS = 10.0, 5


def milliseconds(model, batch_size):
    """Median time for an image, in ms: the forward pass in inference mode.

    The pass is one graph, as in evaluation; reading of images does not count.

    Args:
      model: Keras model of images (N, size, size, 3).
      batch_size: images of a call.
    """
    _, height, width, channels = model.input_shape
    rng = np.random.default_rng(0)
    images = tf.constant(
        rng.uniform(0, 255, (batch_size, height, width, channels)), tf.float32
    )
    call = tf.function(lambda x: model(x, training=False), autograph=False)
    found, began = [], time.perf_counter()
    for count in range(WARM_CALLS + TIMED_CALLS):
        started = time.perf_counter()
        call(images).numpy()
        found.append(time.perf_counter() - started)
        is_late = time.perf_counter() - began > MAX_SECONDS
        if is_late and count + 1 >= WARM_CALLS + MIN_CALLS:
            break
    return 1000 * float(np.median(found[WARM_CALLS:])) / batch_size


def machine():
    """What was timed on: processors or GPUs, TensorFlow, and the load average.

    Times mean something only where the load is that of the timing itself.
    """
    gpus = [
        tf.config.experimental.get_device_details(gpu).get("device_name", "GPU")
        for gpu in tf.config.list_physical_devices("GPU")
    ]
    threads = tf.config.threading.get_intra_op_parallelism_threads()
    kind = ", ".join(gpus) or _processor()
    kept = f", {threads} thread(s)" if threads else ""
    load = os.getloadavg()[0]
    return f"{kind}{kept}; TensorFlow {tf.__version__}; load {load:.1f}"


def _processor():
    """Its name and number, as far as the system says."""
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [
        line.partition(":")[2].strip()
        for line in lines
        if line.startswith("model name")
    ]
    if not names:
        return "CPU"
    return f"{len(names)} x {names[0]}"
