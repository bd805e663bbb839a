"""The older HDF5 format of Keras: 1, 2 (tf_keras), and 3 for whole models.

A group (the file itself, or `model_weights` in a whole model) lists its layers
in the attribute `layer_names`, in the model's order, and each layer's group its
arrays in `weight_names`. See `save_weights_to_hdf5_group` in Keras'
legacy/saving/legacy_h5_format.py.
"""

from transfusion_tf.initialization import hdf5
from transfusion_tf.initialization.sources import SourceLayer

# Keras 2 and 3 write here what belongs to the model and to none of its layers.
_OF_THE_MODEL = "top_level_model_weights"


def find(file):
    """The group that lists the layers, or None."""
    if hdf5.has_names(file, "layer_names"):
        return file
    if "model_weights" in file:
        group = hdf5.child(file, "model_weights")
        if hdf5.has_names(group, "layer_names"):
            return group
    return None


def model_config(file):
    """The JSON text that describes a whole model, or None."""
    value = hdf5.attribute(file, "model_config")
    return None if value is None else hdf5.text(value)


def layers(group, arrays, described=()):
    """The SourceLayers of a group that `find` has found, in its order.

    Args:
      group: HDF5 group.
      arrays: hdf5.Arrays that reads them.
      described: the description of the whole model (descriptions.read).

    Raises:
      hdf5.Refused: written with a backend of other kernels, or damaged.
    """
    if hdf5.text(hdf5.attribute(group, "backend", "")) == "theano":
        # Its convolutions turn the kernel by half a turn (tf_keras'
        # hdf5_format.py, `preprocess_weights_for_loading`).
        raise hdf5.Refused(
            "it was written with Keras' Theano backend, whose kernels are "
            "mirrored"
        )
    names = hdf5.names(group, "layer_names")
    if _OF_THE_MODEL in group and _OF_THE_MODEL not in names:
        names.append(_OF_THE_MODEL)
    inner = {layer.name: layer.leaves for layer in described}
    found = []
    for name in names:
        layer = hdf5.child(group, name)
        tensors = [
            (path, arrays.read(layer, path))
            for path in hdf5.names(layer, "weight_names")
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
