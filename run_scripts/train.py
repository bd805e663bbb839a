"""Trains a network from a chosen start, and evaluates its best weights.

    python run_scripts/train.py --model=cbr_small --init=random
    python run_scripts/train.py --dataset=DIR --init=pretrained --weights=RUN

An interrupted run is continued by the same command, without --overwrite.
"""

from absl import flags

from transfusion_tf import cli
from transfusion_tf.config import flags as config_flags
from transfusion_tf.process import quiet

_RUN_DIR = flags.DEFINE_string(
    "run_dir",
    None,
    "directory of the run (default: runs/<dataset>-<model>-<init>-seed<seed>)",
)
_OVERWRITE = flags.DEFINE_bool(
    "overwrite",
    False,
    "delete the run that is in the directory; other files in it are left",
)
flags.adopt_module_key_flags(config_flags)


def main(argv):
    """Trains the run that the flags describe and prints where it is."""
    del argv
    config = config_flags.from_flags()
    quiet.start_tensorflow()

    from transfusion_tf import experiment
    from transfusion_tf.reporting import text

    with cli.ending_at_once(ConnectionError):  # To other workers.
        run = experiment.train(
            config, run_dir=_RUN_DIR.value, overwrite=_OVERWRITE.value
        )
    if run is not None:  # The chief alone has written it.
        print(text.run_summary(run))


if __name__ == "__main__":
    cli.run(main)
