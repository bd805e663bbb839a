"""The leading directions of a representation, and whitening by them."""

import dataclasses

import numpy as np

from transfusion_tf.analysis import scores

# Directions with less than this share of the largest variance are rounding
# noise, or the copies of other neurons; the mean coefficient depends on it. For
# CCA neurons have unit variance first, else one of a large scale would make
# noise of all others, and the value would depend on units.
TOLERANCE = 1e-8

# With fewer datapoints than this for each direction CCA finds correlations
# anywhere: two independent Gaussians of 64 neurons reach 0.5 at 200 datapoints.
DATAPOINTS_PER_DIRECTION = 5


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
      spectrum: variances, descending, and directions (num_neurons, ...): all,
        or `directions` of them.
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


def check_enough(sides, num_datapoints, name):
    """Raises TooFewDatapoints where there are too few to correlate.

    Args:
      sides: Kept of x and of y.
      num_datapoints: that they were made of.
      name: of the measure, for the message.
    """
    x, y = sides
    needed = DATAPOINTS_PER_DIRECTION * max(x.count, y.count)
    if num_datapoints < needed:
        raise scores.TooFewDatapoints(
            f"{name} of {x.count} and {y.count} directions needs at least "
            f"{needed} datapoints. Received: {num_datapoints}; give more "
            "images, or take SVCCA."
        )


def counts(x, y, num_neurons, tolerance):
    """{"kept_x", "kept_y", "dropped_x", "dropped_y", "tolerance": of sides}.

    Args:
      x, y: Kept.
      num_neurons: of x and of y.
      tolerance: by which directions were dropped.
    """
    return {
        "kept_x": x.count,
        "kept_y": y.count,
        "dropped_x": num_neurons[0] - x.count,
        "dropped_y": num_neurons[1] - y.count,
        "tolerance": tolerance,
    }
