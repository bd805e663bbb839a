"""Similarity of two representations, as functions of their moments.

    found = similarity.cca(moments.from_arrays(x, y))
    found.value, found.coefficients, found.dropped_x

A direction is a unit vector in the space of neurons. Every measure is 1 for
equal representations and symmetric in x and y, except `pwcca`, which weighs by
x. `MEASURES` maps the names that flags and tables use to functions.
"""

import dataclasses
import functools

import numpy as np

from transfusion_tf.analysis import held_out, neighbors, spectra
from transfusion_tf.analysis.scores import (
    Score as Score,
)
from transfusion_tf.analysis.scores import (
    TooFewDatapoints as TooFewDatapoints,
)

TOLERANCE = spectra.TOLERANCE
SVCCA_DIRECTIONS = 20


@dataclasses.dataclass(frozen=True, eq=False)
class Correlations:
    """Canonical correlations between the kept directions of x and of y.

    Attributes:
      coefficients: (min(kept_x, kept_y),), descending, in [0, 1].
      kept_x, kept_y: number of directions that were compared.
      dropped_x, dropped_y: number of neurons minus that.
      tolerance: share of the largest variance below which directions fall out;
        CCA's and PWCCA's are those of neurons of unit variance.
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

    value = mean


@dataclasses.dataclass(frozen=True, eq=False)
class ProjectionWeighted(Correlations):
    """Correlations, and how much of x each canonical variable accounts for.

    Attributes:
      weights: like `coefficients`, sum 1.
    """

    weights: np.ndarray

    @property
    def value(self):
        """Weighted mean of the coefficients; NaN if none."""
        if not len(self.coefficients):
            return float("nan")
        return float(self.weights @ self.coefficients)


def cca(m, *, tolerance=TOLERANCE):
    """Canonical correlation analysis (Hotelling 1936) on all directions.

    Blind to the scale of each neuron, as to any invertible linear map.

    Args:
      m: Moments.
      tolerance: directions of the neurons of unit variance with less than this
        share of the largest variance (dead, constant or duplicated neurons)
        are dropped.

    Returns:
      Correlations; without coefficients if a side is constant.

    Raises:
      TooFewDatapoints: fewer than 5 datapoints for each kept direction.
    """
    sides = _enough(m, "CCA", tolerance)
    return _correlate(m, _unit_cov_xy(m), sides, tolerance)


def pwcca(m, *, tolerance=TOLERANCE):
    """Projection weighted CCA of Morcos et al. 2018 (arXiv:1806.05759, sec. 3).

    The weight of the i-th canonical variable h_i of x is sum_j |<h_i, x_j>|
    over the neurons x_j of x, as large as they are: how much of x it accounts
    for. Not symmetric: x is the representation whose content is looked for in
    y.

    Args, errors: see `cca`.

    Returns:
      ProjectionWeighted.
    """
    x, y = _enough(m, "PWCCA", tolerance)
    left, coefficients, _ = np.linalg.svd(
        x.whitening.T @ _unit_cov_xy(m) @ y.whitening, full_matrices=False
    )
    with_unit = m.cov_xx / m.x.deviations
    weights = np.abs(with_unit @ x.whitening @ left).sum(axis=0)
    return ProjectionWeighted(
        **_counts(m, x, y, tolerance),
        coefficients=np.clip(coefficients, 0.0, 1.0),
        weights=weights / weights.sum() if len(weights) else weights,
    )


def cka(m, *, debiased=True):
    """Linear centered kernel alignment (Kornblith et al. 2019, eq. 1 and 3).

    Plain CKA grows with the number of neurons over that of datapoints, also for
    independent representations. Debiased, all products of datapoints inside one
    image are left out of all three terms (block_sums.hsic); it is 0 on average
    for independent ones, and may be negative.

    Args:
      m: Moments; debiased they need the sums over images.
      debiased: whether to correct for the bias.

    Returns:
      Score; NaN if a side is constant, or debiased with fewer than four images.

    Raises:
      ValueError: debiased, without the sums over images.
    """
    if not debiased:
        cross, x, y = (np.sum(c**2) for c in (m.cov_xy, m.cov_xx, m.cov_yy))
    elif m.hsic is None:
        raise ValueError(
            "Debiased CKA needs moments with sums over images; gather them "
            "with `debiased=True`."
        )
    else:
        cross, x, y = m.hsic, m.x.hsic, m.y.hsic
    # Debiased, the similarity of a side with itself may come out negative.
    defined = x > 0 and y > 0 and np.any(m.cov_xx) and np.any(m.cov_yy)
    return Score(float(cross / np.sqrt(x * y)) if defined else float("nan"))


def procrustes(m):
    """Orthogonal Procrustes similarity: 1 - d^2 / 2 for sides of norm 1.

    The sides are centred and scaled to Frobenius norm 1; d is what remains
    between them after the best rotation (Schoenemann 1966; Ding et al. 2021,
    sec. 2). Equal to the nuclear norm of cov(x, y) over the root of the product
    of the total variances; sides may differ in their number of neurons.

    Returns:
      Score in [0, 1]; NaN if a side is constant.
    """
    total = np.trace(m.cov_xx) * np.trace(m.cov_yy)
    if not total > 0:
        return Score(float("nan"))
    shared = np.linalg.svd(m.cov_xy, compute_uv=False).sum()
    return Score(float(min(shared / np.sqrt(total), 1.0)))


def _enough(m, name, tolerance):
    """What is kept of x and y of unit variance, if it can be correlated."""
    x, y = (spectra.keep(side.unit_spectrum, tolerance) for side in (m.x, m.y))
    spectra.check_enough((x, y), m.num_datapoints, name)
    return x, y


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
    sides = [
        spectra.keep(side.leading(directions), tolerance, directions, variance)
        for side in (m.x, m.y)
    ]
    return _correlate(m, m.cov_xy, sides, tolerance)


MEASURES = {
    "cca": cca,
    "svcca": svcca,
    "pwcca": pwcca,
    "cka": cka,
    "cka_plain": functools.partial(cka, debiased=False),
    "procrustes": procrustes,
    "cca_held_out": held_out.cca,
    "procrustes_held_out": held_out.procrustes,
    "mutual_knn": neighbors.mutual_knn,
}
_SIGNED = ("cka", "cca_held_out", "procrustes_held_out")
# What a value can be; some are 0 on average where nothing is shared.
RANGES = {name: (-1.0 if name in _SIGNED else 0.0, 1.0) for name in MEASURES}


def _unit_cov_xy(m):
    """Cross-covariance of the neurons of unit variance: correlations."""
    return m.cov_xy / m.x.deviations[:, None] / m.y.deviations


def _correlate(m, cov_xy, sides, tolerance):
    """Singular values of the cross-covariance of the whitened sides."""
    x, y = sides
    if x.count and y.count:
        whitened = x.whitening.T @ cov_xy @ y.whitening
        coefficients = np.linalg.svd(whitened, compute_uv=False)
    else:
        coefficients = np.zeros(0)
    return Correlations(
        coefficients=np.clip(coefficients, 0.0, 1.0),
        **_counts(m, x, y, tolerance),
    )


def _counts(m, x, y, tolerance):
    return spectra.counts(x, y, m.cov_xy.shape, tolerance)


def _mean(values):
    return float(np.mean(values)) if len(values) else float("nan")
