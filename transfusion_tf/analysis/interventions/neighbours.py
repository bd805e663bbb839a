"""k-NN probes: the most similar training images vote.

Matsoukas et al. 2022 (arXiv:2203.01825), with 200 neighbours.
"""

import dataclasses

import numpy as np

MAX_NEIGHBOURS = 200  # Matsoukas et al. 2022.
NEIGHBOUR_SHARE = 0.1  # Of the training images, where they are few.
# Of the votes, as Wu et al. 2018 (arXiv:1805.01978) weigh them.
TEMPERATURE = 0.07
_TEST_IMAGES_AT_ONCE = 1024


@dataclasses.dataclass(frozen=True, kw_only=True)
class Neighbours:
    """The k training images with the greatest cosine similarity vote.

    A vote weighs exp(similarity / 0.07); a score is a class's share of them.

    Attributes:
      k: number of neighbours; None: 200, or a tenth of the training images
        where that is less. Never more than there are.
    """

    k: int | None = None
    name = "knn"

    def predict(self, train, labels, test, *, fold_of):
        """As Linear.predict; there is nothing to choose on folds."""
        del fold_of
        seen, place = np.unique(labels, return_inverse=True)
        k = min(self.k or default_neighbours(len(train)), len(train))
        train, test = _unit_length(train), _unit_length(test)
        parts = []
        for start in range(0, len(test), _TEST_IMAGES_AT_ONCE):
            part = test[start : start + _TEST_IMAGES_AT_ONCE]
            parts.append(_votes(part @ train.T, place, len(seen), k))
        return np.concatenate(parts), f"k = {k}"


def default_neighbours(num_images):
    """The smaller of 200 and a tenth of the training images, at least 1."""
    return max(1, min(MAX_NEIGHBOURS, int(num_images * NEIGHBOUR_SHARE)))


def _unit_length(features):
    """Rows of length 1; those that are all zero stay so."""
    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    return features / np.where(lengths == 0, 1, lengths)


def _votes(similarities, labels, num_classes, k):
    """(num_test, num_classes) shares of the k nearest training images."""
    nearest = np.argpartition(-similarities, k - 1, axis=1)[:, :k]
    weights = np.exp(
        np.take_along_axis(similarities, nearest, axis=1) / TEMPERATURE
    )
    votes = np.stack(
        [
            np.where(labels[nearest] == label, weights, 0).sum(axis=1)
            for label in range(num_classes)
        ],
        axis=1,
    )
    return votes / weights.sum(axis=1, keepdims=True)
