"""Weights, images and summaries that two programs make alike, by NumPy alone.

A tensor's numbers follow from its name in PyTorch, so that a program with
PyTorch and one without have the same weights, and only features need keeping.
"""

import zlib

import numpy as np

SIZES = (64, 97)  # Even sides, where paddings differ, and odd ones.
NETWORKS = ("mobilenet_v2", "resnet18", "resnet50_v1_5")
NUM_IMAGES = 2
NUM_CHANNELS = 8  # That a summary keeps.


def value(name, shape):
    """The numbers of a tensor that PyTorch calls `name`, float32."""
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    kind = name.rpartition(".")[2]
    if kind == "running_var":
        numbers = rng.uniform(0.5, 1.5, shape)
    elif kind == "weight" and len(shape) == 1:
        numbers = rng.uniform(0.5, 1, shape)
    elif kind == "weight":
        numbers = rng.normal(0, 1.4 / np.sqrt(np.prod(shape[1:])), shape)
    else:
        numbers = rng.normal(0, 0.1, shape)
    return numbers.astype(np.float32)


def images(size):
    """(NUM_IMAGES, size, size, 3), uint8."""
    rng = np.random.default_rng(size)
    return rng.integers(0, 256, (NUM_IMAGES, size, size, 3), np.uint8)


def summary(maps):
    """What is kept of maps (N, H, W, C): (3, N, NUM_CHANNELS) numbers.

    Their means, their first and their last position, at which padding shows.
    """
    kept = np.asarray(maps)[..., :NUM_CHANNELS]
    return np.stack([kept.mean(axis=(1, 2)), kept[:, 0, 0], kept[:, -1, -1]])
