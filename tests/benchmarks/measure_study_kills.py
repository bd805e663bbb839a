"""Measures whether a study comes to the same end however often it is killed.

    python tests/benchmarks/measure_study_kills.py [--kills=10]

Trains twelve runs of cbr_tiny by run_study.py: undisturbed; killed (SIGKILL)
ten times, at moments spread over all of its steps, and then to its end; and in
three parts. Prints where each kill has met it. Fails where tables or weights
are not the same bytes (seconds aside). Last a study half of whose runs ask for
more training images than there are: the others are trained, and each of these
is tried twice and reported.
"""

import csv
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time

from absl import flags

from transfusion_tf import cli, names
from transfusion_tf.study import grid, live_progress
from transfusion_tf.study.directory import StudyDir
from transfusion_tf.study.spec import StudyConfig

FLAGS = flags.FLAGS
flags.DEFINE_string("dataset", "synthetic_textures", "as of run_study.py")
flags.DEFINE_integer("kills", 10, "how often the study is killed")
flags.DEFINE_integer("steps", 30, "steps of a run")
flags.DEFINE_integer("num_workers", 2, "runs at a time")
ROOT = pathlib.Path(__file__).parents[2]
NUM_PARTS = 3
SAME_TABLES = ("arms.csv", "comparisons.csv", "remarks.csv", "verdict.json")
TOO_MANY = 10_000_000
# Seconds that a kill comes after its step, at most: it may meet anything.
_SPREAD = 2.0


def main(argv):
    """Prints what happens, and that the ends are the same."""
    del argv
    values = {
        "dataset": FLAGS.dataset,
        "inits": "random,gabor",
        "seeds": 6,
        "train_sizes": "100",
        "learning_rates": "1e-3",
        "steps": FLAGS.steps,
        "eval_every": 5,
        "batch_size": 16,
    }
    if FLAGS.dataset in names.SYNTHETIC:
        values["image_size"] = 16
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        began = time.monotonic()
        _run(values, root / "whole")
        print(f"undisturbed: {time.monotonic() - began:.0f} s", flush=True)
        _kill_often(values, root / "killed")
        _check_same(root / "killed", root / "whole")
        for index in range(1, NUM_PARTS + 1):
            _run(values, root / "parts", f"--part={index}/{NUM_PARTS}")
        _check_same(root / "parts", root / "whole")
        _check_failures(values, root / "failing")


def _kill_often(values, root):
    cells, _ = grid.cells(StudyConfig.from_values(values))
    every = FLAGS.steps * len(cells) / (FLAGS.kills + 1)
    rng = random.Random(0)
    began = time.monotonic()
    for number in range(1, FLAGS.kills + 1):
        process = _start(values, root)
        while _steps(root, cells) < number * every:
            if process.poll() is not None:
                raise ValueError(f"It ended in front of kill {number}.")
            time.sleep(0.05)
        time.sleep(rng.uniform(0, _SPREAD))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        print(f"kill {number}: {_where(root, cells)}", flush=True)
    _run(values, root)
    print(f"killed: {time.monotonic() - began:.0f} s", flush=True)


def _found(root, cells):
    study = StudyDir(root)
    return [live_progress.read(study, cell, began=0) for cell in cells]


def _steps(root, cells):
    return sum(one.step for one in _found(root, cells))


def _where(root, cells):
    found = _found(root, cells)
    statuses = [one.status for one in found]
    counts = [
        f"{statuses.count(status)} {status}"
        for status in live_progress.STATUSES
    ]
    steps = [str(one.step) for one in found if one.status == "running"]
    return f"{', '.join(counts)}; running at step {' and '.join(steps)}"


def _check_same(root, whole):
    for name in SAME_TABLES:
        if (root / name).read_bytes() != (whole / name).read_bytes():
            raise ValueError(f"{name} of {root.name} differs.")
    if _rows(root) != _rows(whole):
        raise ValueError(f"study.csv of {root.name} differs.")
    for run in (whole / "runs").iterdir():
        sums = [
            (place / "runs" / run.name / "checksums.json").read_text()
            for place in (root, whole)
        ]
        if sums[0] != sums[1]:
            raise ValueError(f"Weights of {run.name} differ in {root.name}.")
    print(
        f"{root.name}: study.csv, {', '.join(SAME_TABLES)} and the weights of "
        f"{len(_rows(root))} runs are those of the undisturbed study",
        flush=True,
    )


def _rows(root):
    with (root / "study.csv").open(newline="") as stream:
        return [{**row, "seconds": ""} for row in csv.DictReader(stream)]


def _check_failures(values, root):
    sizes = f"100,{TOO_MANY}"
    text = _run({**values, "seeds": 1, "train_sizes": sizes}, root)
    rows = _rows(root)
    failed = [row for row in rows if row["status"] == "failed"]
    finished = [row for row in rows if row["status"] == "finished"]
    for row in failed:
        if text.count(f"{row['run']}: tried again\n") != 1:
            raise ValueError(f"{row['run']} was not tried again, once.")
    if not len(failed) == len(finished) == len(rows) // 2:
        raise ValueError(f"{len(failed)} of {len(rows)} runs have failed.")
    print(
        f"failing: {len(finished)} runs finished, {len(failed)} failed and "
        f"were tried twice: {failed[0]['reason']}"
    )


def _start(values, root, *further):
    given = [f"--{name}={value}" for name, value in values.items()]
    return subprocess.Popen(
        [
            sys.executable,
            str(ROOT / "run_scripts" / "run_study.py"),
            *given,
            f"--num_workers={FLAGS.num_workers}",
            f"--study_dir={root}",
            *further,
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def _run(values, root, *further):
    process = _start(values, root, *further)
    text, _ = process.communicate()
    if process.returncode:
        raise ValueError(f"run_study.py: {text.strip()}")
    return text


if __name__ == "__main__":
    cli.run(main)
