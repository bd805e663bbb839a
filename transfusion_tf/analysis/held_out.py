"""CCA and Procrustes, aligned on one half of the patients, scored on the other.

An alignment fits what two representations share, and what they share by chance.
The second is not found again in other patients, so a score on these needs no
correction: it is about 0 where nothing is shared, however few datapoints. The
way is that of Williams et al. 2021 (arXiv:2110.14739) and of their package,
whose score is the angle of which ours is the cosine. Each half is aligned on
once, and the value is the mean of both scores.
"""

import dataclasses

import numpy as np

from transfusion_tf.analysis import scores, spectra

# Of the whitening, 0 (CCA) to 1 (Procrustes): a little, because directions of
# little variance, which CCA takes for full ones, are known least.
ALPHA = 0.1


@dataclasses.dataclass(frozen=True)
class HeldOut:
    """What is left of an alignment in other patients.

    Attributes:
      of_halves: cosine of each half, aligned on the other; in [-1, 1].
      kept_x, kept_y, dropped_x, dropped_y, tolerance: as of
        similarity.Correlations, of the alignment on the first half; None for
        Procrustes, which drops nothing.
    """

    of_halves: tuple
    kept_x: int | None = None
    kept_y: int | None = None
    dropped_x: int | None = None
    dropped_y: int | None = None
    tolerance: float | None = None

    @property
    def value(self):
        """Mean of both scores; NaN if a side is constant."""
        return float(np.mean(self.of_halves))


def cca(m, *, alpha=ALPHA, tolerance=spectra.TOLERANCE):
    """Regularised CCA, aligned and scored on different patients.

    Each side is multiplied by alpha I + (1 - alpha) C^(-1/2), C its covariance
    in the half that is aligned on (Williams et al. 2021, section 3.1), scaled
    to variance 1 on average over the kept directions, so that neither units nor
    the number of datapoints count. Then both are rotated onto each other. With
    alpha above 0 the value is blind to rotations and one scale, not to any
    linear map.

    Args:
      m: Moments with `halves`.
      alpha: 0 to 1: from CCA to Procrustes.
      tolerance: directions with less than this share of the largest variance
        are dropped.

    Returns:
      HeldOut.

    Raises:
      TooFewDatapoints: one half has no patients, or fewer than 5 datapoints
        for each kept direction.
      ValueError: `alpha` is out of range.
    """
    if not 0 <= alpha <= 1:
        raise ValueError(f"`alpha` must be in [0, 1]. Received: {alpha}")
    halves = _halves(m)
    kept = [
        [spectra.keep(side.spectrum, tolerance) for side in (half.x, half.y)]
        for half in halves
    ]
    for half, sides in zip(halves, kept, strict=True):
        spectra.check_enough(sides, half.num_datapoints, "Held-out CCA")
    maps = [[_whitening(side, alpha) for side in sides] for sides in kept]
    return HeldOut(
        _both(halves, maps),
        **spectra.counts(*kept[0], m.cov_xy.shape, tolerance),
    )


def procrustes(m):
    """Procrustes similarity, aligned and scored on different patients.

    The rotation is that of one half; see similarity.procrustes.

    Args:
      m: Moments with `halves`.

    Returns:
      HeldOut.

    Raises:
      TooFewDatapoints: one half has no patients.
    """
    halves = _halves(m)
    maps = [np.eye(size) for size in m.cov_xy.shape]
    return HeldOut(_both(halves, [maps, maps]))


def _halves(m):
    if m.halves is None:
        raise scores.TooFewDatapoints(
            "Held-out similarity aligns on one half of the patients and scores "
            "on the other. Received: images of one group of patients; give "
            "more patients, and two groups or more."
        )
    return m.halves


def _whitening(kept, alpha):
    """(num_neurons, count): partly whitened, and still to be rotated."""
    if not kept.count:
        return kept.directions
    variances = kept.variances / np.mean(kept.variances)
    return kept.directions * (alpha + (1 - alpha) / np.sqrt(variances))


def _both(halves, maps):
    """Scores of both halves, each by the maps of the other."""
    first, second = halves
    return (
        _score(second, first, maps[1]),
        _score(first, second, maps[0]),
    )


def _score(train, test, maps):
    """Cosine between the sides of `test`, as they are aligned on `train`.

    Centred by the means of `train`, which are part of the alignment. Where the
    sides differ in their number of neurons, the smaller one has none of the
    others' variance: the norms are those of all of it.
    """
    x, y = maps
    off_x, off_y = test.mean_x - train.mean_x, test.mean_y - train.mean_y
    own = [
        np.sum(side * (cov @ side)) + np.sum((off @ side) ** 2)
        for side, cov, off in (
            (x, test.cov_xx, off_x),
            (y, test.cov_yy, off_y),
        )
    ]
    if not min(own) > 0:
        return float("nan")
    left, _, right = np.linalg.svd(x.T @ train.cov_xy @ y, full_matrices=False)
    cross = x.T @ (test.cov_xy + np.outer(off_x, off_y)) @ y
    shared = np.sum((left.T @ cross) * right)
    return float(np.clip(shared / np.sqrt(np.prod(own)), -1.0, 1.0))
