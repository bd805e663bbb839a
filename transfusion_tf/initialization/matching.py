"""Which variable of a network takes which tensor of a source."""


def plan(backbone, source):
    """Returns {path: array} for every variable of `backbone` but the head's.

    Args:
      backbone: Backbone that takes weights.
      source: has `name`, `tensors` {path: array} and `head_paths`.

    Raises:
      ValueError: the source is of another architecture; the message lists
        what is missing, what has another shape and what is left over.
    """
    wanted = {
        variable.path: tuple(variable.shape)
        for stage in backbone.stages
        for variable in stage.variables
    }
    offered = {
        path: array
        for path, array in source.tensors.items()
        if path not in source.head_paths
    }
    missing = sorted(wanted.keys() - offered.keys())
    extra = sorted(offered.keys() - wanted.keys())
    wrong = [
        f"{path}: {offered[path].shape} for {shape}"
        for path, shape in wanted.items()
        if path in offered and offered[path].shape != shape
    ]
    if missing or extra or wrong:
        raise ValueError(
            f"The weights of {source.name} do not fit {backbone.name}: "
            f"missing {_some(missing)}; other shape {_some(wrong)}; left over "
            f"{_some(extra)}. Give weights of a {backbone.name}."
        )
    return {path: offered[path] for path in wanted}


def _some(items, most=3):
    """The first few of `items`, and how many there are besides."""
    if not items:
        return "none"
    more = f" and {len(items) - most} more" if len(items) > most else ""
    return ", ".join(items[:most]) + more
