"""What notebooks and binaries call: train, evaluate, load, look at images."""

import dataclasses
import functools
import pathlib

import keras
import tensorflow as tf

from transfusion_tf import files, progress
from transfusion_tf.datasets import (
    images,
    naming_damage,
    open_dataset,
    open_for,
)
from transfusion_tf.runs import checksums, guard
from transfusion_tf.runs import record as run_record
from transfusion_tf.runs.directory import RunDir
from transfusion_tf.runs.networks import load_backbone
from transfusion_tf.training import (
    cluster,
    evaluation,
    loop,
    scoring,
    setup,
    step,
)

__all__ = [
    "evaluate",
    "evaluate_last",
    "images",
    "load_backbone",
    "open_dataset",
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
        parts = _Parts.build(prepared)
        with (
            guard.hold(run, record, overwrite=overwrite) as is_open,
            naming_damage(prepared.records),
            cluster.naming_lost_workers(strategy),  # For status.json, too.
        ):
            if not cluster.agreed(strategy, is_open):
                return _reported(run)  # Another process has finished it.
            files.write_json(run.init_report, parts.report)
            parts.train(run, prepared)
    return run


def _assist(run, prepared):
    """What a worker does that is not the chief: the same, without the files."""
    if cluster.agreed(prepared.strategy, None):
        return
    parts = _Parts.build(prepared)
    if cluster.agreed(prepared.strategy, None):
        with naming_damage(prepared.records):
            parts.train(run, prepared)


@dataclasses.dataclass(frozen=True)
class _Parts:
    """What is trained, in a process whose seeds are set.

    Attributes:
      backbone: Backbone with its initial weights.
      report: where they are from.
      predictor: Predictor.
      take_step: TrainStep.
    """

    backbone: object
    report: dict
    predictor: evaluation.Predictor
    take_step: step.TrainStep

    @classmethod
    def build(cls, prepared):
        """Of a RunSetup; sets seeds and deterministic operations."""
        tf.config.experimental.enable_op_determinism()
        keras.utils.set_random_seed(prepared.config.seed)
        backbone, report = prepared.initial_backbone()
        predictor = prepared.predictor(backbone)
        take_step = step.TrainStep(
            prepared.strategy,
            backbone.model,
            prepared.task,
            prepared.config.train,
            frozen=prepared.frozen_layers(backbone),
        )
        return cls(backbone, report, predictor, take_step)

    def train(self, run, prepared):
        """Trains, and scores the best weights."""
        model = self.backbone.model
        best = loop.Loop(
            run,
            prepared.plan,
            strategy=prepared.strategy,
            model=model,
            step=self.take_step,
            learning_rate=prepared.learning_rate,
            batches=prepared.training_batches,
            validate=functools.partial(prepared.validate, self.predictor),
        ).fit()
        if cluster.is_chief(prepared.strategy):
            checksums.check(run, run.weights(best))
            model.load_weights(run.weights(best))
        cluster.share(prepared.strategy, model.variables)
        prepared.write_metrics(run, self.predictor, best)


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
        path, setup.training_ids(opened, config.data)
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
