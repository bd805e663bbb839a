"""Source weights by what --weights says; networks of finished runs."""

import dataclasses
import pathlib

from transfusion_tf import files
from transfusion_tf.initialization import imagenet, radimagenet, weight_files
from transfusion_tf.models import zoo
from transfusion_tf.runs import checksums
from transfusion_tf.runs import record as run_record
from transfusion_tf.runs.directory import RunDir

# What --weights offers besides files and run directories.
PUBLISHED = {"imagenet": imagenet.read, "radimagenet": radimagenet.read}


def read(weights, model):
    """Reads the source weights of a network; none are built or executed.

    Args:
      weights: "imagenet", "radimagenet", a file, or the directory of a run
        (its best weights).
      model: name of the network that will take them.

    Raises:
      FileNotFoundError: there is no such file or run.
      ValueError: these are no weights, or damaged ones.
    """
    if weights in PUBLISHED:
        return PUBLISHED[weights](model)
    path = pathlib.Path(weights)
    if path.is_dir():
        return _read_run(RunDir(path))
    if not path.exists():
        raise FileNotFoundError(
            f"--weights={weights}: there is no such file or directory; give a "
            f"file, a run directory, {' or '.join(PUBLISHED)}."
        )
    _check_if_of_run(path.absolute())
    source = weight_files.read(path)
    architecture = source.identity["architecture"]
    if not imagenet.is_published(path, architecture):
        return source
    native = zoo.native_scaling(architecture)
    return dataclasses.replace(source, scalings=(native,), is_published=True)


def load_backbone(run, checkpoint):
    """The network of a run with the weights of a checkpoint.

    Args:
      run: RunDir or path.
      checkpoint: "best", "last" or a step that was saved.

    Raises:
      FileNotFoundError, ValueError: no run, no such weights, or damaged ones.
    """
    run = run if isinstance(run, RunDir) else RunDir(run)
    record = run_record.read(run)
    config = run_record.read_config(run)
    backbone = zoo.build(
        config.model.name,
        num_outputs=len(record["data"]["classes"]),
        image_size=record["data"]["image_size"],
        **config.model.build_options,
    )
    path = run.weights(run.checkpoint_step(checkpoint))
    checksums.check(run, path)
    try:
        backbone.model.load_weights(path)
    except weight_files.DAMAGE as error:
        reason = files.one_line(error) or type(error).__name__
        raise ValueError(
            f"{path} does not hold the weights of a {backbone.name} "
            f"({reason}); train again or choose another checkpoint."
        ) from None
    return backbone


def _check_if_of_run(path):
    """Checks a file that lies where a run has its weights."""
    run = RunDir(path.parent.parent)
    if path.parent == run.best.parent and run_record.is_there(run):
        checksums.check(run, path)


def _read_run(run):
    """The Source of a run's best weights."""
    path = run.weights(step := run.checkpoint_step("best"))
    record = run_record.read(run)
    model = run_record.read_config(run).model
    checksums.check(run, path)
    source = weight_files.read(path)
    scaling = model.input_scaling
    if scaling == "auto":  # Of a run from before it was resolved.
        scaling = zoo.native_scaling(model.name)
    return dataclasses.replace(
        source,
        name=f"{run.root} ({model.name})",
        scalings=(scaling,),
        identity={
            **source.identity,
            "kind": "run",
            "model": model.name,
            "dataset": record["data"]["name"],
            "step": step,
        },
    )
