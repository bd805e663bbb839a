"""Runs a study in one process that kills itself within a training.

    python tests/study/killed_study.py VALUES STUDY_DIR NUMBER

VALUES is JSON, of StudyConfig.from_values. It dies in front of its optimizer
step of that number, counted over all runs from 1.
"""

import itertools
import json
import os
import signal
import sys

from tests.study.tasks import InThisProcess
from transfusion_tf.study import runner
from transfusion_tf.study.spec import StudyConfig
from transfusion_tf.training import step


def main(values, study_dir, number):
    """Trains until the step that it does not take."""
    take, count = step.TrainStep.__call__, itertools.count(1)

    def take_or_die(self, *arguments, **options):
        if next(count) == int(number):
            os.kill(os.getpid(), signal.SIGKILL)
        return take(self, *arguments, **options)

    step.TrainStep.__call__ = take_or_die
    config = StudyConfig.from_values(json.loads(values))
    runner.run(config, study_dir, executor=InThisProcess())


if __name__ == "__main__":
    main(*sys.argv[1:])
