"""Keras 3's format of weights: .weights.h5, also inside .keras archives.

A layer's arrays are `layers/<class>[_<k>]/vars/<i>`: k counts the layers of one
class in the model's order, i the layer's weights; the layers of a model inside
the model lie below it in the same way. The order of layers of different classes
is not kept, nor whether a layer comes before or after those of a model inside
the model, unless there is a description of the model besides. tf_keras and the
first versions of Keras 3 keep no names of layers; later ones do, as an
attribute of `vars`. See `_save_state` and `_save_container_state` in Keras'
saving/saving_lib.py.
"""

import dataclasses
import re

import h5py

from transfusion_tf.initialization import descriptions, hdf5
from transfusion_tf.initialization.sources import SourceLayer

# tf_keras and Keras 2.13 may use the second.
ROOTS = ("layers", "_layer_checkpoint_dependencies")
MAX_DEPTH = 12  # A model in a model needs two more.
# No weights: the random states of dropout.
_PASSED_OVER = ("vars", "seed_generator")


def find(file):
    """The group that holds the layers, or None."""
    for root in ROOTS:
        if root in file and isinstance(hdf5.child(file, root), h5py.Group):
            return hdf5.child(file, root)
    return None


def layers(group, arrays, described=()):
    """The SourceLayers of a group that `find` has found.

    Args:
      group: HDF5 group.
      arrays: hdf5.Arrays that reads them.
      described: the description of the model (descriptions.read).

    Returns:
      List of SourceLayer: in the model's order if it is described, else in
      order within each inner model and kind.
    """
    known = descriptions.by_path(described)
    found, places = [], []
    for place, part, layer in _groups(group, "", set()):
        kind, _ = _class_and_number(part)
        values = hdf5.child(layer, "vars")
        name = hdf5.attribute(values, "name")
        position, listed = known.get(f"{place}{part}", (None, None))
        title = name if isinstance(name, str) else listed or f"{place}{part}"
        tensors = tuple(
            (f"{title}/{key}", arrays.read(values, key))
            for key in sorted(hdf5.members(values), key=_length_first)
        )
        if tensors:
            is_named = isinstance(name, str) or listed is not None
            places.append(position)
            found.append(
                SourceLayer(title, kind, tensors, place, place, is_named)
            )
    if None not in places:
        order = sorted(range(len(found)), key=places.__getitem__)
        found = [dataclasses.replace(found[i], sequence="") for i in order]
    return found


def _groups(group, place, seen):
    """Yields (path of what it is in, name, group) of all groups with arrays."""
    address = h5py.h5o.get_info(group.id).addr
    if address in seen or place.count("/") > MAX_DEPTH:
        raise hdf5.Refused("its groups are linked in circles, or too deep")
    seen.add(address)
    for part in sorted(hdf5.members(group), key=_class_and_number):
        inner = hdf5.child(group, part)
        if part in _PASSED_OVER or not isinstance(inner, h5py.Group):
            continue
        if "vars" in inner:
            yield place, part, inner
        yield from _groups(inner, f"{place}{part}/", seen)


def _length_first(key):
    """Orders numbers that are written as text."""
    return len(key), key


def _class_and_number(part):
    """("conv2d", 3) for `conv2d_3`."""
    kind, number = re.fullmatch(r"(.+?)(?:_(\d+))?", part, re.DOTALL).groups()
    return kind, int(number or 0)
