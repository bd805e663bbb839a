"""Representations to compare."""

import numpy as np


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def related(num_datapoints=500, seed=0):
    """Two representations, of 6 and 4 neurons, that share two of them."""
    x = normal(num_datapoints, 6, seed=seed)
    y = normal(num_datapoints, 4, seed=seed + 1)
    y[:, :2] += x[:, :2]
    return x, y
