"""Measures a study in warm workers against a process for each of its runs.

    python tests/benchmarks/measure_study.py [--num_workers=2]

Trains the same runs of cbr_tiny three times: by run_study.py; by train.py
started anew for each run, as many at a time; and as a loop in a shell would,
train.py for one run after the other with its default threads. Prints the
seconds of each and their ratios to the study's, and likewise processor time,
which other load on the machine changes less. Fails where the weights of the
first two differ; more threads may round differently.

A warm worker saves the start of TensorFlow and nothing else: the ratio of the
first two nears 1 as runs take longer.
"""

import concurrent.futures
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

from absl import flags

from transfusion_tf import cli
from transfusion_tf.study import executor, grid
from transfusion_tf.study.spec import StudyConfig

FLAGS = flags.FLAGS
flags.DEFINE_string("dataset", "synthetic_textures", "as of run_study.py")
flags.DEFINE_integer("image_size", 32, "side in pixels")
flags.DEFINE_integer("steps", 100, "steps of a run")
flags.DEFINE_integer("seeds", 6, "seeds of each of the two arms")
flags.DEFINE_integer(
    "num_workers", None, "runs at a time (default: as of run_study.py)"
)
ROOT = pathlib.Path(__file__).parents[2]
SHARED = ("dataset", "image_size", "steps")


def main(argv):
    """Prints the table."""
    del argv
    shared = {name: FLAGS[name].value for name in SHARED}
    config = StudyConfig.from_values(
        {
            **shared,
            "inits": "random,gabor",
            "seeds": FLAGS.seeds,
            "learning_rates": "1e-3",
        }
    )
    cells, _ = grid.cells(config)
    given = [f"--{name}={value}" for name, value in shared.items()]
    # Makes the data set, which is no part of either.
    _run("run_study.py", *given, "--plan", "--inits=random")
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        warm = _seconds_of_study(root / "study", given)
        cold = _seconds_of_processes(
            root / "cold",
            [*given, "--num_threads=1"],
            cells,
            FLAGS.num_workers or executor.default_workers(1),
        )
        loop = _seconds_of_processes(root / "loop", given, cells, 1)
        for cell in cells:
            sums = [
                (place / cell.name / "checksums.json").read_text()
                for place in (root / "study" / "runs", root / "cold")
            ]
            if sums[0] != sums[1]:
                raise ValueError(f"{cell.name} differs between the two.")
    print(f"{len(cells)} runs of {FLAGS.steps} steps: the same bit for bit")
    for what, study, processes, serial in zip(
        ("elapsed", "processor"), warm, cold, loop, strict=True
    ):
        print(
            f"{what}: study {study:.0f} s; as many processes at a time "
            f"{processes:.0f} s, {processes / study:.2f} times; one process "
            f"after the other {serial:.0f} s, {serial / study:.2f} times"
        )


def _seconds_of_study(root, given):
    workers = []
    if FLAGS.num_workers:
        workers = [f"--num_workers={FLAGS.num_workers}"]
    began = _clocks()
    _run(
        "run_study.py",
        *given,
        "--inits=random,gabor",
        f"--seeds={FLAGS.seeds}",
        "--learning_rates=1e-3",
        *workers,
        f"--study_dir={root}",
    )
    return _since(began)


def _seconds_of_processes(root, given, cells, at_a_time):
    def train(cell):
        _run(
            "train.py",
            *given,
            "--model=cbr_tiny",
            f"--init={cell.init}",
            f"--seed={cell.seed}",
            f"--run_dir={root / cell.name}",
        )

    root.mkdir()
    began = _clocks()
    with concurrent.futures.ThreadPoolExecutor(at_a_time) as pool:
        list(pool.map(train, cells))
    return _since(began)


def _clocks():
    """Seconds elapsed, and processor seconds of processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.perf_counter(), used.ru_utime + used.ru_stime


def _since(began):
    return [b - a for a, b in zip(began, _clocks(), strict=True)]


def _run(script, *arguments):
    subprocess.run(
        [sys.executable, str(ROOT / "run_scripts" / script), *arguments],
        check=True,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


if __name__ == "__main__":
    cli.run(main)
