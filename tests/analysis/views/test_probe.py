"""Features of stages as means over positions."""

import numpy as np

from transfusion_tf.analysis.views import probe


class Twice:
    """A backbone of one stage that doubles its images."""

    stage_names = ("conv1",)

    def feature_extractor(self):
        return lambda images, training: [2 * images]


def test_features_are_means_over_positions_in_the_order_of_the_images():
    images = np.random.default_rng(0).normal(size=(5, 4, 4, 3))
    batches = [
        {"image": images[rows], "label": np.arange(5)[rows]}
        for rows in (slice(0, 3), slice(3, 5))
    ]
    found, columns = probe.pooled({"n": Twice()}, ["conv1"], batches)
    np.testing.assert_allclose(
        found["n"]["conv1"], 2 * images.mean(axis=(1, 2))
    )
    np.testing.assert_array_equal(columns["label"], np.arange(5))
