"""Measures a study in warm workers against a process for each of its runs.

    python tests/benchmarks/measure_study.py [--num_workers=2]

Trains the same runs of cbr_tiny twice, as many at a time: by run_study.py, and
by train.py started anew for each. Prints the seconds of both, and their ratio,
which is to be at least 2; likewise the processor time, which other load on the
machine changes less. Fails where the weights differ.
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
from transfusion_tf.study import grid
from transfusion_tf.study.spec import StudyConfig

FLAGS = flags.FLAGS
flags.DEFINE_string("dataset", "synthetic_textures", "as of run_study.py")
flags.DEFINE_integer("image_size", 32, "side in pixels")
flags.DEFINE_integer("steps", 100, "steps of a run")
flags.DEFINE_integer("seeds", 6, "seeds of each of the two arms")
flags.DEFINE_integer("num_workers", 2, "runs at a time")
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
        cold = _seconds_of_processes(root / "cold", given, cells)
        for cell in cells:
            sums = [
                (place / cell.name / "checksums.json").read_text()
                for place in (root / "study" / "runs", root / "cold")
            ]
            if sums[0] != sums[1]:
                raise ValueError(f"{cell.name} differs between the two.")
    print(f"{len(cells)} runs of {FLAGS.steps} steps: the same bit for bit")
    for what, first, second in zip(
        ("elapsed", "processor"), warm, cold, strict=True
    ):
        print(
            f"{what}: warm workers {first:.0f} s, processes {second:.0f} s: "
            f"{second / first:.2f}"
        )


def _seconds_of_study(root, given):
    began = _clocks()
    _run(
        "run_study.py",
        *given,
        "--inits=random,gabor",
        f"--seeds={FLAGS.seeds}",
        "--learning_rates=1e-3",
        f"--num_workers={FLAGS.num_workers}",
        f"--study_dir={root}",
    )
    return _since(began)


def _seconds_of_processes(root, given, cells):
    def train(cell):
        _run(
            "train.py",
            *given,
            "--model=cbr_tiny",
            f"--init={cell.init}",
            f"--seed={cell.seed}",
            "--num_threads=1",
            f"--run_dir={root / cell.name}",
        )

    root.mkdir()
    began = _clocks()
    with concurrent.futures.ThreadPoolExecutor(FLAGS.num_workers) as pool:
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
