"""How Keras draws a weight of a layer."""

# A layer keeps the initialiser of its weight "kernel" as `kernel_initializer`;
# {(class, weight): another prefix that Keras has given it}.
_INITIALIZER_PREFIXES = {("DepthwiseConv2D", "kernel"): "depthwise"}


def of_weight(layer, variable):
    """The initialiser that Keras has made `variable` with.

    Raises:
      LookupError: it is not known. A value left as it was built would depend on
        all draws of the process before it.
    """
    kind = type(layer).__name__
    prefix = _INITIALIZER_PREFIXES.get((kind, variable.name), variable.name)
    initializer = getattr(layer, f"{prefix}_initializer", None)
    if initializer is None:
        raise LookupError(
            f"The initialiser of {variable.path} ({kind}) is not known; add "
            "where it is to _INITIALIZER_PREFIXES."
        )
    return initializer
