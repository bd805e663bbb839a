"""Runs a binary that kills itself in front of its nth change of a file's name.

    python tests/killed_at.py 5 run_scripts/train.py --seed=0 ...

Every file of a run appears by such a change, so that the moment is the same
one on a fast machine and on a slow one; the states of a training are waited
for, which otherwise appear at any moment.
"""

import os
import pathlib
import runpy
import signal
import sys

from transfusion_tf.runs import state_writer

ROOT = pathlib.Path(__file__).resolve().parents[1]


def main():
    """Counts, runs, and comes to the end if there are fewer changes."""
    left = iter(range(int(sys.argv[1])))
    replace = os.replace

    def replace_or_die(*paths, **options):
        if next(left, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)
        replace(*paths, **options)

    save = state_writer.StateWriter.save

    def save_and_wait(writer, *arguments):
        save(writer, *arguments)
        writer.wait()

    os.replace = replace_or_die
    state_writer.StateWriter.save = save_and_wait
    script = str(ROOT / sys.argv[2])
    sys.argv = [script, *sys.argv[3:]]
    runpy.run_path(script, run_name="__main__")


if __name__ == "__main__":
    main()
