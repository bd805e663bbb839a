"""Features of stages as means over positions."""

import types

import numpy as np
import pytest

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


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_features_that_are_not_finite_are_one_line(wrong):
    """scikit-learn's own message has many, and names no stage."""
    maps = np.ones((2, 3, 3, 4), np.float32)
    broken = maps.copy()
    broken[1, 0, 0, 2] = wrong
    backbone = types.SimpleNamespace(
        stage_names=("conv1", "conv2"),
        feature_extractor=lambda: lambda images, training: [maps, broken],
    )
    batches = [{"image": np.zeros((2, 8, 8, 3)), "label": np.zeros(2)}]
    probe.pooled({0: backbone}, ["conv1"], batches)
    with pytest.raises(ValueError, match="at conv2 that are not finite") as e:
        probe.pooled({0: backbone}, ["conv1", "conv2"], batches)
    assert "\n" not in str(e.value)
