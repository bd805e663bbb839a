"""Runs a study in one process that kills itself at a moment.

    python tests/study/killed_study.py VALUES STUDY_DIR MOMENT

VALUES is JSON, of StudyConfig.from_values. It dies in front of MOMENT: an
optimizer step by its number, counted over all runs from 1, or the appearance of
a file by its name.
"""

import itertools
import json
import os
import pathlib
import signal
import sys

from tests.study.tasks import InThisProcess
from transfusion_tf.study import runner
from transfusion_tf.study.spec import StudyConfig
from transfusion_tf.training import step


def main(values, study_dir, moment):
    """Trains until what it does not do."""
    if moment.isdigit():
        _die_at_step(int(moment))
    else:
        _die_at_file(moment)
    config = StudyConfig.from_values(json.loads(values))
    runner.run(config, study_dir, executor=InThisProcess())


def _die_at_step(number):
    take, count = step.TrainStep.__call__, itertools.count(1)

    def take_or_die(self, *arguments, **options):
        if next(count) == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return take(self, *arguments, **options)

    step.TrainStep.__call__ = take_or_die


def _die_at_file(name):
    replace = os.replace

    def replace_or_die(source, target, **options):
        if pathlib.PurePath(target).name == name:
            os.kill(os.getpid(), signal.SIGKILL)
        replace(source, target, **options)

    os.replace = replace_or_die


if __name__ == "__main__":
    main(*sys.argv[1:])
