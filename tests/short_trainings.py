"""Trainings of three steps, of a small network."""

from transfusion_tf import experiment
from transfusion_tf.config.run import RunConfig


def starter(dataset, folder):
    """A function (run="run", **settings) that trains into folder / run.

    It trains on the records at `dataset` unless the settings name others.
    """

    def start(run="run", **settings):
        """Returns the RunDir of a training with the settings."""
        settings = {
            "dataset": str(dataset),
            "model": "cbr_tiny",
            "batch_size": 16,
            "steps": 3,
            "snapshots": 0,
            **settings,
        }
        config = RunConfig.from_flags_dict(settings)
        return experiment.train(config, run_dir=folder / run)

    return start
