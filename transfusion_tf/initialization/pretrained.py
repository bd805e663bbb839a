"""Source weights, and the input scaling with them, by what --weights says."""

import dataclasses
import pathlib

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
    is_known = architecture in imagenet.FILES
    if not (is_known and imagenet.is_published(path, architecture)):
        return source
    native = zoo.native_scaling(architecture)
    return dataclasses.replace(source, scalings=(native,), is_published=True)


def source_and_model(config):
    """The source of the weights, or None, and the ModelConfig that goes with.

    In the ModelConfig, input_scaling is resolved to what the weights need.

    Args:
      config: RunConfig.

    Raises:
      ValueError, FileNotFoundError: the weights cannot be read, or the input
        scaling asked for contradicts them.
    """
    source, model = None, config.model
    if config.init.weights is not None:
        source = read(config.init.weights, model.name)
    asked, allowed = model.input_scaling, source.scalings if source else ()
    if asked == "auto":
        asked = (*allowed, zoo.native_scaling(model.name))[0]
    elif allowed and asked not in allowed:
        raise ValueError(
            f"--input_scaling={asked} contradicts {source.name}, which needs "
            f"{' or '.join(allowed)}; leave the flag out."
        )
    return source, dataclasses.replace(model, input_scaling=asked)


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
        name=f"{run.root} ({model.label})",
        scalings=(scaling,),
        identity={
            **source.identity,
            "kind": "run",
            "model": model.label,
            "dataset": record["data"]["name"],
            "step": step,
        },
    )
