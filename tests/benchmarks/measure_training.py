"""Measures training steps without and with oneDNN, and what reading costs.

    python tests/benchmarks/measure_training.py [--networks=cbr_tiny:32,...]

Two processes, one without oneDNN and one with it, take turns at the same
steps. Prints a line for each network: images per second of the step on a batch
in memory, without (off) and with oneDNN (on), and their ratio; then, with
oneDNN, speeds over that from memory: `records`, each image decoded (of which
the design asks for at least 0.97; 32 px: 0.95), `light`, decoded and augmented
(at least 0.90), and `kept`, from images that --cache keeps decoded, as from the
second epoch on; `keeping` is how long it took to decode them all before the
first, over an epoch of steps. All are medians over rounds.
"""

import itertools
import multiprocessing
import os
import statistics
import time

from absl import flags

from transfusion_tf import cli
from transfusion_tf.config import flags as config_flags
from transfusion_tf.process import quiet

FLAGS = flags.FLAGS
flags.DEFINE_list(
    "networks",
    ["cbr_tiny:32", "cbr_small:64", "cbr_small:224", "resnet50:64"],
    "networks and image sizes, MODEL:SIZE, separated by commas",
)
flags.DEFINE_integer("rounds", 5, "rounds, of which the median counts")
CONFIG_FLAGS = ("dataset", "batch_size")
for _name in CONFIG_FLAGS:
    flags.declare_key_flag(_name)
SETTINGS = {"off": "0", "on": "1"}  # Of TF_ENABLE_ONEDNN_OPTS.
SOURCES = ("memory", "records", "light", "kept")
# Of a measurement: enough to time, and few where a step takes seconds.
SECONDS, MIN_STEPS, MAX_STEPS = 4, 2, 60


def main(argv):
    """Prints the table, line by line."""
    del argv
    names = ("network", "size", "images/s off", "on", "on/off")
    print(_line((*names, *SOURCES[1:], "keeping")))
    for network in FLAGS.networks:
        model, _, size = network.partition(":")
        given = {"model": model, "image_size": int(size)}
        config, light = (
            config_flags.from_flags(CONFIG_FLAGS, augment=augment, **given)
            for augment in ([], ["light"])
        )
        found, keeping = _measure(config, light)
        off, on = (found[name]["memory"] for name in SETTINGS)
        ratios = [_ratio(on, off)]
        ratios += [_ratio(found["on"][kind], on) for kind in SOURCES[1:]]
        speeds = (f"{statistics.median(each):.1f}" for each in (off, on))
        cells = (f"{x:.3f}" for x in (*ratios, keeping))
        print(_line((model, size, *speeds, *cells)), flush=True)


def _ratio(ours, theirs):
    return statistics.median(a / b for a, b in zip(ours, theirs, strict=True))


def _line(cells):
    return cells[0].ljust(20) + "".join(str(x).rjust(14) for x in cells[1:])


def _measure(config, light):
    """({setting: {source: images/s by round}}, what keeping images takes)."""
    spawn = multiprocessing.get_context("spawn")
    ends = {}
    for name, value in SETTINGS.items():
        os.environ["TF_ENABLE_ONEDNN_OPTS"] = value
        ends[name], theirs = spawn.Pipe()
        # No daemon: those could not make a data set in processes of theirs.
        spawn.Process(target=_work, args=(config, light, name, theirs)).start()
        theirs.close()  # So that its death is an EOFError here.
        keeping = ends[name].recv()  # It is ready; the other may start.
    found = {name: {kind: [] for kind in SOURCES} for name in SETTINGS}
    for _ in range(FLAGS.rounds):
        for kind, (name, end) in itertools.product(SOURCES, ends.items()):
            if kind == "memory" or name == "on":
                end.send(kind)
                found[name][kind].append(end.recv())
    for end in ends.values():
        end.send(None)
    return found, keeping


def _work(config, light, expected, end):
    """Measures what it is asked for, in a process of its own."""
    quiet.start_tensorflow()
    if quiet.onednn_setting() != expected:
        raise RuntimeError(f"oneDNN is not {expected} in this process.")
    from transfusion_tf.training import caching, step
    from transfusion_tf.training.setup import RunSetup

    prepared = RunSetup.prepare(config)
    backbone, _ = prepared.initial_backbone()
    train = step.TrainStep(
        prepared.strategy, backbone.model, prepared.task, prepared.config.train
    )
    batches = prepared.training_batches(0)
    batch = next(iter(batches))
    began = time.perf_counter()
    cache = caching.ImageCache(prepared.records, prepared.config.data, None)
    kept = prepared.training_batches(0, cache)
    next(iter(kept))
    keeping = time.perf_counter() - began
    sources = {
        "memory": itertools.repeat(batch),
        "records": iter(batches),
        "light": iter(RunSetup.prepare(light).training_batches(0)),
        "kept": iter(kept),
    }
    _speed(train, sources["memory"], MIN_STEPS)  # Traces the step.
    speed = _speed(train, sources["memory"], MIN_STEPS)
    steps = round(SECONDS * speed / train.batch_size)
    steps = min(max(steps, MIN_STEPS), MAX_STEPS)
    end.send(keeping * speed / prepared.plan.num_images)
    while kind := end.recv():
        end.send(_speed(train, sources[kind], steps))


def _speed(train, batches, steps):
    """Images per second over some steps."""
    start = time.perf_counter()
    for batch in itertools.islice(batches, steps):
        loss = train(batch, step=0, learning_rate=1e-3)
    float(loss)  # Waits for the device.
    return steps * train.batch_size / (time.perf_counter() - start)


if __name__ == "__main__":
    cli.run(main)
