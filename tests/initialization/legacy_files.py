"""Small legacy HDF5 files, as Keras writes them, to be read or damaged."""

import contextlib

import h5py
import numpy as np

KERNEL = np.arange(24, dtype=np.float32).reshape(2, 2, 3, 2)
LONG = 40_000  # Characters of a name that fills an attribute.


def legacy(path, *, layers=None, root="/", backend="tensorflow"):
    """Writes a legacy file of {layer: {weight: array}}, as Keras does."""
    layers = {"conv1": {"conv1/kernel:0": KERNEL}} if layers is None else layers
    with h5py.File(path, "w") as file:
        group = file.require_group(root)
        group.attrs["layer_names"] = [name.encode() for name in layers]
        group.attrs["backend"] = backend.encode()
        for name, arrays in layers.items():
            inner = group.create_group(name)
            inner.attrs["weight_names"] = [path.encode() for path in arrays]
            for weight, array in arrays.items():
                inner[weight] = array
    return path


@contextlib.contextmanager
def changed(path):
    """The file of `legacy`, to be tampered with."""
    with h5py.File(legacy(path), "r+") as file:
        yield file
