"""Measures our training step beside Keras' `fit` and PyTorch's.

    python tests/benchmarks/train_step.py --torch_python=DIR/bin/python

Every implementation is a process of its own, and they take turns at as many
steps of Adam on one batch in memory, with as many threads as there are
processors. Prints a line for each network: images per second of our step, of
`fit` (the same network in Keras' own layers) and of PyTorch (the better of both
layouts of memory), and the ratios of ours to them; all are medians over rounds.
Without --torch_python, an environment that has PyTorch, its columns are n/a.
"""

import pathlib
import statistics
import subprocess
import sys
import time

from absl import flags

from transfusion_tf import cli, tables
from transfusion_tf.process import quiet

FLAGS = flags.FLAGS
flags.DEFINE_list(
    "networks",
    [
        "cbr_tiny:32:64",
        "cbr_small:64:32",
        "cbr_small:224:8",
        "resnet50:64:32",
        "mobilenet_v3_small:96:32",
    ],
    "networks, MODEL:SIZE:BATCH, separated by commas",
)
flags.DEFINE_integer("rounds", 7, "rounds, of which the median counts")
flags.DEFINE_string("torch_python", None, "Python of an environment with it")
flags.DEFINE_string("worker", None, "(of the processes that this starts)")
SECONDS, MIN_STEPS = 1.5, 3  # Of a turn.
CLASSES, RATE = 3, 1e-3
LAYOUTS = ("channels_last", "contiguous")
_HERE = pathlib.Path(__file__).resolve()


def main(argv):
    """Prints the table, or takes the steps of one worker."""
    del argv
    if FLAGS.worker:
        _work(*FLAGS.worker.split(":"))
        return
    heads = ("size", "batch", "ours", "fit", "torch", "ours/fit", "ours/torch")
    print(_line(("network", *heads)), flush=True)
    for network in FLAGS.networks:
        model, size, batch = network.split(":")
        found = _measure(model, size, batch)
        print(_line((model, size, batch, *_cells(found, int(batch)))))
        sys.stdout.flush()


def _line(cells):
    return cells[0].ljust(20) + "".join(str(x).rjust(12) for x in cells[1:])


def _cells(found, batch):
    """Speeds and ratios from {implementation: seconds a step, by round}."""
    ours, fit = found["ours"], found["fit"]
    layouts = [found[name] for name in LAYOUTS if name in found]
    torch = min(layouts, key=statistics.median) if layouts else None
    for seconds in (ours, fit, torch):
        yield _shown(seconds and [batch / each for each in seconds], "{:.1f}")
    for seconds in (fit, torch):
        yield _shown(
            seconds and [b / a for a, b in zip(ours, seconds, strict=True)],
            "{:.2f}",
        )


def _shown(values, form):
    return (
        form.format(statistics.median(values)) if values else tables.UNDEFINED
    )


def _measure(model, size, batch):
    """{implementation: seconds a step, by round}, taking turns."""
    case = (model, size, batch)
    workers = {
        name: _Worker(
            sys.executable, _HERE, f"--worker={':'.join((name, *case))}"
        )
        for name in ("ours", "fit")
    }
    if FLAGS.torch_python:
        script = _HERE.with_name("torch_step.py")
        for layout in LAYOUTS:
            workers[layout] = _Worker(FLAGS.torch_python, script, *case, layout)
    found = {name: [] for name in workers}
    steps = {
        name: max(MIN_STEPS, round(SECONDS / (worker.take(2) / 2)))
        for name, worker in workers.items()
    }
    for _ in range(FLAGS.rounds):
        for name, worker in workers.items():
            found[name].append(worker.take(steps[name]) / steps[name])
    for worker in workers.values():
        worker.end()
    return found


class _Worker:
    """A process that takes steps when it is asked, and says how long."""

    def __init__(self, *command):
        self._process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        while (line := self._process.stdout.readline().strip()) != "ready":
            if not line and self._process.poll() is not None:
                raise ValueError(f"This ended: {' '.join(map(str, command))}")

    def take(self, steps):
        """Seconds that `steps` steps take."""
        print(steps, file=self._process.stdin, flush=True)
        return float(self._process.stdout.readline())

    def end(self):
        """Lets the process end, and waits for it."""
        self._process.stdin.close()
        self._process.wait()


def _work(name, model, size, batch):
    """Answers numbers of steps with seconds, until the input ends."""
    quiet.start_tensorflow()
    steps_of = {"ours": _our_steps, "fit": _steps_of_fit}[name]
    take = steps_of(model, int(size), _data(int(size), int(batch)))
    take(2)
    print("ready", flush=True)
    for line in sys.stdin:
        print(take(int(line)), flush=True)


def _data(size, batch):
    """A batch in memory."""
    import numpy as np
    import tensorflow as tf

    rng = np.random.default_rng(0)
    images = 255 * rng.random((batch, size, size, 3), np.float32)
    labels = rng.integers(0, CLASSES, batch)
    return {"image": tf.constant(images), "label": tf.constant(labels)}


def _network(name, size):
    from transfusion_tf.models import zoo

    return zoo.build(name, num_outputs=CLASSES, image_size=size)


def _our_steps(name, size, data):
    """A function that takes steps as the loop does."""
    from transfusion_tf.config.train import TrainConfig
    from transfusion_tf.training import distribution, step

    config = TrainConfig(batch_size=len(data["label"]))
    strategy = distribution.make_strategy(config)
    with strategy.scope():
        model = _network(name, size).model
    train = step.TrainStep(strategy, model, "multiclass", config)

    def take(count):
        """Seconds of `count` steps."""
        start = time.perf_counter()
        for _ in range(count):
            loss = train(data, step=0, learning_rate=RATE)
        float(loss)  # Waits for the device.
        return time.perf_counter() - start

    return take


def _steps_of_fit(name, size, data):
    """A function that takes steps in an epoch of Keras' `fit`."""
    import keras
    import tensorflow as tf

    from transfusion_tf.models import builtin

    # What Keras alone would train: none of the layers of this package.
    model = builtin.copy(_network(name, size), "linear")
    model.compile(
        keras.optimizers.Adam(RATE),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=False,  # XLA is far slower on a CPU.
    )
    batches = tf.data.Dataset.from_tensors((data["image"], data["label"]))

    def take(count):
        """Seconds of `count` steps."""
        steps = batches.repeat(count)
        start = time.perf_counter()
        model.fit(steps, verbose=0, shuffle=False)
        return time.perf_counter() - start

    return take


if __name__ == "__main__":
    cli.run(main)
