"""Similarity of two representations, as functions of their moments.

    found = similarity.cca(moments.from_arrays(x, y))
    found.mean, found.coefficients, found.dropped_x

A direction is a unit vector in the space of neurons. Every measure is symmetric
in x and y. `MEASURES` maps the names that flags and tables use to functions.
"""

import dataclasses

import numpy as np

# Directions with less than this share of the largest variance are rounding
# noise, or the copies of other neurons; the mean coefficient depends on it.
TOLERANCE = 1e-8

# With fewer datapoints than this for each direction CCA finds correlations
# anywhere: two independent Gaussians of 64 neurons reach 0.5 at 200 datapoints.
DATAPOINTS_PER_DIRECTION = 5

SVCCA_DIRECTIONS = 20


class TooFewDatapoints(ValueError):
    """CCA on so few datapoints would only report their number."""


@dataclasses.dataclass(frozen=True, eq=False)
class Correlations:
    """Canonical correlations between the kept directions of x and of y.

    Attributes:
      coefficients: (min(kept_x, kept_y),), descending, in [0, 1].
      kept_x, kept_y: number of directions that were compared.
      dropped_x, dropped_y: number of neurons minus that.
      tolerance: share of the largest variance below which directions fall out.
    """

    coefficients: np.ndarray
    kept_x: int
    kept_y: int
    dropped_x: int
    dropped_y: int
    tolerance: float

    @property
    def mean(self):
        """Mean over the min(kept_x, kept_y) coefficients; NaN if none."""
        return _mean(self.coefficients)

    @property
    def trimmed_mean(self):
        """Mean without the smallest that make up the last 2% of the sum."""
        total = np.cumsum(self.coefficients)
        if not len(total):
            return float("nan")
        enough = np.searchsorted(total, 0.98 * total[-1]) + 1
        return _mean(self.coefficients[:enough])


def cca(m, *, tolerance=TOLERANCE):
    """Canonical correlation analysis (Hotelling 1936) on all directions.

    Args:
      m: Moments.
      tolerance: directions with less than this share of the largest variance
        (dead, constant or duplicated neurons) are dropped.

    Returns:
      Correlations; without coefficients if a side is constant.

    Raises:
      TooFewDatapoints: fewer than 5 datapoints for each kept direction.
    """
    x = _num_directions(m.x, tolerance=tolerance)
    y = _num_directions(m.y, tolerance=tolerance)
    needed = DATAPOINTS_PER_DIRECTION * max(x, y)
    if m.num_datapoints < needed:
        raise TooFewDatapoints(
            f"CCA of {x} and {y} directions needs at least {needed} "
            f"datapoints. Received: {m.num_datapoints}; give more images, or "
            "take SVCCA."
        )
    return _correlate(m, x, y, tolerance)


def svcca(m, *, directions=None, variance=None, tolerance=TOLERANCE):
    """Singular vector CCA: CCA of the leading directions of each side.

    From Raghu et al. 2017 (arXiv:1706.05806). Unlike CCA it is given for any
    number of datapoints, so it is to be read beside its floors.

    Args:
      m: Moments.
      directions: how many singular directions of each side are kept (as many
        as there are); 20 by default.
      variance: instead, the share of the variance, in (0, 1], that the kept
        directions of each side must explain.
      tolerance: see `cca`.

    Returns:
      Correlations.

    Raises:
      ValueError: both `directions` and `variance`, or one out of range.
    """
    if directions is not None and variance is not None:
        raise ValueError(
            "Give `directions` or `variance`, not both. Received: "
            f"directions={directions}, variance={variance}"
        )
    if directions is None and variance is None:
        directions = SVCCA_DIRECTIONS
    if directions is not None and directions < 1:
        raise ValueError(
            f"`directions` must be at least 1. Received: {directions}"
        )
    if variance is not None and not 0 < variance <= 1:
        raise ValueError(f"`variance` must be in (0, 1]. Received: {variance}")
    kept = (
        _num_directions(side, directions, variance, tolerance=tolerance)
        for side in (m.x, m.y)
    )
    return _correlate(m, *kept, tolerance)


MEASURES = {"cca": cca, "svcca": svcca}


def _num_directions(side, directions=None, variance=None, *, tolerance):
    """How many of the leading directions of a Marginal are kept."""
    variances, _ = side.spectrum
    kept = int(np.sum(variances > tolerance * variances[0]))
    if directions is not None:
        return min(kept, directions)
    if variance is not None and kept:
        explained = np.cumsum(variances[:kept]) / np.sum(variances[:kept])
        # The sum of all may miss 1.0 by a rounding error.
        return min(kept, int(np.searchsorted(explained, variance)) + 1)
    return kept


def _correlate(m, kept_x, kept_y, tolerance):
    """Singular values of the cross-covariance of the whitened sides."""
    whitened = _whitening(m.x, kept_x).T @ m.cov_xy @ _whitening(m.y, kept_y)
    if kept_x and kept_y:
        coefficients = np.linalg.svd(whitened, compute_uv=False)
    else:
        coefficients = np.zeros(0)
    return Correlations(
        coefficients=np.clip(coefficients, 0.0, 1.0),
        kept_x=kept_x,
        kept_y=kept_y,
        dropped_x=len(m.x.mean) - kept_x,
        dropped_y=len(m.y.mean) - kept_y,
        tolerance=tolerance,
    )


def _whitening(side, kept):
    """(num_neurons, kept) map to uncorrelated variables of variance 1."""
    variances, directions = side.spectrum
    return directions[:, :kept] / np.sqrt(variances[:kept])


def _mean(values):
    return float(np.mean(values)) if len(values) else float("nan")
