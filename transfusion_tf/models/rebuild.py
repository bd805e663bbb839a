"""A copy of a functional model, other layers in some places."""

import collections
import re

import keras


def rebuild(model, change):
    """A copy of a functional model with fresh weights, all on one level.

    Models inside the model give way to their layers. A layer that Keras named
    by itself, `conv2d_94`, is named as in the first model of a process,
    `conv2d`: names are an interface, whatever was built before.

    Args:
      model: functional model; its order of layers is kept.
      change: function (layer, config) -> layer or None, called with each layer
        and a copy of its settings (new name included), which it may alter.
        None: a layer of the same class with these settings.
    """
    names = _settled_names(model)

    def clone(layer):
        """A layer for the copy, fresh and under its settled name."""
        if isinstance(layer, keras.Sequential):
            return layer  # Only its layers, by `call`, enter the copy.
        config = layer.get_config()
        if isinstance(layer, keras.layers.Layer):
            config["name"] = names.get(layer.name, layer.name)
        return change(layer, config) or type(layer).from_config(config)

    def call(layer, *args, **kwargs):
        """Calls a layer of the copy; a Sequential, layer by layer."""
        if not isinstance(layer, keras.Sequential):
            return layer(*args, **kwargs)
        (x,) = args
        for inner in layer.layers:
            x = clone(inner)(x)
        return x

    return keras.models.clone_model(
        model, clone_function=clone, call_function=call
    )


def _settled_names(model):
    """{name that Keras gave: the name it gives in a fresh process}."""
    automatic = collections.defaultdict(dict)
    for layer in model.layers:
        kind = snake_case(type(layer).__name__)
        if found := re.fullmatch(rf"{kind}(?:_(\d+))?", layer.name):
            automatic[kind][int(found[1] or 0)] = layer.name
    return {
        numbered[number]: f"{kind}_{place}" if place else kind
        for kind, numbered in automatic.items()
        for place, number in enumerate(sorted(numbered))
    }


def snake_case(name):
    """`conv2d` for `Conv2D`, as Keras names layers."""
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", re.sub(r"\W+", "", name))
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()
