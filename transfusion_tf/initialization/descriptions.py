"""The description of a model that Keras keeps beside its weights, as data.

It is searched for layers that carry code, and for the names and the order of
the layers, which the weights alone do not always show. No layer is made of it.
"""

import collections
import dataclasses
import json

from transfusion_tf.initialization import hdf5
from transfusion_tf.models import rebuild

_LAMBDAS = {"Lambda", "__lambda__"}


@dataclasses.dataclass(frozen=True)
class Described:
    """A layer, as a description has it.

    Attributes:
      name: its name.
      part: what Keras 3 calls it among its siblings in files of weights:
        "conv2d", "conv2d_1", ... in the model's order.
      inner: if it is a model, its layers, a tuple of Described.
    """

    name: str
    part: str
    inner: tuple = ()

    @property
    def leaves(self):
        """Names of the layers in it that are no models, in order."""
        if not self.inner:
            return [self.name]
        return [name for layer in self.inner for name in layer.leaves]


def read(text):
    """The layers of a model from its JSON text, a tuple of Described.

    Empty where there is no text, or none that lists its layers.

    Raises:
      hdf5.Refused: not JSON, or with a Lambda layer in it.
    """
    found = set()

    def look(part):
        name = part.get("class_name")
        found.update({name} & _LAMBDAS if isinstance(name, str) else ())
        return part

    try:
        model = json.loads(text or "{}", object_hook=look)
        layers = _layers(model)
    except (json.JSONDecodeError, RecursionError):
        raise hdf5.Refused("its description of the model is not JSON") from None
    if found:
        raise hdf5.Refused(
            "its model has a Lambda layer, that is, Python code (save the "
            "weights alone)"
        )
    return layers


def by_path(layers, root=""):
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


def _layers(model):
    """The Described of a model or layer; () where it lists none."""
    config = model.get("config") if isinstance(model, dict) else None
    # Keras 1 and 2.0 describe a Sequential by the bare list.
    layers = config.get("layers") if isinstance(config, dict) else config
    counts, found = collections.Counter(), []
    for layer in layers if isinstance(layers, list) else ():
        if not isinstance(layer, dict):
            continue
        kind = rebuild.snake_case(str(layer.get("class_name")))
        part = f"{kind}_{counts[kind]}" if counts[kind] else kind
        counts[kind] += 1
        settings = layer.get("config")
        name = settings.get("name") if isinstance(settings, dict) else None
        found.append(
            Described(str(name or layer.get("name")), part, _layers(layer))
        )
    return tuple(found)
