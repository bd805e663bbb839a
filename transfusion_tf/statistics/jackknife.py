"""Intervals from estimates that leave out one group of images each.

Not a bootstrap: an image that is drawn twice raises canonical correlations, so
that the interval misses its own estimate.
"""

import typing

import numpy as np
import scipy.special

LEVEL = 0.95
# Nearer to an end of its range than this, as a share of it, an estimate is the
# end and rounding.
_AT_AN_END = 1e-9


class Interval(typing.NamedTuple):
    """A confidence interval, and the standard error it was made from."""

    low: float
    high: float
    standard_error: float


def delete_a_group(estimate, left_out, sizes, *, level=LEVEL, bounds=None):
    """Interval of an estimate by the delete-m_j jackknife, or None.

    Groups may differ in size (Busing, Meijer and van der Leeden 1999,
    Statistics and Computing 9:3-8, eq. 10), with the t quantile of
    num_groups - 1 degrees of freedom. The interval is centred on the estimate,
    with `bounds` on the logit of its place between them, the standard error
    taken along by the delta method: between -1 and 1 this is Fisher's (1921) z,
    between 0 and 1 the logit interval of Brown, Cai and DasGupta (2001),
    Statistical Science 16, 101-133. So it stays inside. At an end itself, where
    the logit is infinite, the plain interval is cut off there.

    Args:
      estimate: of all groups together.
      left_out: (num_groups,) estimates, each without one group.
      sizes: (num_groups,) number of images of each group.
      level: coverage.
      bounds: (lowest, highest) that the estimate can be; None: any number.

    Returns:
      Interval; None with fewer than two groups or an undefined estimate.
    """
    left_out, sizes = np.asarray(left_out, float), np.asarray(sizes, float)
    num_groups = len(left_out)
    if num_groups < 2 or not np.isfinite([estimate, *left_out]).all():
        return None
    shares = sizes.sum() / sizes
    pseudo = shares * estimate - (shares - 1) * left_out
    center = np.sum(estimate - (1 - 1 / shares) * left_out)
    variance = np.mean((pseudo - center) ** 2 / (shares - 1))
    error = float(np.sqrt(variance))
    reach = scipy.special.stdtrit(num_groups - 1, (1 + level) / 2) * error
    around = _around if bounds is None else _between
    low, high = around(float(estimate), float(reach), bounds)
    return Interval(float(low), float(high), error)


def _around(estimate, reach, bounds=None):
    low, high = bounds or (-np.inf, np.inf)
    return max(low, estimate - reach), min(high, estimate + reach)


def _between(estimate, reach, bounds):
    """(low, high), symmetric on the logit of the place between `bounds`."""
    lowest, highest = bounds
    width = highest - lowest
    below, above = estimate - lowest, highest - estimate
    if min(below, above) < _AT_AN_END * width:
        return _around(estimate, reach, bounds)
    # The derivative of log(below / above) is width / (below above).
    center, half = np.log(below / above), reach * width / (below * above)
    return tuple(
        lowest + width * scipy.special.expit(center + sign * half)
        for sign in (-1, 1)
    )
