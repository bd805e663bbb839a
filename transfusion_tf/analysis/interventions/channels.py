"""Matching the channels of two networks, which any order of them leaves equal.

Two runs of one network may have learned the same channels in another order, and
then the line between their weights mixes channels that have nothing in common.
Ainsworth et al. 2023 (arXiv:2209.04836, Git Re-Basin) permute the channels of
one network first. This is their matching by activations: of each stage, the
permutation under which the channels of both correlate most over positions and
images (as in Li et al. 2015, arXiv:1511.07543), an assignment problem that is
solved exactly, each stage by itself.

It is done for the CBR family, where each stage is one convolution that feeds
the next. Elsewhere channels that are added to others share their order with
them.
"""

import numpy as np
import scipy.optimize

from transfusion_tf.analysis import moments
from transfusion_tf.analysis.streaming import plan
from transfusion_tf.models import cbr, slim

_PAIR = ("first", "second")


def can_match(name):
    """Whether channels of a network, by its name in the zoo, are matched."""
    return slim.BASES.get(name, name) in cbr.SPECS


def orders(first, second, batches):
    """The order of each stage's channels of `second` that is most like `first`.

    Args:
      first, second: Backbones of one network of the CBR family.
      batches: iterable of {"image": (n, size, size, 3), ...}.

    Returns:
      List, bottom to top, of (num_channels,) ints: which channel of `second`
      comes first, second, ...
    """
    found = moments.stream(
        dict(zip(_PAIR, (first, second), strict=True)),
        batches,
        options=plan.GatherOptions(floors=False, num_groups=1),
    )[_PAIR]
    return [best_order(found[stage].measured) for stage in first.stage_names]


def best_order(of_stage):
    """(num_channels,) ints: the assignment with the largest correlations.

    Channels that never change correlate with nothing, and take what is left.

    Args:
      of_stage: Moments of a stage of both networks.
    """
    scales = [
        np.sqrt(np.maximum(np.diag(side.cov), 0))
        for side in (of_stage.x, of_stage.y)
    ]
    products = np.outer(*scales)
    correlations = np.divide(
        of_stage.cov_xy,
        products,
        out=np.zeros_like(products),
        where=products > 0,
    )
    _, order = scipy.optimize.linear_sum_assignment(correlations, maximize=True)
    return order


def reordered(backbone, values, order_of):
    """{variable path: value} of a network with its channels in another order.

    It computes the same as before.

    Args:
      backbone: Backbone of the CBR family.
      values: {variable path: value} of all its weights.
      order_of: as `orders` returns them.
    """
    found, below = dict(values), slice(None)
    for stage, order in zip(backbone.stages, order_of, strict=True):
        for variable in stage.variables:
            value = found[variable.path]
            if value.ndim == 4:  # A kernel (height, width, below, channels).
                value = value[:, :, below]
            found[variable.path] = value[..., order]
        below = order
    for layer in backbone.head:
        kernel = layer.kernel.path  # (channels, num_outputs)
        found[kernel] = found[kernel][below]
    return found
