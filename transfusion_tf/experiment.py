"""What notebooks and binaries call: train, evaluate, load, look at images."""

import functools
import pathlib

import keras
import tensorflow as tf

from transfusion_tf import files, run_guard, run_record, scoring
from transfusion_tf.datasets import images, naming_damage, open_dataset
from transfusion_tf.initialization.pretrained import load_backbone
from transfusion_tf.job import Job
from transfusion_tf.run_dir import RunDir
from transfusion_tf.training import evaluation, loop, step

__all__ = ["evaluate", "images", "load_backbone", "open_dataset", "train"]


def train(config, *, run_dir=None, overwrite=False):
    """Trains the run that a RunConfig describes, or continues it.

    The same configuration gives the same weights bit for bit on one machine,
    however often the run was interrupted. Global seeds are set and
    TensorFlow's deterministic operations are switched on for the process.

    Args:
      config: RunConfig.
      run_dir: directory of the run; None: runs/<config.run_name>.
      overwrite: delete the run that is in the directory.

    Returns:
      RunDir of the finished run.

    Raises:
      ValueError, FileNotFoundError, OSError: what was received cannot be
        trained, said in one line.
    """
    run = RunDir(run_dir or pathlib.Path("runs") / config.run_name)
    job = Job.prepare(config)
    record = job.record()
    if run_guard.is_finished(run, record, overwrite=overwrite):
        print(f"{run.root} is already finished; --overwrite repeats it.")
        return run
    tf.config.experimental.enable_op_determinism()
    keras.utils.set_random_seed(config.seed)
    backbone, report = job.initial_backbone()
    predictor = job.predictor(backbone)
    take_step = step.TrainStep(
        job.strategy, backbone.model, job.task, job.config.train
    )
    with (
        run_guard.hold(run, record, overwrite=overwrite),
        naming_damage(job.records),
    ):
        files.write_json(run.init_report, report)
        best = loop.Loop(
            run,
            job.plan,
            strategy=job.strategy,
            model=backbone.model,
            step=take_step,
            learning_rate=job.learning_rate,
            epoch_batches=job.epoch_batches,
            validate=functools.partial(job.validate, predictor),
        ).fit()
        backbone.model.load_weights(run.weights(best))
        job.write_metrics(run, predictor, best)
    return run


def evaluate(run_dir, opened, split, *, checkpoint="best", output_dir):
    """Scores `split` of any records with any weights of a run.

    Writes predictions.csv and metrics.json into `output_dir`.

    Args:
      run_dir: directory of a run.
      opened: Records with the task and classes that the run was trained on.
      split: "train", "val" or "test".
      checkpoint: "best", "last" or a step.
      output_dir: directory, made if need be.

    Returns:
      What metrics.json holds: metrics.summary.summarize, and `loss`.

    Raises:
      ValueError: the records have another task or other classes.
    """
    run, output_dir = RunDir(run_dir), pathlib.Path(output_dir)
    scoring.check_same_classes(run_record.read(run)["data"], opened)
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
    numbers = scoring.score(predictor, opened, split, config=config, path=path)
    files.write_json(output_dir / "metrics.json", numbers)
    return numbers
