"""Weights with the statistics of a source's, and none of its features."""

import numpy as np

MATCHED, SHUFFLED = "mean_var", "shuffled"


def normal(array, rng):
    """Values i.i.d. normal with the mean and variance of an array's."""
    exact = array.astype(np.float64)
    values = rng.normal(exact.mean(), exact.std(), array.shape)
    return values.astype(array.dtype)


def permuted(array, rng):
    """The values of an array, in another order over all of its axes."""
    return rng.permutation(array.ravel()).reshape(array.shape)


# {kind: function (array, rng) -> array}
DRAWS = {MATCHED: normal, SHUFFLED: permuted}


def kinds(paths, kind, *, with_biases):
    """{path: MATCHED or SHUFFLED} of the weights that are drawn.

    Kernels are of the `kind`. Biases are always MATCHED, so that what is made
    of the kernels is all in which two kinds differ.

    Args:
      paths: of weights of a network.
      kind: MATCHED or SHUFFLED.
      with_biases: whether biases are drawn at all.
    """
    found = {path: kind for path in paths if _role(path) == "kernel"}
    if with_biases:
        found |= {path: MATCHED for path in paths if _role(path) == "bias"}
    return found


def has_biases(paths):
    """Whether one of the weights is a bias."""
    return any(_role(path) == "bias" for path in paths)


def _role(path):
    return path.rpartition("/")[2]
