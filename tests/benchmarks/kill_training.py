"""Measures whether a training comes to the same end however it is stopped.

    python tests/benchmarks/kill_training.py [--kills=20] [--terms=5]

A network with dropout, augmentation, averaged weights, two phases and kept
images is trained by train.py: undisturbed; killed (SIGKILL) often, some of the
times while a state is being written, and ended (SIGTERM); with its newest state
damaged half-way; and cbr_tiny by two workers, of which first one and then the
other is killed. Fails where weights, predictions, metrics or the history (but
for its seconds) are not the same bytes. About half an hour on two cores.
"""

import csv
import json
import os
import pathlib
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time

from absl import flags

from transfusion_tf import cli, files
from transfusion_tf.runs.directory import RunDir

FLAGS = flags.FLAGS
flags.DEFINE_integer("kills", 20, "how often the training is killed")
flags.DEFINE_integer("terms", 5, "how often it is ended by SIGTERM")
flags.DEFINE_integer("steps", 260, "its steps")
ROOT = pathlib.Path(__file__).parents[2]
EVAL_EVERY = 5
# Of the kills, every so many one waits until a state is being written.
IN_A_WRITE = 4
_SPREAD = 2.0  # Seconds that a kill comes after its step, at most.
_COMMON = {
    "dataset": "synthetic_textures",
    "image_size": 32,
    "augment": "light",
    "ema_momentum": 0.9,
    "eval_every": EVAL_EVERY,
    "train_size": 256,
    "snapshots": 2,
    "cache": "memory",
}
# The smallest network of the zoo that has dropout.
_ALONE = {
    **_COMMON,
    "model": "efficientnetv2_b0",
    "batch_size": 8,
    "freeze_through": "block1",
}
_SHARED = {
    **_COMMON,
    "model": "cbr_tiny",
    "batch_size": 7,
    "freeze_through": "conv1",
    "strategy": "multi_worker",
}


def main(argv):
    """Prints what happens, and that the ends are the same."""
    del argv
    half = FLAGS.steps // 2
    alone = {**_ALONE, "steps": FLAGS.steps, "unfreeze_at": half}
    shared = {**_SHARED, "steps": 60, "unfreeze_at": 30}
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        whole = _whole(alone, root / "whole")
        _check_same(_stopped_often(alone, root / "killed"), whole)
        _check_same(_damaged(alone, root / "damaged", half), whole)
        two = _two_workers(shared, root / "two")
        _check_same(_killed_workers(shared, root / "killed_workers"), two)


def _whole(values, root):
    began = time.monotonic()
    _finish([_start(values, root)])
    print(f"undisturbed: {time.monotonic() - began:.0f} s", flush=True)
    return RunDir(root)


def _stopped_often(values, root):
    """The RunDir of a training that is stopped, and given again, often."""
    signals = [signal.SIGKILL] * FLAGS.kills + [signal.SIGTERM] * FLAGS.terms
    rng = random.Random(0)
    rng.shuffle(signals)
    every = values["steps"] / (len(signals) + 1)
    for number, kind in enumerate(signals, start=1):
        process = _start(values, root)
        _wait_for(process, root, number * every)
        writes = kind == signal.SIGKILL and number % IN_A_WRITE == 0
        if writes:
            _wait_for_a_write(process, root)
        else:
            time.sleep(rng.uniform(0, _SPREAD))
        process.send_signal(kind)
        process.communicate()
        print(
            f"{kind.name} {number}: after step {_step(root)}"
            + (", in the write of a state" if writes else ""),
            flush=True,
        )
    _finish([_start(values, root)])
    return RunDir(root)


def _damaged(values, root, step):
    """The RunDir of a training one bit of whose newest state is flipped."""
    process = _start(values, root)
    _wait_for(process, root, step)
    process.send_signal(signal.SIGTERM)
    process.communicate()
    path = RunDir(root).state
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    (text,) = _finish([_start(values, root)])
    if "was damaged; the run goes on" not in text:
        raise ValueError(f"The damaged state was not noticed: {text}")
    return RunDir(root)


def _two_workers(values, root):
    _finish(_start_two(values, root))
    return RunDir(root)


def _killed_workers(values, root):
    """The RunDir of two workers, of which each is killed once."""
    for victim, step in ((1, 20), (0, 40)):
        workers = _start_two(values, root)
        _wait_for(workers[0], root, step)
        workers[victim].kill()
        began = time.monotonic()
        text, _ = workers[1 - victim].communicate()
        seconds = time.monotonic() - began
        workers[victim].communicate()
        last = text.strip().splitlines()[-1]
        if workers[1 - victim].returncode != 2 or seconds > 60:
            raise ValueError(f"The other worker, {seconds:.0f} s later: {text}")
        print(f"worker {victim} killed; {seconds:.0f} s later: {last}")
    _finish(_start_two(values, root))
    return RunDir(root)


def _start_two(values, root):
    places = []
    for _ in range(2):
        with socket.socket() as free:
            free.bind(("localhost", 0))
            places.append(f"localhost:{free.getsockname()[1]}")
    return [
        _start(
            values,
            root,
            TF_CONFIG=json.dumps(
                {
                    "cluster": {"worker": places},
                    "task": {"type": "worker", "index": index},
                }
            ),
        )
        for index in range(2)
    ]


def _start(values, root, **environment):
    return subprocess.Popen(
        [
            sys.executable,
            str(ROOT / "run_scripts" / "train.py"),
            *(f"--{name}={value}" for name, value in values.items()),
            f"--run_dir={root}",
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
    )


def _finish(processes):
    """What processes have printed, which must end well."""
    texts = [process.communicate()[0] for process in processes]
    for process, text in zip(processes, texts, strict=True):
        if process.returncode:
            raise ValueError(f"train.py: {text.strip()}")
    return texts


def _step(root):
    """The step of the last evaluation."""
    rows = _history(root)
    return int(rows[-1]["step"]) if rows else 0


def _history(root):
    path = RunDir(root).history
    if not path.is_file():
        return []
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


def _wait_for(process, root, step):
    while _step(root) < step:
        if process.poll() is not None:
            raise ValueError(f"It ended before step {step}: {_said(process)}")
        time.sleep(0.05)


def _wait_for_a_write(process, root):
    folder = RunDir(root).state.parent
    while not any(folder.glob(files.TEMPORARY_GLOB)):
        if process.poll() is not None:
            raise ValueError(f"It ended before a write: {_said(process)}")
        time.sleep(0.001)


def _said(process):
    return process.communicate()[0].strip()


def _check_same(run, whole):
    for kind in ("checksums", "metrics", "best"):
        one, other = (getattr(r, kind).read_bytes() for r in (run, whole))
        if one != other:
            raise ValueError(f"{kind} of {run.root.name} differs.")
    for split in ("val", "test"):
        one, other = (r.predictions(split).read_bytes() for r in (run, whole))
        if one != other:
            raise ValueError(f"{split} of {run.root.name} differs.")
    one, other = (
        [{**row, "seconds": ""} for row in _history(r.root)]
        for r in (run, whole)
    )
    if one != other:
        raise ValueError(f"The history of {run.root.name} differs.")
    print(
        f"{run.root.name}: weights, predictions, metrics and history are "
        f"those of {whole.root.name}",
        flush=True,
    )


if __name__ == "__main__":
    cli.run(main)
