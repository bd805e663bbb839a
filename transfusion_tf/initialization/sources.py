"""Source weights: arrays in layers, and what is odd about them."""

import dataclasses

import numpy as np

# A larger running variance is odd, except in the first batch norm: that one
# sees sums of raw pixel values (up to 146,335 in Keras' own ResNet50 in "caffe"
# scaling, github.com/matterport/Mask_RCNN/issues/573). Behind it, inputs are
# normalized: at most 10.3 in the first block of the same network. RadImageNet's
# DenseNet121 has up to 56,296 in its last block, and its logits explode
# (github.com/BMEII-AI/RadImageNet/issues/20).
HUGE_VARIANCE = 1000
# Names of the running variance in Keras 2 and 3, and in Keras 1.
_VARIANCE = ("moving_variance", "running_std")


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
    """

    name: str
    layers: tuple
    scalings: tuple
    identity: dict
    is_published: bool = False

    @property
    def tensors(self):
        """{name: array} of all layers."""
        return {
            name: array
            for layer in self.layers
            for name, array in layer.tensors
        }


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
