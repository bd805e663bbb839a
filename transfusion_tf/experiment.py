"""What notebooks and binaries call: train, evaluate, load, look at images."""

import pathlib

import tensorflow as tf

from transfusion_tf import files, progress, tables
from transfusion_tf.data import pipeline
from transfusion_tf.datasets import (
    images,
    naming_damage,
    open_dataset,
    open_for,
)
from transfusion_tf.runs import guard
from transfusion_tf.runs import record as run_record
from transfusion_tf.runs.directory import RunDir
from transfusion_tf.runs.networks import load_backbone
from transfusion_tf.training import (
    cluster,
    evaluation,
    precision,
    profiling,
    scoring,
    session,
    setup,
    training_images,
)

__all__ = [
    "evaluate",
    "evaluate_last",
    "first_batch",
    "images",
    "load_backbone",
    "open_dataset",
    "profile",
    "train",
]


def train(config, *, run_dir=None, overwrite=False):
    """Trains the run that a RunConfig describes, or continues it.

    The same configuration gives the same weights bit for bit on one machine,
    however often the run was interrupted. Global seeds are set and
    TensorFlow's deterministic operations are switched on for the process.

    Args:
      config: RunConfig.
      run_dir: directory of the run; None: runs/<config.run_name>.
      overwrite: delete the run that is in the directory, and nothing else.

    Returns:
      RunDir of the finished run; None on a worker that is not the chief, which
      alone reads and writes the directory.

    Raises:
      ValueError, FileNotFoundError, OSError: what was received cannot be
        trained, said in one line. ConnectionError: another worker has ended.
    """
    run = RunDir(run_dir or pathlib.Path("runs") / config.run_name)
    prepared = setup.RunSetup.prepare(config)
    strategy = prepared.strategy
    with cluster.naming_lost_workers(strategy):
        if not cluster.is_chief(strategy):
            _assist(run, prepared)
            return None
        record = prepared.record()
        is_finished = guard.is_finished(run, record, overwrite=overwrite)
        if cluster.agreed(strategy, is_finished):
            return _reported(run)
        _note_grey(prepared)
        precision.warn_of_hardware(config.train.precision, strategy)
        training = session.Session.build(prepared)
        with (
            guard.hold(run, record, overwrite=overwrite) as is_open,
            naming_damage(prepared.records),
            cluster.naming_lost_workers(strategy),  # For status.json, too.
        ):
            if not cluster.agreed(strategy, is_open):
                return _reported(run)  # Another process has finished it.
            files.write_json(run.init_report, training.report)
            training.train(run)
    return run


def _assist(run, prepared):
    """What a worker does that is not the chief: the same, without the files."""
    if cluster.agreed(prepared.strategy, None):
        return
    training = session.Session.build(prepared)
    if cluster.agreed(prepared.strategy, None):
        with naming_damage(prepared.records):
            training.train(run)


def first_batch(config):
    """The first training batch of the run that a RunConfig describes.

    Writes nothing but an embedded data set, and trains nothing.

    Args:
      config: RunConfig.

    Returns:
      ({"image": (batch_size, size, size, 3) float32 in [0, 255] as the network
      gets them, augmented, "label", "id": (batch_size,) str}, DataCard,
      RunConfig with the image size resolved). There are no patients.

    Raises:
      ValueError, FileNotFoundError: as `train`.
    """
    prepared = setup.RunSetup.prepare(config)
    tf.config.experimental.enable_op_determinism()
    with naming_damage(prepared.records):
        batches = pipeline.numpy_batches(prepared.training_batches(0).take(1))
        (batch,) = batches
    batch = {name: batch[name] for name in ("image", "label", "id")}
    return batch, prepared.records.card, prepared.config


def profile(config, steps, *, run_dir=None):
    """Measures where the time of the training steps of a run goes.

    Nothing is trained: the weights that the steps move are not kept. Writes
    profile/profile.csv into the directory of the run, and a trace beside it.

    Args:
      config: RunConfig.
      steps: number of steps of each kind that are timed, at least 1.
      run_dir: as of `train`.

    Returns:
      The rows of profile.csv, see profiling.measure.

    Raises:
      ValueError, FileNotFoundError, OSError: as `train`.
    """
    if steps < 1:
        raise ValueError(f"--profile must be at least 1. Received: {steps}")
    run = RunDir(run_dir or pathlib.Path("runs") / config.run_name)
    prepared = setup.RunSetup.prepare(config)
    guard.refuse_foreign(run)
    training = session.Session.build(prepared)
    run.profile.parent.mkdir(parents=True, exist_ok=True)
    with naming_damage(prepared.records):
        rows = profiling.measure(
            prepared.strategy,
            training.take_step,
            prepared.training_batches(0, training.cache(run.profile.parent)),
            steps=steps,
            trace_dir=run.profile.parent,
        )
    tables.write(run.profile, rows, columns=profiling.COLUMNS)
    return rows


def _note_grey(prepared):
    """Prints what becomes of images of one channel."""
    if prepared.is_grey:
        print(
            "The images are grey; the network is given each of them as three "
            "equal channels."
        )


def _reported(run):
    """Says that `run` is finished, and whether it would come out so today."""
    found = run_record.read(run).get("format", 1)
    made = f", by a release of the format {found!r}"
    print(
        f"{run.root} is already finished"
        f"{made if found != run_record.FORMAT else ''}; --overwrite repeats it."
    )
    return run


def evaluate(run_dir, opened, split, *, checkpoint="best", output_dir):
    """Scores `split` of any records with any weights of a run.

    Writes predictions.csv and metrics.json into `output_dir`. Of the run's own
    training split, predictions.csv says which images the run was trained on
    (`in_training`), and a line how many.

    Args:
      run_dir: directory of a run.
      opened: Records with the task and classes that the run was trained on;
        classes are matched by name.
      split: "train", "val" or "test".
      checkpoint: "best", "last" or a step.
      output_dir: directory, made if need be.

    Returns:
      What metrics.json holds: metrics.summary.summarize, and `loss`.

    Raises:
      ValueError: the records have another task or other classes.
    """
    run, output_dir = RunDir(run_dir), pathlib.Path(output_dir)
    data = run_record.read(run)["data"]
    scoring.check_same_classes(data, opened)
    backbone = load_backbone(run, checkpoint)
    config = run_record.read_config(run)
    predictor = evaluation.Predictor(
        tf.distribute.get_strategy(),
        backbone.model,
        opened.card.task,
        batch_size=config.train.batch_size,
    )
    output_dir.mkdir(parents=True, exist_ok=True)
    path = output_dir / "predictions.csv"
    numbers = scoring.score(
        predictor,
        opened,
        split,
        config=config,
        path=path,
        classes=data["classes"],
    )
    if split == "train":
        _mark_training(path, config, opened, data["fingerprint"])
    files.write_json(output_dir / "metrics.json", numbers)
    return numbers


def _mark_training(path, config, opened, fingerprint):
    """Marks the images that were trained on, and prints how many they are."""
    if opened.card.fingerprint != fingerprint:
        print(
            f"{opened.root} is not what the run was trained on: which of its "
            "images were in training is not known."
        )
        return
    used, total = scoring.mark_training(
        path, training_images.used(opened, config.data)
    )
    print(
        f"{used} of these {total} images were in training (column in_training "
        f"of {path.name})."
    )


def evaluate_last(runs, split):
    """Scores `split` of each run's own records with its last weights.

    Writes into evaluations/ of the run what `evaluate` does, under a progress
    bar.

    Args:
      runs: RunDirs.
      split: "train", "val" or "test".

    Raises:
      FileNotFoundError: a run has no last weights.
      ValueError: the records are not those that a run was trained on.
    """
    for run in progress.over(runs, "Scoring last weights", unit="runs"):
        step = run_record.checkpoint_step(run, "last")
        opened, _ = open_for(run_record.read_config(run))
        trained_on = run_record.read(run)["data"]["fingerprint"]
        if opened.card.fingerprint != trained_on:
            raise ValueError(
                f"{opened.root} is not what {run.root} was trained on (another "
                "fingerprint); give the best weights, whose predictions are "
                "kept, with --checkpoint=best."
            )
        evaluate(
            run.root,
            opened,
            split,
            checkpoint=step,
            output_dir=run.scored(split, step),
        )
