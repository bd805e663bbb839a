"""The network of a run, with the weights that it has saved."""

from transfusion_tf import files
from transfusion_tf.models import zoo
from transfusion_tf.runs import checksums, record
from transfusion_tf.runs.directory import RunDir

# What damaged HDF5 files, and weights of other layers, make Keras raise.
_DAMAGE = (
    EOFError,
    LookupError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
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
    content, config = record.read(run), record.read_config(run)
    backbone = zoo.build(
        config.model.name,
        num_outputs=len(content["data"]["classes"]),
        image_size=content["data"]["image_size"],
        **config.model.build_options,
    )
    path = run.weights(run.checkpoint_step(checkpoint))
    checksums.check(run, path)
    try:
        backbone.model.load_weights(path)
    except _DAMAGE as error:
        reason = files.one_line(error)
        raise ValueError(
            f"{path} does not hold the weights of a {backbone.name} "
            f"({reason}); train again or choose another checkpoint."
        ) from None
    return backbone
