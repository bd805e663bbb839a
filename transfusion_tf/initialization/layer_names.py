"""Layers of a source by what they are called.

Keras' own networks have been called differently over the years: by slashes for
underscores, in capitals, `res2a_branch1` for `conv2_block1_0_conv`, and by
numbers that count what a process has built before.
"""

import collections
import re

from transfusion_tf.initialization import layer_order, sources
from transfusion_tf.models import rebuild, slim

# Prefixes that layers have had by themselves: {older: today's}.
_AUTOMATIC = {
    "convolution2d": "conv2d",
    "batchnormalization": "batch_normalization",
    "batch_normalization_v1": "batch_normalization",
    "batch_normalization_v2": "batch_normalization",
    "sync_batch_normalization": "batch_normalization",
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


def contradict(backbone, body, source, named):
    """Whether numbers in names do not give the order that they seem to.

    They count what a process has made, which need not be this network alone:
    then shapes differ, or layers come before those that they need.

    Args:
      backbone: Backbone.
      body: its layers that take weights.
      source: Source.
      named: {layer of the network: SourceLayer} by their names.
    """
    places = {id(x): i for i, x in enumerate(source.layers)}
    groups = collections.defaultdict(list)
    for layer in body:
        partner = named.get(layer.name)
        if partner is None or not is_automatic(layer):
            continue
        if not sources.is_scaled(layer, partner):
            return True
        if partner.sequence is not None:
            key = partner.sequence, partner.kind, partner.shapes
            groups[key].append((layer, places[id(partner)]))
    for other in source.without(named):
        key = other.sequence, other.kind, other.shapes
        # What is not the network's comes after it: it is the head's.
        if any(place > places[id(other)] for _, place in groups[key]):
            return True
    turned = [
        group
        for group in groups.values()
        if [place for _, place in group] != sorted(x for _, x in group)
    ]
    return any(
        layer_order.contradicts(backbone.model, group) for group in turned
    )


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
