"""Networks with weights of their own, and images that they tell apart."""

import numpy as np


def shake(model, seed=1):
    """Gives all weights values of the size that trained ones have."""
    rng = np.random.default_rng(seed)
    for layer in model.layers:
        layer.set_weights([_values(weight, rng) for weight in layer.weights])


def images(size, number=3):
    """(number, size, size, 3) float32 noise, each brighter than the last."""
    rng = np.random.default_rng(0)
    values = rng.uniform(0, 255, (number, size, size, 3))
    bright = np.linspace(0.3, 1, number).reshape(-1, 1, 1, 1)
    return (values * bright).astype(np.float32)


def _values(weight, rng):
    """Kernels keep the scale of what goes through them; others vary a bit."""
    if weight.name == "kernel":
        spread = 1 / np.sqrt(np.prod(weight.shape[:-1]))
        return rng.normal(0, spread, weight.shape)
    centre = 1 if weight.name in ("gamma", "moving_variance") else 0
    return rng.normal(centre, 0.1, weight.shape)
