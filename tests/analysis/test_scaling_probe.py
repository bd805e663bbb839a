"""The probe names the scaling under which the statistics were collected."""

import functools

import numpy as np
import pytest

from transfusion_tf import names
from transfusion_tf.analysis import scaling_differences, scaling_probe
from transfusion_tf.models import zoo

# Reddish, as fundus photographs are, so that the order of channels matters.
IMAGES = np.clip(
    np.random.default_rng(0).normal((150, 90, 50), 40, (12, 16, 16, 3)), 0, 255
).astype(np.float32)
GROUPS = np.arange(12) % 3


@functools.cache
def trained_under(scaling):
    """A cbr_tiny whose batch norms hold the statistics of IMAGES."""
    backbone = zoo.build(
        "cbr_tiny",
        num_outputs=2,
        image_size=16,
        bn_momentum=0.0,
        input_scaling=scaling,
    )
    backbone.model(IMAGES, training=True)
    return backbone


@pytest.mark.parametrize("scaling", names.INPUT_SCALINGS)
def test_the_scaling_of_the_statistics_is_the_closest(scaling):
    found = scaling_probe.divergences(trained_under(scaling), IMAGES, GROUPS)
    assert set(found) == set(names.INPUT_SCALINGS)
    first, second, *_ = scaling_differences.rows(found, [4, 4, 4], run="net")
    assert first["scaling"] == second["closest"] == scaling
    assert first["mean_divergence"] < 1e-4 < second["mean_divergence"]


def test_parts_leave_out_a_group_each():
    backbone = trained_under("tf")
    found = scaling_probe.divergences(backbone, IMAGES, GROUPS)["caffe"]
    assert len(found) == 4
    for part, kept in zip(
        found, [GROUPS >= 0, GROUPS != 0, GROUPS != 1, GROUPS != 2], strict=True
    ):
        images = IMAGES[kept]
        (alone,) = scaling_probe.divergences(
            backbone, images, np.zeros(len(images), int)
        )["caffe"]
        assert part == pytest.approx(alone, rel=1e-9)


def test_images_of_a_patient_are_in_one_group():
    ids = np.array([f"i{n}" for n in range(30)])
    patients = np.array([f"p{n // 2}" for n in range(30)])
    groups = scaling_probe.grouped(ids, patients)
    assert (groups[::2] == groups[1::2]).all()
    assert np.bincount(groups).tolist() == [4] * 5 + [2] * 5
    unknown = scaling_probe.grouped(ids, np.full(30, ""))
    assert np.bincount(unknown).tolist() == [3] * 10


def test_layers_are_named_from_bottom_to_top():
    found = scaling_probe.divergences(trained_under("tf"), IMAGES, GROUPS)
    order = ["conv1_bn", "conv2_bn", "conv3_bn", "conv4_bn"]
    whole = {preset: parts[0] for preset, parts in found.items()}
    assert all(list(layers) == order for layers in whole.values())
    rows = scaling_probe.rows(whole, run="net")
    assert len(rows) == 4 * len(names.INPUT_SCALINGS)
    assert all(set(row) == set(scaling_probe.COLUMNS) for row in rows)


def test_divergence_by_hand():
    # Between normals: a shift by one deviation, and four times the variance.
    found = scaling_probe.gaussian_divergence(
        np.array([1.0, 0.0, 2.0]),
        np.array([1.0, 4.0, 3.0]),
        np.array([0.0, 0.0, 2.0]),
        np.array([1.0, 1.0, 3.0]),
    )
    np.testing.assert_allclose(found, [0.5, 1.5 - np.log(2), 0], atol=1e-12)


def test_what_cannot_be_probed_is_refused():
    backbone = zoo.build("squeezenet", num_outputs=2, image_size=64)
    with pytest.raises(ValueError, match="squeezenet has no batch norm"):
        scaling_probe.divergences(
            backbone, np.zeros((4, 64, 64, 3)), np.zeros(4, int)
        )
    with pytest.raises(ValueError, match="at least two images. Received: 1"):
        scaling_probe.divergences(trained_under("tf"), IMAGES[:1], GROUPS[:1])
