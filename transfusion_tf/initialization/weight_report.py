"""What becomes of each tensor of a source in a network, as a table."""

from transfusion_tf import tables
from transfusion_tf.initialization import matching

COLUMNS = ("tensor", "shape", "weight", "skipped")


def run(backbone, source):
    """A DataFrame of COLUMNS, one row per tensor, in the source's order.

    `weight` is the path of the network's weight that takes the tensor, or
    empty; `skipped` says why none does, or is empty.

    Args:
      backbone: Backbone; its variables need no values.
      source: Source.

    Raises:
      ValueError: the source does not fit the network.
    """
    match = matching.plan(backbone, source)
    weights = {tensor: path for path, tensor in match.names.items()}
    shapes = {name: array.shape for name, array in source.tensors.items()}
    found = [
        {
            "tensor": name,
            "shape": " x ".join(map(str, shapes.get(name, ()))),
            "weight": weights.get(name, ""),
            "skipped": match.skipped.get(name, ""),
        }
        for name in (*source.tensors, *source.passed_over)
    ]
    return tables.frame(found, columns=COLUMNS)
