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
    return Shared().load(run, checkpoint)


class Shared:
    """Networks of runs, built once for all runs that are built alike.

    To build a network takes longer than to load its weights, and functions that
    were traced for it are there for the next run.
    """

    def __init__(self):
        self._built = {}

    def load(self, run, checkpoint, place=0):
        """As load_backbone, but networks of one place are one object.

        The weights that were loaded there before are overwritten.

        Args:
          run, checkpoint: as of load_backbone.
          place: of several networks that are needed at once.
        """
        run = run if isinstance(run, RunDir) else RunDir(run)
        content, config = record.read(run), record.read_config(run)
        how = {
            "num_outputs": len(content["data"]["classes"]),
            "image_size": content["data"]["image_size"],
            **config.model.build_options,
        }
        key = config.model.name, repr(sorted(how.items())), place
        if key not in self._built:
            self._built[key] = zoo.build(config.model.name, **how)
        _load(self._built[key], run, checkpoint)
        return self._built[key]


def _load(backbone, run, checkpoint):
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
