"""Costs by stage, by hand and against what papers state."""

import pytest

from transfusion_tf.analysis import network_costs
from transfusion_tf.models import zoo


def test_cbr_tiny_by_hand():
    backbone = zoo.build("cbr_tiny", num_outputs=3, image_size=16)
    rows = network_costs.rows(backbone)
    assert [row["stage"] for row in rows] == [
        *("conv1", "conv2", "conv3", "conv4", "head")
    ]
    # Sides 16, 8, 4, 2; kernels of 25; widths 3 -> 32 -> 64 -> 128 -> 256.
    assert [row["multiply_adds"] for row in rows] == [
        256 * 25 * 3 * 32,
        64 * 25 * 32 * 64,
        16 * 25 * 64 * 128,
        4 * 25 * 128 * 256,
        256 * 3,
    ]
    assert rows[1] == {
        "stage": "conv2",
        "output_layer": "conv2_relu",
        "height": 8,
        "width": 8,
        "channels": 64,
        "weighted_layers": 2,
        "parameters": 25 * 32 * 64 + 4 * 64,
        "trainable_parameters": 25 * 32 * 64 + 2 * 64,
        "multiply_adds": 64 * 25 * 32 * 64,
    }
    assert tuple(rows[1]) == network_costs.COLUMNS
    assert (
        sum(row["parameters"] for row in rows) == backbone.model.count_params()
    )


def test_resnet50_is_as_its_paper_states():
    """He et al. 2016: 3.8e9, ImageNet's 1000 classes included.

    That is the network with the stride in the first 1x1 convolution, as here;
    with the stride in the 3x3 it would be 4.1e9.
    """
    backbone = zoo.build("resnet50", num_outputs=1000, image_size=224)
    rows = network_costs.rows(backbone)
    assert sum(row["multiply_adds"] for row in rows) == pytest.approx(
        3.8e9, rel=0.02
    )
