"""The two layouts that Keras gives to weights in HDF5 files.

Legacy (Keras 1, 2, tf_keras, and 3 for whole models): a group, the file itself
or `model_weights` in a whole model, lists its layers in the attribute
`layer_names`, in the model's order, and each layer's group its arrays in
`weight_names`. See `save_weights_to_hdf5_group` in Keras'
legacy/saving/legacy_h5_format.py.

Keras 3 (.weights.h5, also inside .keras archives): a layer's arrays are
`layers/<class>[_<k>]/vars/<i>`: k counts the layers of one class in the model's
order, i the layer's weights; the layers of a model inside the model lie below
it in the same way. The order of layers of different classes is not kept, nor
whether a layer comes before or after those of a model inside the model, unless
there is a description of the model besides. tf_keras and the first versions of
Keras 3 keep no names of layers; later ones do, as an attribute of `vars`. See
`_save_state` and `_save_container_state` in Keras' saving/saving_lib.py.
"""

import dataclasses
import re

import h5py
import numpy as np

from transfusion_tf.initialization.sources import SourceLayer
from transfusion_tf.stores.checked_hdf5 import Refused, attribute, child

# Keras 2 and 3 write here what belongs to the model and to none of its layers.
_OF_THE_MODEL = "top_level_model_weights"
# tf_keras and Keras 2.13 may use the second.
ROOTS = ("layers", "_layer_checkpoint_dependencies")
MAX_DEPTH = 12  # A model in a model needs two more.
# No weights: the random states of dropout.
_PASSED_OVER = ("vars", "seed_generator")


def find_legacy(file):
    """The group that lists the layers, or None."""
    if _has_names(file, "layer_names"):
        return file
    if "model_weights" in file:
        group = child(file, "model_weights")
        if _has_names(group, "layer_names"):
            return group
    return None


def model_config(file):
    """The JSON text that describes a whole model, or None."""
    value = attribute(file, "model_config")
    return None if value is None else _text(value)


def legacy_layers(group, arrays, described=()):
    """The SourceLayers of a group that `find_legacy` has found, in its order.

    Args:
      group: HDF5 group.
      arrays: checked_hdf5.Arrays that reads them.
      described: of the whole model, see weight_files.read_description.

    Raises:
      Refused: written with a backend of other kernels, or damaged.
    """
    if _text(attribute(group, "backend", "")) == "theano":
        # Its convolutions turn the kernel by half a turn (tf_keras'
        # hdf5_format.py, `preprocess_weights_for_loading`).
        raise Refused(
            "it was written with Keras' Theano backend, whose kernels are "
            "mirrored"
        )
    names = _names(group, "layer_names")
    if _OF_THE_MODEL in group and _OF_THE_MODEL not in names:
        names.append(_OF_THE_MODEL)
    inner = {layer.name: layer.leaves for layer in described}
    found = []
    for name in names:
        layer = child(group, name)
        tensors = [
            (path, arrays.read(layer, path))
            for path in _names(layer, "weight_names")
        ]
        found += _single_layers(name, tensors, inner.get(name, ()))
    return found


def _single_layers(name, tensors, leaves):
    """One SourceLayer, or those of the model that is a layer of this name.

    The arrays of a model inside the model lie together, first the trainable
    ones of all its layers, then the others: batch norm's statistics, and all of
    frozen layers. So their order is that of the layers only by chance; it is
    that of `leaves`, the names of the inner layers, where the file has them.
    """
    owners = [path.rpartition("/")[0] for path, _ in tensors]
    # Keras 1 names some arrays without their layer.
    if not all(owners):
        owners = [""] * len(tensors)
    distinct = list(dict.fromkeys(owners))
    is_model = len(distinct) > 1
    order = _order(distinct, leaves) if is_model else distinct
    return [
        SourceLayer(
            name=owner if is_model else name,
            kind=None,
            tensors=tuple(
                (_full_name(name, path), array)
                for (path, array), other in zip(tensors, owners, strict=True)
                if other == owner
            ),
            inside=f"{name}/" if is_model else "",
            sequence=None if order is None else "",
        )
        for owner in order or distinct
    ]


def _order(owners, leaves):
    """The owners in the order of the leaves; None where they give none."""
    places = {}
    for owner in owners:
        fitting = [
            (len(leaf), place)
            for place, leaf in enumerate(leaves)
            if owner == leaf or owner.endswith(f"/{leaf}")
        ]
        if not fitting:
            return None
        places[owner] = max(fitting)[1]
    if len(set(places.values())) < len(places):
        return None
    return sorted(owners, key=places.get)


def _full_name(layer, path):
    return path if path.startswith(f"{layer}/") else f"{layer}/{path}"


def find_keras_3(file):
    """The group that holds the layers, or None."""
    for root in ROOTS:
        if root in file and isinstance(child(file, root), h5py.Group):
            return child(file, root)
    return None


def keras_3_layers(group, arrays, described=()):
    """The SourceLayers of a group that `find_keras_3` has found.

    Args:
      group: HDF5 group.
      arrays: checked_hdf5.Arrays that reads them.
      described: of the model, see weight_files.read_description.

    Returns:
      List of SourceLayer: in the model's order if it is described, else in
      order within each inner model and kind.
    """
    known = _by_path(described)
    found, places = [], []
    for place, part, layer in _groups(group, "", set()):
        kind, _ = _class_and_number(part)
        values = child(layer, "vars")
        name = attribute(values, "name")
        position, listed = known.get(f"{place}{part}", (None, None))
        title = name if isinstance(name, str) else listed or f"{place}{part}"
        tensors = tuple(
            (f"{title}/{key}", arrays.read(values, key))
            for key in sorted(_members(values), key=_length_first)
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


def _by_path(layers, root=""):
    """{path in Keras 3's files: (place in the order, name)} of all leaves.

    A path is `conv2d_1`, or `sequential/layers/conv2d` inside of a model.
    """
    leaves = list(_leaves(layers, root))
    return {path: (place, name) for place, (path, name) in enumerate(leaves)}


def _leaves(layers, root):
    for layer in layers:
        path = f"{root}{layer.part}"
        if layer.inner:
            yield from _leaves(layer.inner, f"{path}/layers/")
        else:
            yield path, layer.name


def _groups(group, place, seen):
    """Yields (path of what it is in, name, group) of all groups with arrays."""
    address = h5py.h5o.get_info(group.id).addr
    if address in seen or place.count("/") > MAX_DEPTH:
        raise Refused("its groups are linked in circles, or too deep")
    seen.add(address)
    for part in sorted(_members(group), key=_class_and_number):
        inner = child(group, part)
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


def _members(group):
    """Names of what is in a group, as text."""
    return [_text(name) for name in group]


def _has_names(group, name):
    """Whether `group` has this list of names, whole or in chunks."""
    return name in group.attrs or f"{name}0" in group.attrs


def _names(group, name):
    """A list of names that Keras keeps in an attribute, as text.

    One that is too long for an attribute is in several: `layer_names0`, ...
    """
    keys = [name] if name in group.attrs else []
    while f"{name}{len(keys)}" in group.attrs:
        keys.append(f"{name}{len(keys)}")
    found = [value for key in keys for value in np.ravel(attribute(group, key))]
    return [_text(value) for value in found]


def _text(value):
    """An HDF5 string as text."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, str):
        return str(value)
    raise Refused(f"it has {type(value).__name__} where Keras has a name")
