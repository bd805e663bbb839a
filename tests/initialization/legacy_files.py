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


def layers_of(model, name=lambda layer: layer.name):
    """{layer: {weight: array}} of a model, as `legacy` takes it."""
    return {
        name(layer): {
            f"{name(layer)}/{weight.name}:0": weight.numpy()
            for weight in layer.weights
        }
        for layer in model.layers
        if layer.weights
    }


def without_names(layers):
    """The same layers, called `layer0` and so on."""
    return {
        f"layer{place}": {
            f"layer{place}/{x.rpartition('/')[2]}": array
            for x, array in arrays.items()
        }
        for place, arrays in enumerate(layers.values())
    }


def old_name(name):
    """A layer's name in keras.applications before Keras 2.3."""
    if name in ("conv1_conv", "conv1_bn"):
        return {"conv1_conv": "conv1", "conv1_bn": "bn_conv1"}[name]
    stage, block, place, kind = name.split("_")
    branch = ("1", "2a", "2b", "2c")[int(place)]
    letter = "abcdef"[int(block[-1]) - 1]
    prefix = {"conv": "res", "bn": "bn"}[kind]
    return f"{prefix}{stage[-1]}{letter}_branch{branch}"


def in_old_order(names):
    """The branch came before the shortcut that passes by it."""
    turned = {name: name.replace("_0_", "_3_") for name in names}
    turned |= {last: first for first, last in turned.items() if first != last}
    # Only in the first block of a stage are there both.
    return [turned[name] for name in names]
