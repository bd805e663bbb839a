"""Source weights, read as arrays: never unpickled, no code, no configs run."""

import dataclasses

from transfusion_tf import files, run_record
from transfusion_tf.models import zoo
from transfusion_tf.run_dir import RunDir


@dataclasses.dataclass(frozen=True)
class Source:
    """Weights that another network can start from.

    Attributes:
      name: what messages call it.
      tensors: {variable path: array}.
      head_paths: paths of the variables that belong to the source's own task.
      identity: JSON-able: kind, model, dataset, step, sha256 of the file.
    """

    name: str
    tensors: dict
    head_paths: frozenset
    identity: dict


def read(weights):
    """Reads the best weights of the run directory `weights`.

    Raises:
      FileNotFoundError: there is no such directory, or no run in it.
      ValueError: the weights are damaged.
    """
    run = RunDir(weights)
    if not run.root.is_dir():
        raise FileNotFoundError(
            f"--weights={weights} is not a directory; give the directory of a "
            "run made by train.py."
        )
    step = run.checkpoint_step("best")
    backbone = load_backbone(run, step)
    record = run_record.read(run)
    return Source(
        name=f"{run.root} ({backbone.name})",
        tensors={v.path: v.numpy() for v in backbone.model.variables},
        head_paths=frozenset(backbone.head_paths),
        identity={
            "kind": "run",
            "model": backbone.name,
            "dataset": record["data"]["name"],
            "step": step,
            "sha256": files.file_sha256(run.weights(step)),
        },
    )


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
        bn_momentum=config.model.bn_momentum,
    )
    path = run.weights(run.checkpoint_step(checkpoint))
    try:
        backbone.model.load_weights(path)
    except (OSError, ValueError, KeyError) as error:
        reason = str(error).splitlines()[0]
        raise ValueError(
            f"{path} does not hold the weights of a {backbone.name} "
            f"({reason}); train again or choose another checkpoint."
        ) from None
    return backbone
