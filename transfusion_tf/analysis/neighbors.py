"""Mutual k-nearest neighbours: do two networks find the same images alike?

Unlike the other measures it needs datapoints, not moments: it is given for a
sample of bounded size, of one datapoint an image.
"""

import dataclasses

import numpy as np

from transfusion_tf.analysis import scores

NUM_NEIGHBORS = 10
# Images in a sample: distances are (images, images).
MAX_IMAGES = 1024


@dataclasses.dataclass(frozen=True, eq=False)
class Sample:
    """The same datapoints of two networks, one an image.

    Attributes:
      x: (num_images, num_neurons_x).
      y: (num_images, num_neurons_y).
      patients: (num_images,) int: equal for images of one patient.
      groups: (num_images,) int: the group of images that each is in.
    """

    x: np.ndarray
    y: np.ndarray
    patients: np.ndarray
    groups: np.ndarray

    def of_groups(self, groups):
        """The Sample of the images of some groups."""
        rows = np.isin(self.groups, groups)
        return Sample(*(field[rows] for field in vars(self).values()))


def of_arrays(x, y, images, patients):
    """A Sample of arrays: the first row of each image, of at most MAX_IMAGES.

    Which images these are depends on their names alone.

    Args:
      x, y: (num_datapoints, num_neurons).
      images: (num_datapoints,) names.
      patients: (num_datapoints,) names.
    """
    _, rows = np.unique(images, return_index=True)
    rows = np.sort(rows[ranks(len(rows), seed=0) < MAX_IMAGES])
    _, patients = np.unique(patients, return_inverse=True)
    return Sample(x[rows], y[rows], patients[rows], np.zeros(len(rows), int))


def ranks(num_images, *, seed):
    """(num_images,) places in a random order; a sample has the first ones."""
    return np.random.default_rng((seed, num_images)).permutation(num_images)


def mutual_knn(m, *, num_neighbors=NUM_NEIGHBORS):
    """Share of an image's nearest neighbours that are the same in x and in y.

    From Huh et al. 2024 (arXiv:2405.07987, section 2), with Euclidean distances
    in place of cosines, so that a shift changes nothing, as for the other
    measures. Images of the same patient are no neighbours: that they are alike
    says nothing. Of independent representations about num_neighbors over the
    number of images.

    Args:
      m: Moments with a `sample`.
      num_neighbors: of each image.

    Returns:
      Score in [0, 1]; NaN if a side is constant.

    Raises:
      TooFewDatapoints: an image has no more than `num_neighbors` others, or
        there is no sample.
    """
    if m.sample is None:
        raise scores.TooFewDatapoints(
            "Mutual k-NN needs a sample of datapoints, which was not gathered."
        )
    patients = m.sample.patients
    same = patients[:, None] == patients
    fewest = len(same) - same.sum(axis=0).max(initial=0)
    if fewest <= num_neighbors:
        raise scores.TooFewDatapoints(
            f"Mutual k-NN needs more than {num_neighbors} images of other "
            f"patients for each image. Received: {fewest}; give more images."
        )
    if not (m.cov_xx.any() and m.cov_yy.any()):
        return scores.Score(float("nan"))
    x, y = (
        _nearest(side, same, num_neighbors) for side in (m.sample.x, m.sample.y)
    )
    return scores.Score(float(np.sum(x & y) / (num_neighbors * len(same))))


def _nearest(side, excluded, count):
    """(num_images, num_images) bool: the `count` nearest of each row."""
    side = np.asarray(side, np.float64)
    side = side - side.mean(axis=0)
    squares = np.sum(side**2, axis=1)
    # Less the square of the row's own, which orders nothing.
    distances = squares - 2 * side @ side.T
    distances[excluded] = np.inf
    chosen = np.argpartition(distances, count - 1, axis=1)[:, :count]
    nearest = np.zeros(distances.shape, bool)
    np.put_along_axis(nearest, chosen, True, axis=1)
    return nearest
