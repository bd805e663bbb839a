"""Matching the channels of two networks, which any order of them leaves equal.

Two runs of one network may have learned the same channels in another order, and
then the line between their weights mixes channels that have nothing in common.
Ainsworth et al. 2023 (arXiv:2209.04836, Git Re-Basin) permute the channels of
one network first. This is their matching by activations: of each stage, the
permutation under which the channels of both correlate most over positions and
images (as in Li et al. 2015, arXiv:1511.07543), an assignment problem that is
solved exactly, bottom to top. Channels that never fire correlate with nothing:
theirs, and other ties, are decided by the weights that lead to them.

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
_TIES = 1e-3  # What cosines of weights count beside correlations.


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
    order_of, below = [], slice(None)
    for ours, theirs in zip(first.stages, second.stages, strict=True):
        likeness = correlations(found[ours.name].measured)
        likeness += _TIES * cosines(_kernel(ours), _kernel(theirs)[:, :, below])
        _, below = scipy.optimize.linear_sum_assignment(likeness, maximize=True)
        order_of.append(below)
    return order_of


def correlations(of_stage):
    """(num_channels, num_other_channels); 0 of channels that never change.

    Args:
      of_stage: Moments of a stage of both networks.
    """
    scales = [
        np.sqrt(np.maximum(np.diag(side.cov), 0))
        for side in (of_stage.x, of_stage.y)
    ]
    return _over(of_stage.cov_xy, np.outer(*scales))


def cosines(kernel, other):
    """(num_channels, num_other_channels) of what leads to each channel.

    Args:
      kernel, other: (height, width, channels below, channels).
    """
    flat, other = (k.reshape(-1, k.shape[-1]) for k in (kernel, other))
    norms = [np.linalg.norm(side, axis=0) for side in (flat, other)]
    return _over(flat.T @ other, np.outer(*norms))


def _over(products, scales):
    return np.divide(
        products, scales, out=np.zeros_like(scales), where=scales > 0
    )


def _kernel(stage):
    """The kernel of the convolution of a stage, float64."""
    (kernel,) = [v for v in stage.variables if len(v.shape) == 4]
    return np.asarray(kernel, np.float64)


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
