"""Whether a layer of a source can be a layer of a network, and why not."""

from transfusion_tf.initialization import layer_names


def shapes_of(layer):
    """The shapes of the weights of a network's layer."""
    return tuple(tuple(weight.shape) for weight in layer.weights)


def arranged(layer, partner):
    """(name, array) for each weight of a layer; None if they do not fit.

    Args:
      layer: layer of a network.
      partner: SourceLayer, or None.
    """
    if partner is None:
        return None
    weights = [weight.name for weight in layer.weights]
    tensors = layer_names.arranged(weights, partner.tensors)
    if tensors is None or any(x.dtype.kind != "f" for _, x in tensors):
        return None
    if tuple(array.shape for _, array in tensors) != shapes_of(layer):
        return None
    return tensors


def is_scaled(layer, partner, *, narrower=None):
    """Whether a layer is one of a source but for its width.

    Args:
      layer: layer of a network.
      partner: SourceLayer.
      narrower: whether the network is the narrower one; None: either may be.
    """
    ours, theirs = shapes_of(layer), partner.shapes
    if [len(x) for x in ours] != [len(x) for x in theirs]:
        return False
    # The sides of a kernel stay as they are.
    if [x[:-2] for x in ours] != [x[:-2] for x in theirs]:
        return False
    pairs = [
        (a, b)
        for x, y in zip(ours, theirs, strict=True)
        for a, b in zip(x, y, strict=True)
    ]
    less, more = all(a <= b for a, b in pairs), all(a >= b for a, b in pairs)
    return less if narrower else less or more


def text(misfits):
    """Says what is wrong with the first of (layer, SourceLayer or None)."""
    layer, partner = misfits[0]
    return (
        f"{layer.name} needs {shapes_text(shapes_of(layer))}; in its place is "
        f"{_found(layer, partner)}{more(misfits)}"
    )


def _found(layer, partner):
    if partner is None:
        return "none"
    found = f"{partner.name} with {shapes_text(partner.shapes)}"
    kinds = {array.dtype for _, array in partner.tensors}
    if integers := sorted(str(x) for x in kinds if x.kind != "f"):
        return f"{found}, as {integers[0]}: these weights are quantized"
    if sorted(partner.shapes) == sorted(shapes_of(layer)):
        names = ", ".join(name for name, _ in partner.tensors)
        return f"{found}, that is, {names}"
    return found


def shapes_text(shapes):
    """Shapes, one after another."""
    return ", ".join(map(str, shapes))


def more(items):
    """How many there are besides the first, in brackets."""
    return f" (and {len(items) - 1} more layers)" if len(items) > 1 else ""
