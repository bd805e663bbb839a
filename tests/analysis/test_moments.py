"""Moments from arrays and from a stream, against float64 NumPy."""

import numpy as np
import pytest

from tests.linear_networks import (
    activations,
    assert_close,
    batches,
    network,
    pixels,
    rows,
    stream_pair,
)
from transfusion_tf.analysis import moments, similarity


def test_from_arrays_by_hand():
    m = moments.from_arrays([[0, 1], [2, 1], [4, 4]], [[1], [0], [5]])
    np.testing.assert_allclose(m.mean_x, [2, 2])
    np.testing.assert_allclose(m.mean_y, [2])
    np.testing.assert_allclose(m.cov_xx, [[8 / 3, 2], [2, 2]])
    np.testing.assert_allclose(m.cov_yy, [[14 / 3]])
    np.testing.assert_allclose(m.cov_xy, [[8 / 3], [3]])
    assert (m.num_datapoints, m.num_images) == (3, 3)


@pytest.mark.parametrize(
    "x, y, message",
    [
        (np.ones(3), np.ones((3, 1)), r"num_neurons\). Received: shape \(3,\)"),
        (np.ones((3, 2)), np.ones((4, 2)), r"\(3, 2\), \(4, 2\) and"),
        (np.ones((0, 2)), np.ones((0, 2)), r"\(0, 2\)"),
        (np.ones((3, 2)), np.full((3, 2), np.nan), "`y` must be finite"),
    ],
)
def test_from_arrays_refuses(x, y, message):
    with pytest.raises(ValueError, match=message):
        moments.from_arrays(x, y)


@pytest.mark.parametrize("batch_size", [5, 11, 2])
@pytest.mark.parametrize("offset", [0.0, 10.0, 1000.0])
def test_stream_is_what_stored_activations_give(batch_size, offset):
    a, b = network(1, offset=offset), network(2, offset=offset)
    images = pixels()
    found = moments.stream(
        {"a": a, "b": b}, batches(images, 4), batch_size=batch_size
    )
    assert list(found) == [("a", "b")]
    assert list(found["a", "b"]) == ["conv1", "conv2"]
    for stage, x, y in zip(
        found["a", "b"].values(),
        activations(a, images),
        activations(b, images),
        strict=True,
    ):
        expected = moments.from_arrays(rows(x), rows(y))
        assert_close(stage.measured, expected)
        assert stage.measured.num_images == 11
        assert np.abs(expected.cov_xy).max() > 1e-2


def test_pairs_share_a_pass():
    nets = {"a": network(1), "b": network(2), "c": network(3)}
    pairs = [("b", "c"), ("a", "b"), ("a", "a")]
    found = moments.stream(nets, batches(pixels(), 4), pairs=pairs)
    assert list(found) == pairs
    alone = moments.stream(
        {"b": nets["b"], "c": nets["c"]}, batches(pixels(), 4)
    )
    np.testing.assert_array_equal(
        found["b", "c"]["conv2"].chance.cov_xy,
        alone["b", "c"]["conv2"].chance.cov_xy,
    )
    assert found["b", "c"]["conv1"].measured.x is (
        found["a", "b"]["conv1"].measured.y
    )
    same = similarity.cca(found["a", "a"]["conv1"].measured)
    np.testing.assert_allclose(same.coefficients, 1.0, atol=1e-6)


def test_stages_can_be_chosen():
    found = moments.stream(
        {"a": network(1), "b": network(2)},
        batches(pixels(), 4),
        stages=["conv2"],
    )
    assert list(found["a", "b"]) == ["conv2"]


def test_constant_channels_are_constant():
    dead = network(1, offset=0.1)
    dead.stages[0].layers[0].kernel.assign(np.zeros((3, 3, 3, 4)))
    found = stream_pair(dead, network(2))["a", "b"]["conv1"]
    assert similarity.cca(found.measured).dropped_x == 4


def test_unknown_stage_lists_the_choices():
    with pytest.raises(ValueError, match="'conv9'.*conv1, conv2"):
        stream_pair(network(1), network(2), stages=["conv9"])
