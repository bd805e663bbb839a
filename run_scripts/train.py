"""Trains a network from a chosen start, and evaluates its best weights.

    python run_scripts/train.py --model=cbr_small --init=random
    python run_scripts/train.py --dataset=DIR --init=pretrained --weights=RUN

An interrupted run is continued by the same command, without --overwrite.
What the network sees is drawn, and nothing is trained, with
--show_batch=batch.png.
"""

import pathlib

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
_SHOW_BATCH = flags.DEFINE_string(
    "show_batch",
    None,
    "draw the first training batch as the network sees it, augmented, with "
    "labels, into this .png or .pdf, and stop: nothing is trained",
)
_PROFILE = flags.DEFINE_integer(
    "profile",
    None,
    "instead of training, measure where the time of this many steps goes: "
    "profile/profile.csv of the run, and a trace that TensorBoard shows",
)
flags.adopt_module_key_flags(config_flags)


def main(argv):
    """Trains the run that the flags describe and prints where it is."""
    del argv
    cli.check_goes_with(
        "overwrite",
        holds=_PROFILE.value is None,
        what="training, and --profile trains nothing",
    )
    cli.check_goes_with(
        "profile",
        holds=_SHOW_BATCH.value is None,
        what="no --show_batch: each of them stops before a training",
    )
    config = config_flags.from_flags()
    if _SHOW_BATCH.value is not None:
        _show_batch(config, pathlib.Path(_SHOW_BATCH.value))
        return
    quiet.start_tensorflow()

    from transfusion_tf import experiment
    from transfusion_tf.reporting import text

    if _PROFILE.value is not None:
        rows = experiment.profile(
            config, _PROFILE.value, run_dir=_RUN_DIR.value
        )
        print(text.profile_summary(rows))
        return
    with cli.ending_at_once(ConnectionError):  # To other workers.
        run = experiment.train(
            config, run_dir=_RUN_DIR.value, overwrite=_OVERWRITE.value
        )
    if run is not None:  # The chief alone has written it.
        print(text.run_summary(run))


def _show_batch(config, path):
    """Draws the first training batch of a RunConfig into `path`."""
    if path.suffix not in (".png", ".pdf") or path.is_dir():
        raise ValueError(
            "--show_batch must be a file that ends in .png or .pdf. Received: "
            f"{path}"
        )
    if not path.parent.is_dir():
        raise FileNotFoundError(
            f"--show_batch={path}: there is no directory {path.parent}; make "
            "it first."
        )
    if _OVERWRITE.value:
        raise ValueError(
            "--show_batch trains nothing, so --overwrite has no effect; leave "
            "one of them out."
        )
    quiet.start_tensorflow()

    from transfusion_tf import experiment
    from transfusion_tf.config import augmentation
    from transfusion_tf.reporting.figures import style, training_batch

    batch, card, config = experiment.first_batch(config)
    done = ", ".join(augmentation.in_words(config.data)) or "no augmentation"
    figure = training_batch.draw(
        batch,
        classes=card.classes,
        about=f"{card.name}, first training batch, seed {config.seed}: {done}",
    )
    style.save(figure, path)
    print(
        f"{path} has the first training batch. Nothing was trained; leave "
        "--show_batch out to train."
    )


if __name__ == "__main__":
    cli.run(main)
