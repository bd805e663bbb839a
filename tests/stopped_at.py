"""Runs a binary that stops itself in front of an optimizer step.

    python tests/stopped_at.py 17 run_scripts/train.py --seed=0 ...

Steps are counted from 1. It is stopped (SIGSTOP), so that it still holds what a
run in training holds, until somebody kills it or lets it go on.
"""

import itertools
import os
import pathlib
import runpy
import signal
import sys

from transfusion_tf.training import step

ROOT = pathlib.Path(__file__).resolve().parents[1]


def main():
    """Counts steps, and runs."""
    number = int(sys.argv[1])
    take, count = step.TrainStep.__call__, itertools.count(1)

    def take_or_stop(self, *arguments, **options):
        if next(count) == number:
            os.kill(os.getpid(), signal.SIGSTOP)
        return take(self, *arguments, **options)

    step.TrainStep.__call__ = take_or_stop
    script = str(ROOT / sys.argv[2])
    sys.argv = [script, *sys.argv[3:]]
    runpy.run_path(script, run_name="__main__")


if __name__ == "__main__":
    main()
