"""What PyTorch would keep of a network of the zoo that it builds as well."""

import keras
import numpy as np

from tests.models import named_weights

_NORM = ("weight", "bias", "running_mean", "running_var")
_HEADS = {"mobilenet_v2": "classifier.1"}


def state(backbone, *, prefix="", num_classes=10):
    """{name: array} of all tensors, by `named_weights.value`.

    Args:
      backbone: Backbone whose layers are called like PyTorch's modules.
      prefix: what is in front of all names.
      num_classes: of the dense layer, with which it ends.
    """
    found = {}
    for stage in backbone.stages:
        for layer in stage.layers:
            found |= tensors(layer, prefix)
    width = backbone.stages[-1].output.shape[-1]
    head = prefix + _HEADS.get(backbone.name, "fc")
    return found | {
        f"{head}.weight": named_weights.value("", (num_classes, width)),
        f"{head}.bias": np.zeros(num_classes, np.float32),
    }


def tensors(layer, prefix=""):
    """{name: array} of one layer."""
    module = layer.name.replace("_", ".")
    names = [f"{module}.{kind}" for kind in _NORM]
    shapes = [tuple(weight.shape) for weight in layer.weights]
    if isinstance(layer, keras.layers.DepthwiseConv2D):
        height, width, channels, _ = shapes[0]
        shapes = [(channels, 1, height, width)]
    elif isinstance(layer, keras.layers.Conv2D):
        height, width, inputs, outputs = shapes[0]
        shapes = [(outputs, inputs, height, width)]
    found = {
        prefix + name: named_weights.value(name, shape)
        for name, shape in zip(names, shapes, strict=False)
    }
    if len(shapes) > 1:
        found[f"{prefix}{module}.num_batches_tracked"] = np.int64(7)
    return {name: np.asarray(array) for name, array in found.items()}
