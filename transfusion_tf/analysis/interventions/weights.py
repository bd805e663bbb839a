"""Weights between two networks of the same shape, and how far they are."""

import numpy as np

from transfusion_tf.analysis.views import movement


def values(backbone):
    """{variable path: value} of all weights of a Backbone, as they are now."""
    return {v.path: np.array(v) for v in backbone.weights}


def fresh_seed(seed, draw):
    """A seed of fresh weights, which no run was started with by chance."""
    sequence = np.random.SeedSequence([seed, draw])
    return int(sequence.generate_state(1, np.uint64)[0])


def between(first, second, alpha):
    """{path: (1 - alpha) * first + alpha * second} of the paths of `second`.

    At 0 and 1 it is exactly the one or the other.
    """
    return {
        path: ((1 - alpha) * first[path] + alpha * value).astype(value.dtype)
        for path, value in second.items()
    }


def distances(stage, start):
    """movement.distances of the trained weights of a stage from its start.

    Args:
      stage: Stage of a Backbone.
      start: {variable path: value}.
    """
    trained = [v for layer in stage.layers for v in layer.trainable_variables]
    before = [start[variable.path] for variable in trained]
    return movement.distances(
        *(
            np.concatenate([np.asarray(v, np.float64).ravel() for v in side])
            for side in (before, trained)
        )
    )
