"""Position embeddings of vision transformers, for another image size.

As timm resizes them when it takes weights (`resample_abs_pos_embed`): the class
token's is kept; those of the patches are a square grid, which is resized by
bicubic interpolation with antialiasing (Keys' kernel with a = -0.5, wider where
the grid gets smaller, and half-pixel centres).
"""

import dataclasses
import math

import numpy as np
import tensorflow as tf

from transfusion_tf.initialization import sources
from transfusion_tf.models import tokens

_DISTILLATION = "dist_token"  # What PyTorch's files call it.
DISTILLED = "is of a distillation token, which the network does not have"


def fitted(source, backbone):
    """A Source with position embeddings for the images of a network.

    A distillation token (Touvron et al. 2020, arXiv:2012.12877) is passed over,
    and so is its embedding, which is in second place. The source stays as it
    is, if it has no such embeddings, or the network has none.

    Args:
      source: Source.
      backbone: Backbone.
    """
    found = _found(source, backbone)
    if found is None:
        return source
    layer, old, new = found
    ((name, array),) = layer.tensors
    array = np.delete(array, range(1, _num_prefix(array.shape)), axis=1)
    tensors = ((name, array if old == new else resized(array, new)),)
    changed = dataclasses.replace(layer, tensors=tensors)
    layers, passed_over = [], dict(source.passed_over)
    for other in source.layers:
        if other.name.endswith(_DISTILLATION):
            passed_over |= {name: DISTILLED for name, _ in other.tensors}
        else:
            layers.append(changed if other is layer else other)
    return dataclasses.replace(
        source, layers=tuple(layers), passed_over=passed_over
    )


def are_in(backbone):
    """Whether a network has position embeddings."""
    return bool(_of_network(backbone))


def notes(source, backbone):
    """Lines on what `fitted` changes, as a list of text."""
    found = _found(source, backbone)
    if found is None:
        return []
    layer, old, new = found
    ((name, array),) = layer.tensors
    lines = []
    if _num_prefix(array.shape) > 1:
        lines.append(f"{name}: without that of the distillation token")
    if old != new:
        lines.append(
            f"{name}: interpolated from {old} x {old} to {new} x {new} patches"
        )
    return lines


def resized(embeddings, side):
    """Position embeddings for a grid of another size.

    Args:
      embeddings: (1, 1 + patches, channels), first the class token's, then
        those of a square grid, line by line.
      side: of the new grid, in patches.

    Returns:
      (1, 1 + side * side, channels), of the same type.
    """
    first, grid = embeddings[:, :1], embeddings[:, 1:]
    old, channels = math.isqrt(grid.shape[1]), grid.shape[-1]
    grid = tf.image.resize(
        grid.reshape(1, old, old, channels),
        (side, side),
        tf.image.ResizeMethod.BICUBIC,
        antialias=True,
    )
    rows = grid.numpy().reshape(1, side * side, channels)
    return np.concatenate([first, rows.astype(first.dtype)], axis=1)


def _found(source, backbone):
    """(SourceLayer, its side, the network's) if it has to change, or None."""
    ours = _of_network(backbone)
    theirs = [
        x
        for x in source.layers
        if len(x.shapes) == 1 and ours and _fits(x.shapes[0], ours[0])
    ]
    if len(theirs) != 1 or theirs[0].shapes[0] == ours[0]:
        return None
    return theirs[0], *(_side(x) for x in (theirs[0].shapes[0], ours[0]))


def _of_network(backbone):
    """The shapes of its position embeddings, of which there is one at most."""
    return [
        sources.shapes_of(layer)[0]
        for layer in backbone.model.layers
        if isinstance(layer, tokens.PositionEmbedding)
    ]


def _fits(shape, ours):
    """Whether these are embeddings of a grid, of as many channels as ours."""
    is_like = len(shape) == 3 and shape[::2] == ours[::2]
    return is_like and _num_prefix(shape) is not None


def _num_prefix(shape):
    """Tokens before those of a square grid: 1, 2, or None if there are others.

    A number of tokens is never both: no square follows another one directly,
    but for 0 and 1.
    """
    for count in (1, 2):
        patches = shape[1] - count
        if patches > 0 and math.isqrt(patches) ** 2 == patches:
            return count
    return None


def _side(shape):
    return math.isqrt(shape[1] - _num_prefix(shape))
