"""What PyTorch keeps of a network, as layers with arrays as Keras has them.

A file has a name for each tensor, `layer1.0.bn1.running_mean`: a module and
what PyTorch calls the tensor in it. How modules depend on one another it does
not say, nor in which order they come.
"""

import collections
import json
import shlex

from transfusion_tf.initialization.sources import SourceLayer

# Tensors of a module, in the order of the weights of Keras' layers.
_TENSORS = ("weight", "bias", "running_mean", "running_var")
_COUNTERS = "num_batches_tracked"
WHY_NOT_COUNTERS = "counts training steps of batch norm"
_COLOURS = 3
_SUFFIX = ".safetensors"


def layers(tensors):
    """(list of SourceLayer, {tensor: why it is in none of them}).

    Kernels (out, in, height, width) become (height, width, in, out), and those
    of dense layers (out, in) become (in, out). A kernel of one input channel
    is a depthwise one, (height, width, channels, 1), if any other takes
    colours; else it may be the first of a network for grey images.

    Args:
      tensors: {name: array}, as PyTorch names and lays them out. What is not
        called like the tensors of PyTorch's modules (a class token) is a layer
        by itself, as it is.
    """
    takes_colours = any(
        array.ndim == 4 and array.shape[1] == _COLOURS
        for array in tensors.values()
    )
    modules, passed_over = collections.defaultdict(dict), {}
    for name, array in tensors.items():
        module, _, kind = name.rpartition(".")
        if kind == _COUNTERS:
            passed_over[name] = WHY_NOT_COUNTERS
        elif kind not in _TENSORS or not module:
            modules[name][name] = array
        else:
            if kind == "weight":
                array = _as_in_keras(array, takes_colours)
            modules[module][name] = array
    found = [_layer(module, arrays) for module, arrays in modules.items()]
    return found, passed_over


def _layer(module, arrays):
    """The SourceLayer of a module; its order among others is not known."""
    places = {f"{module}.{kind}": i for i, kind in enumerate(_TENSORS)}
    tensors = sorted(arrays.items(), key=lambda named: places.get(named[0], 0))
    return SourceLayer(module, None, tuple(tensors), sequence=None)


def _as_in_keras(weight, takes_colours):
    """A weight with inputs and outputs where Keras has them."""
    if weight.ndim < 2:
        return weight
    if weight.ndim == 4 and weight.shape[1] == 1 and takes_colours:
        return weight.transpose(2, 3, 0, 1)
    return weight.transpose(*range(2, weight.ndim), 1, 0)


def conversion(path):
    """What to say of a pickle: the line that makes safetensors of it.

    Args:
      path: pathlib.Path of the file.
    """
    target = path.with_suffix(_SUFFIX)
    if target == path:  # The pickle is not to be written over.
        target = path.with_suffix(f".converted{_SUFFIX}")
    source, target = (json.dumps(str(x)) for x in (path, target))
    code = (
        "import torch, safetensors.torch as s; "
        f'x = torch.load({source}, "cpu", weights_only=True); '
        'x = x.get("state_dict", x.get("model", x)); '
        "s.save_file({k: v.clone().contiguous() for k, v in x.items() "
        f"if torch.is_tensor(v)}}, {target})"
    )
    return (
        "where PyTorch and safetensors are installed, this line makes a file "
        f"of it that is taken: python -c {shlex.quote(code)}"
    )
