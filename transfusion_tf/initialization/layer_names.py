"""Layers of a source by what they are called, and arrays within a layer.

Keras' own networks have been called differently over the years: by slashes for
underscores, in capitals, `res2a_branch1` for `conv2_block1_0_conv`, and by
numbers that count what a process has built before.
"""

import re

from transfusion_tf.models import rebuild, slim

# Prefixes that layers have had by themselves: {older: today's}.
_AUTOMATIC = {
    "convolution2d": "conv2d",
    "batchnormalization": "batch_normalization",
    "batch_normalization_v1": "batch_normalization",
    "batch_normalization_v2": "batch_normalization",
    "sync_batch_normalization": "batch_normalization",
}
# What arrays of a layer have been called: {older: today's}.
_ARRAYS = {
    "W": "kernel",
    "b": "bias",
    "depthwise_kernel": "kernel",
    "running_mean": "moving_mean",
    "running_std": "moving_variance",
}
_ROLES = {
    *("kernel", "bias", "gamma", "beta", "moving_mean", "moving_variance"),
}


def partners(backbone, body, layers, *, without_suffix=False):
    """{layer of the network: [SourceLayers that go by its name]}.

    Of layers that Keras names by itself, `conv2d_17`, the numbers give the
    order in which they were made, which is the same in all versions.

    Args:
      backbone: Backbone.
      body: its layers that take weights.
      layers: SourceLayers.
      without_suffix: read `conv1_2` as `conv1`: TensorFlow 1 numbers the names
        of a network that a process builds again.
    """
    wanted, numbered = {}, {}
    for layer in body:
        kind, number = _automatic(layer.name)
        if kind == rebuild.snake_case(type(layer).__name__):
            numbered.setdefault(kind, []).append((number, layer.name))
        else:
            wanted |= dict.fromkeys(
                _names(backbone.name, layer.name), layer.name
            )
    found, counted = {}, {}
    for layer in layers:
        if not layer.is_named:
            continue
        kind, number = _automatic(_plain(layer.name.rpartition("/")[2]))
        title = layer.name
        if without_suffix:
            title = re.sub(r"_\d+$", "", title)
        if (name := _known(title, wanted)) is not None:
            found.setdefault(name, []).append(layer)
        elif kind in numbered:
            counted.setdefault(kind, {}).setdefault(number, []).append(layer)
    for kind, ours in numbered.items():
        theirs = sorted(counted.get(kind, {}).items())
        for (_, name), (_, same) in zip(sorted(ours), theirs, strict=False):
            found[name] = same
    return found


def is_automatic(layer):
    """Whether Keras has named this layer of a network by itself."""
    kind = rebuild.snake_case(type(layer).__name__)
    return _automatic(layer.name)[0] == kind


def arranged(weights, tensors):
    """The tensors of a source's layer in the order of a network's weights.

    Args:
      weights: names of the weights, in the layer's order.
      tensors: (name, array) of each tensor, in the order of the source.

    Returns:
      Tuple of (name, array); as they come where their names say nothing; None
      if they are not the same weights by name.
    """
    roles = [_role(name) for name, _ in tensors]
    if None in roles or not set(weights) <= _ROLES:
        return tuple(tensors)
    if sorted(roles) != sorted(weights):
        return None
    by_role = dict(zip(roles, tensors, strict=True))
    return tuple(by_role[weight] for weight in weights)


def _role(name):
    """`gamma` for `bn1/gamma:0` and for Keras 1's `bn1_gamma`, or None."""
    last = name.rpartition("/")[2].partition(":")[0]
    known = "|".join((*_ROLES, *_ARRAYS))
    if found := re.search(rf"(?:^|_)({known})$", last):
        return _ARRAYS.get(found[1], found[1])
    return None


def _known(name, wanted):
    """What a layer of this name is in `wanted`; None if nothing.

    In front of the name may stand those of the models that it is in.
    """
    parts = name.split("/")
    texts = [_plain("/".join(parts[i:])) for i in range(len(parts))]
    for text in texts:
        if text in wanted:
            return wanted[text]
    return None


def _plain(name):
    """`expanded_conv_depthwise_bn` for `expanded_conv/depthwise/BatchNorm`."""
    name = name.lower().replace("/", "_")
    return re.sub("batchnorm(?!al)", "bn", name)


def _automatic(name):
    """("conv2d", 17) for `conv2d_17`; ("conv1_conv", 0) for `conv1_conv`."""
    found = re.fullmatch(r"(.*?)(?:_(\d{1,9}))?", name, re.DOTALL)
    prefix, number = found.groups()
    return _AUTOMATIC.get(prefix, prefix), int(number or 0)


def _names(network, name):
    """All names that Keras has given to a layer of the network."""
    found = [_plain(name)]
    if slim.BASES.get(network, network) == "resnet50":
        found += _old_resnet(name)
    return found


def _old_resnet(name):
    """The name in keras.applications before Keras 2.3."""
    if first := re.fullmatch("conv1_(conv|bn)", name):
        return ["conv1" if first[1] == "conv" else "bn_conv1"]
    found = re.fullmatch(r"conv(\d)_block(\d+)_(\d)_(conv|bn)", name)
    if not found:
        return []
    stage, block, place, kind = found.groups()
    letter = chr(ord("a") + int(block) - 1)
    branch = {"0": "1", "1": "2a", "2": "2b", "3": "2c"}[place]
    prefix = "res" if kind == "conv" else "bn"
    return [f"{prefix}{stage}{letter}_branch{branch}"]
