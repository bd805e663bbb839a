"""Distances of weights by hand, and of the weights of a stage alone."""

import keras
import numpy as np
import pytest

from transfusion_tf.analysis.comparison import LoadedNetwork
from transfusion_tf.analysis.views import movement, selection
from transfusion_tf.analysis.views import rows as view_rows
from transfusion_tf.models import zoo

START, END = selection.Network("a", 0), selection.Network("a", 9)


def test_by_hand():
    found = movement.distances(np.array([3.0, 4.0]), np.array([3.0, 0.0]))
    assert found == pytest.approx(
        {"l2": 4.0, "relative_l2": 0.8, "weight_cosine": 0.6}
    )
    zeros = movement.distances(np.zeros(2), np.array([3.0, 4.0]))
    assert zeros == {"l2": 5.0, "relative_l2": None, "weight_cosine": None}


def built():
    keras.utils.set_random_seed(0)
    return zoo.build("cbr_tiny", num_outputs=2, image_size=16)


def test_a_stage_that_moved_alone():
    start, end = built(), built()
    kernel = end.stage("conv2").layers[0].kernel
    kernel.assign(2.0 * kernel)
    statistics = end.stage("conv3").layers[1].moving_mean
    statistics.assign(statistics + 1.0)
    rows = movement.rows(
        "movement",
        [(START, END)],
        {
            START: LoadedNetwork(start, "random", "1f"),
            END: LoadedNetwork(end, "random", "2e"),
        },
        stages=["conv1", "conv2", "conv3"],
    )
    assert all(set(row) == set(view_rows.COLUMNS) for row in rows)
    values = {(row["stage"], row["measure"]): row["value"] for row in rows}
    norm = np.linalg.norm(start.stage("conv2").layers[0].kernel)
    assert values["conv2", "l2"] == pytest.approx(norm, rel=1e-6)
    for stage in ("conv1", "conv3"):  # Statistics are not trained.
        assert values[stage, "l2"] == values[stage, "relative_l2"] == 0.0
        assert values[stage, "weight_cosine"] == pytest.approx(1.0)
    assert rows[0]["other_init"] == "random" == rows[0]["init"]
