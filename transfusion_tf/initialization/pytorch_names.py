"""Layers of PyTorch's files by what they are called.

A network's layer `layer1_0_conv1` is the module `layer1.0.conv1`. In front may
stand what the network was a part of: `module.` of data parallel training,
`backbone.`, `encoder.` and others of self-supervised training. In place of the
names of a ResNet's parts may stand their numbers, where it was taken apart
into a sequence, as RadImageNet's is (github.com/BMEII-AI/RadImageNet,
pytorch_example.ipynb): `backbone.4.0.conv1`.
"""

import collections
import dataclasses
import re

from transfusion_tf import names
from transfusion_tf.initialization import (
    fingerprints,
    misfits,
    sources,
)

# The parts of torchvision's ResNet, in its order.
_PARTS = (
    *("conv1", "bn1", "relu", "maxpool"),
    *("layer1", "layer2", "layer3", "layer4"),
)
# Copies of a network that follow it slowly, and are not meant to be used: of
# MoCo (He et al. 2020, arXiv:1911.05722) and of libraries that have it.
_FOLLOWERS = frozenset(
    ("encoder_k", "momentum_backbone", "backbone_momentum", "momentum_encoder")
)
# What names say of networks that are not built here as PyTorch has them.
_SIGNS = (
    ("denseblock", "a DenseNet"),
    ("relative_position_bias", "a Swin transformer"),
    ("attn.qkv", "a vision transformer"),
    ("encoder_layer_", "a vision transformer of torchvision"),
    ("layer_scale", "a ConvNeXt"),
    ("squeeze", "a SqueezeNet"),
    ("branch3x3", "an Inception"),
)


@dataclasses.dataclass(frozen=True)
class _Found:
    """What of a network is in a file below one prefix.

    Attributes:
      prefix: what stands in front of its names, "module.encoder_q", or "".
      partners: {layer of the network: SourceLayer}.
    """

    prefix: str
    partners: dict

    def has(self, layers):
        """Whether all these layers of the network have a partner."""
        return all(layer.name in self.partners for layer in layers)

    def misfits(self, layers):
        """(layer, SourceLayer) of those of other shapes."""
        pairs = [(x, self.partners[x.name]) for x in layers]
        return [(x, y) for x, y in pairs if sources.arranged(x, y) is None]

    def contains(self, layer):
        """Whether a SourceLayer is below the prefix, the network's or not."""
        return not self.prefix or layer.name.startswith(f"{self.prefix}.")

    def is_amid(self, layer):
        """Whether a SourceLayer is in a part of the network, as no head is.

        Such are the gates of a ResNet with squeeze and excitation,
        `layer1.0.se`, all other layers of which are those of a plain one.
        """
        parts = {self._part(x) for x in self.partners.values()}
        return self.contains(layer) and self._part(layer) in parts

    def _part(self, layer):
        """The first of a SourceLayer's names below the prefix."""
        start = len(self.prefix) + 1 if self.prefix else 0
        return layer.name[start:].partition(".")[0]

    @property
    def is_follower(self):
        """Whether it is a copy that is not meant to be used."""
        return not _FOLLOWERS.isdisjoint(self.prefix.split("."))


def partners(backbone, source, body, wanted):
    """({layer of the network: SourceLayer}, {SourceLayer's name: reason}).

    The second has the layers that are in another part of the file than the
    network, and why they are skipped: `is not in module.encoder_q`.

    Args:
      backbone: Backbone of the whole network.
      source: Source of a file of PyTorch's.
      body: layers of the network that the source may have.
      wanted: those of them that are to take weights.

    Raises:
      ValueError: the source is of another network or width, or has several
        copies of this one.
    """
    found = _the_one(backbone, source, body, wanted)
    left = source.without(found.partners)
    inside = [x for x in source.layers if found.contains(x)]
    telling = fingerprints.telling(x.shapes for x in inside)
    # No head has them, so there is more of a body than this network has.
    stray = [
        x
        for x in left
        if found.is_amid(x) or (x.shapes in telling and found.contains(x))
    ]
    if stray:
        shapes = misfits.shapes_text(stray[0].shapes)
        problem = f"{stray[0].name} with {shapes} is left over"
        _refuse(backbone, source, f"{problem}{misfits.more(stray)}")
    reason = f"is not in {found.prefix}"
    return found.partners, {
        layer.name: reason for layer in left if not found.contains(layer)
    }


def _the_one(backbone, source, body, wanted):
    """The _Found that is taken; raises ValueError if there is none."""
    needed = wanted or body
    candidates = [
        found
        for vocabulary in _vocabularies(body)
        for found in _below_prefixes(source, vocabulary)
    ]
    whole = [x for x in candidates if x.has(needed)]
    if not whole:
        has = max((x.partners for x in candidates), key=len, default={})
        if 2 * len(has) < len(needed):  # A few names that mean nothing.
            has = {}
        missing = [x for x in needed if x.name not in has]
        problem = f"it has nothing for {missing[0].name}"
        _refuse(backbone, source, f"{problem}{misfits.more(missing)}")
    fitting = [x for x in whole if not x.misfits(needed)]
    if not fitting:
        _refuse(backbone, source, misfits.text(whole[0].misfits(needed)))
    meant = [x for x in fitting if not x.is_follower] or fitting
    if len(meant) > 1:
        which = ", ".join(x.prefix or "without a prefix" for x in meant)
        raise ValueError(
            f"The weights of {source.name} do not fit {backbone.name}: several "
            f"networks in it would: {which}. Save the one that is meant by "
            "itself."
        )
    return meant[0]


def _vocabularies(body):
    """Yields {what a file may call a layer, dots as underscores: layer}."""
    yield {layer.name: layer.name for layer in body}
    numbered = {}
    for layer in body:
        part, *rest = layer.name.split("_")
        if part not in _PARTS:
            return
        number = str(_PARTS.index(part))
        numbered["_".join([number, *rest])] = layer.name
    yield numbered


def _below_prefixes(source, vocabulary):
    """A _Found for each prefix that something of a vocabulary is below."""
    found = collections.defaultdict(dict)
    for layer in source.layers:
        parts = layer.name.split(".")
        for place in range(len(parts)):
            if name := vocabulary.get("_".join(parts[place:])):
                found[".".join(parts[:place])][name] = layer
    return [_Found(prefix, partners) for prefix, partners in found.items()]


def _refuse(backbone, source, problem):
    raise ValueError(
        f"The weights of {source.name} do not fit {backbone.name}: {problem}. "
        f"{_advice(backbone, source)}"
    )


def _advice(backbone, source):
    """What to do about a file that does not fit."""
    name, known = backbone.name, _known(source)
    if name not in names.PYTORCH_MODELS:
        allowed = ", ".join(names.PYTORCH_MODELS)
        return (
            f"Weights of PyTorch go into {allowed}; these look like "
            f"{known or _by_signs(source)}."
        )
    if known == name:
        return f"Its kernels are those of a {name}, but names or shapes differ."
    return (
        f"They look like {known or _by_signs(source)}; give weights of a "
        f"{name}, or another --model."
    )


def _known(source):
    """The network of the zoo that some part of a file is, or None."""
    prefixes = {
        ".".join(parts[:place])
        for parts in (layer.name.split(".") for layer in source.layers)
        for place in range(len(parts))
    }
    for prefix in sorted(prefixes, key=lambda x: (len(x), x)):
        part = _Found(prefix, {})
        shapes = [x.shapes for x in source.layers if part.contains(x)]
        if known := fingerprints.recognise(shapes):
            return known
    return None


def _by_signs(source):
    """What the names say that a network is that is not built here."""
    titles = [layer.name for layer in source.layers]
    blocks = [
        set(re.findall(rf"\blayer{stage}\.(\d+)\.", " ".join(titles)))
        for stage in (1, 2, 3, 4)
    ]
    if all(blocks):
        counts = " + ".join(str(len(x)) for x in blocks)
        return f"a ResNet of {counts} blocks"
    for sign, what in _SIGNS:
        if any(sign in title for title in titles):
            return what
    return "no network of the zoo"
