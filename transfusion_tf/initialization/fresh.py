"""Fresh values of variables, each drawn by a seed of its own."""

import hashlib

import numpy as np

# A layer keeps the initialiser of its weight "kernel" as `kernel_initializer`;
# {(class, weight): another prefix that Keras has given it}.
_INITIALIZER_PREFIXES = {("DepthwiseConv2D", "kernel"): "depthwise"}


def draw(layer, variable, seed):
    """A fresh value of `variable` by its layer's initialiser."""
    initializer = _initializer_of(layer, variable)
    settings = initializer.get_config()
    if "seed" in settings:
        settings["seed"] = seed_of(seed, variable.path)
    copy = type(initializer).from_config(settings)
    return np.asarray(copy(variable.shape, dtype=variable.dtype))


def _initializer_of(layer, variable):
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


def seed_of(seed, path):
    """A 31-bit seed from the run's seed and the variable's path."""
    digest = hashlib.sha256(f"{seed}:{path}".encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1
