"""Intervals from estimates that leave out one group of images each.

Not a bootstrap: an image that is drawn twice raises canonical correlations, so
that the interval misses its own estimate.
"""

import typing

import numpy as np
import scipy.special

LEVEL = 0.95


class Interval(typing.NamedTuple):
    """A confidence interval, and the standard error it was made from."""

    low: float
    high: float
    standard_error: float


def delete_a_group(estimate, left_out, sizes, *, level=LEVEL):
    """Interval of an estimate by the delete-m_j jackknife, or None.

    Groups may differ in size (Busing, Meijer and van der Leeden 1999,
    Statistics and Computing 9:3-8, eq. 10). The interval is centred on the
    estimate, with the t quantile of num_groups - 1 degrees of freedom.

    Args:
      estimate: of all groups together.
      left_out: (num_groups,) estimates, each without one group.
      sizes: (num_groups,) number of images of each group.
      level: coverage.

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
    return _around(estimate, np.sqrt(variance), num_groups - 1, level)


def _around(estimate, error, freedom, level):
    reach = scipy.special.stdtrit(freedom, (1 + level) / 2) * error
    return Interval(
        float(estimate - reach), float(estimate + reach), float(error)
    )
