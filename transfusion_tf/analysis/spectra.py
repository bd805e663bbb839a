"""The leading directions of a representation, and whitening by them."""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True, eq=False)
class Kept:
    """The leading directions of one side.

    Attributes:
      variances: (count,), descending.
      directions: (num_neurons, count).
    """

    variances: np.ndarray
    directions: np.ndarray

    @property
    def count(self):
        """Number of kept directions."""
        return len(self.variances)

    @property
    def whitening(self):
        """(num_neurons, count) map to uncorrelated variables of variance 1."""
        return self.directions / np.sqrt(self.variances)


def keep(spectrum, tolerance, directions=None, variance=None):
    """Returns the Kept of a spectrum.

    Args:
      spectrum: variances (num_neurons,), descending, and directions.
      tolerance: share of the largest variance, of which all have more.
      directions: at most so many; None for all.
      variance: instead, so many that they explain this share of the variance.
    """
    variances, vectors = spectrum
    kept = int(np.sum(variances > tolerance * variances[0]))
    if directions is not None:
        kept = min(kept, directions)
    elif variance is not None and kept:
        explained = np.cumsum(variances[:kept]) / np.sum(variances[:kept])
        # The sum of all may miss 1.0 by a rounding error.
        kept = min(kept, int(np.searchsorted(explained, variance)) + 1)
    return Kept(variances[:kept], vectors[:, :kept])
