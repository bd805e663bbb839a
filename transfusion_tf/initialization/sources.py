"""Source weights: arrays in layers, what they fit, and what is odd about them.

Whether a layer of them can be a layer of a network is seen from its shapes.
"""

import dataclasses
import re

import numpy as np

from transfusion_tf.initialization import fingerprints

# A larger running variance is odd, except in the first batch norm: that one
# sees sums of raw pixel values (up to 146,335 in Keras' own ResNet50 in "caffe"
# scaling, github.com/matterport/Mask_RCNN/issues/573). Behind it, inputs are
# normalized: at most 10.3 in the first block of the same network. RadImageNet's
# DenseNet121 has up to 56,296 in its last block, and its logits explode
# (github.com/BMEII-AI/RadImageNet/issues/20).
HUGE_VARIANCE = 1000
PYTORCH_FORMAT = "safetensors"  # Of files with PyTorch's names.
# Names of the running variance in Keras 2 and 3, in Keras 1, and in PyTorch.
_VARIANCE = ("moving_variance", "running_std", "running_var")
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


@dataclasses.dataclass(frozen=True)
class SourceLayer:
    """The arrays of one layer.

    Attributes:
      name: what the file calls it.
      kind: its class as in .weights.h5 files ("conv2d"), or None where the
        file does not say.
      tensors: tuple of (name, array), in Keras' order: trainable ones first.
        Names are unique in a source.
      inside: what the file calls the model inside the model that it is in; ""
        where it is in none.
      sequence: layers of one sequence (and of one kind, where they have kinds)
        are in the order of the source's model; None: the order is lost.
      is_named: whether `name` is the layer's own name, not its place in a file
        without names.
    """

    name: str
    kind: str | None
    tensors: tuple
    inside: str = ""
    sequence: str | None = ""
    is_named: bool = True

    @property
    def shapes(self):
        """The arrays' shapes, in order."""
        return tuple(array.shape for _, array in self.tensors)


@dataclasses.dataclass(frozen=True)
class Source:
    """Weights that another network can start from.

    Attributes:
      name: what messages call it.
      layers: tuple of SourceLayer; what their order means, each says.
      scalings: input scalings (names.INPUT_SCALINGS) that fit these weights,
        the likeliest first; () where that is not known.
      identity: JSON-able: kind ("file", "run", "imagenet", "radimagenet"),
        file (without its directory), format, sha256, architecture (name in the
        zoo or None); for a run also model, dataset and step.
      is_published: whether it is a file that Keras itself hands out, whose
        order is that of Keras' network.
      passed_over: {tensor: why} of those that are in no layer.
    """

    name: str
    layers: tuple
    scalings: tuple
    identity: dict
    is_published: bool = False
    passed_over: dict = dataclasses.field(default_factory=dict)

    @property
    def is_pytorch(self):
        """Whether it is of a file with PyTorch's names."""
        return self.identity.get("format") == PYTORCH_FORMAT

    @property
    def tensors(self):
        """{name: array} of all layers."""
        return {
            name: array
            for layer in self.layers
            for name, array in layer.tensors
        }

    def without(self, partners):
        """The layers that are no value of `partners`, a dict."""
        matched = {id(layer) for layer in partners.values()}
        return [layer for layer in self.layers if id(layer) not in matched]


def shapes_of(layer):
    """The shapes of the weights of a network's layer."""
    return tuple(tuple(weight.shape) for weight in layer.weights)


def arranged(layer, partner):
    """(name, array) for each weight of a layer; None if they do not fit.

    Args:
      layer: layer of a network.
      partner: SourceLayer, or None.
    """
    if partner is None:
        return None
    weights = [weight.name for weight in layer.weights]
    tensors = _by_role(weights, partner.tensors)
    if tensors is None or any(x.dtype.kind != "f" for _, x in tensors):
        return None
    if tuple(array.shape for _, array in tensors) != shapes_of(layer):
        return None
    return tensors


def is_scaled(layer, partner, *, narrower=None):
    """Whether a layer is one of a source but for its width.

    Args:
      layer: layer of a network.
      partner: SourceLayer.
      narrower: whether the network is the narrower one; None: either may be.
    """
    ours, theirs = shapes_of(layer), partner.shapes
    if [len(x) for x in ours] != [len(x) for x in theirs]:
        return False
    # The sides of a kernel stay as they are.
    if [x[:-2] for x in ours] != [x[:-2] for x in theirs]:
        return False
    pairs = [
        (a, b)
        for x, y in zip(ours, theirs, strict=True)
        for a, b in zip(x, y, strict=True)
    ]
    less, more = all(a <= b for a, b in pairs), all(a >= b for a, b in pairs)
    return less if narrower else less or more


def _by_role(weights, tensors):
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


def stages_in(source, whole):
    """The stages of a whole network that a source has, bottom to top.

    All, unless its spatial kernels are exactly those of the lower ones: then
    it is a truncated network.
    """
    found = fingerprints.fingerprint(layer.shapes for layer in source.layers)
    for count in range(len(whole.stages), 0, -1):
        lower = whole.stages[:count]
        shapes = (shapes_of(x) for s in lower for x in s.layers)
        if fingerprints.fingerprint(shapes) == found:
            return lower
    return whole.stages


def warnings_of(source):
    """One line for each tensor that is odd, as a list of text.

    Odd are numbers that are not finite, and running variances of batch norm
    that are negative, zero throughout, or larger than HUGE_VARIANCE behind the
    first batch norm.
    """
    lines = [
        f"{name}: {np.count_nonzero(~np.isfinite(array))} of {array.size} "
        "numbers are not finite"
        for name, array in source.tensors.items()
        if not np.isfinite(array).all()
    ]
    for place, (name, array) in enumerate(_variances(source)):
        if reason := _oddity(array, is_first=place == 0):
            lines.append(f"{name}: {reason}")
    return lines


def _variances(source):
    """(name, array) of each running variance, in the source's order."""
    found = []
    for layer in source.layers:
        if layer.kind == "batch_normalization":
            found.append(layer.tensors[-1])
        found += [
            (name, array)
            for name, array in layer.tensors
            if layer.kind is None and any(word in name for word in _VARIANCE)
        ]
    return found


def _oddity(variance, *, is_first):
    if not np.isfinite(variance).all():
        return None  # Said already.
    if (variance < 0).any():
        return f"negative running variance, down to {variance.min():g}"
    if not variance.any():
        return "the running variance is zero throughout"
    if variance.max() > HUGE_VARIANCE and not is_first:
        return (
            f"running variance up to {variance.max():,.0f} (more than "
            f"{HUGE_VARIANCE:,} is rare)"
        )
    return None
