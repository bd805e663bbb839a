"""Sums of a batch, against stored activations."""

import pytest

from tests.linear_networks import (
    activations,
    assert_close,
    named,
    network,
    pixels,
    rows,
    stream_pair,
)
from transfusion_tf.analysis import moments, similarity
from transfusion_tf.analysis.streaming import plan


def test_the_larger_maps_are_averaged_to_the_smaller():
    a, b = network(1), network(2, strides=2)
    images = pixels()
    found = stream_pair(a, b, images)["a", "b"]["conv1"]
    x, y = activations(a, images)[0], activations(b, images)[0]
    pooled = x.reshape(11, 3, 2, 3, 2, 4).mean(axis=(2, 4))
    assert_close(found.measured, moments.from_arrays(rows(pooled), rows(y)))
    assert found.measured.num_datapoints == 11 * 9


def test_pooled_datapoints_are_means_over_positions():
    a, b = network(1), network(2)
    images = pixels()
    options = plan.GatherOptions(datapoints="pooled")
    found = stream_pair(a, b, images, options=options)["a", "b"]["conv2"]
    x, y = (activations(n, images)[1].mean(axis=(1, 2)) for n in (a, b))
    assert_close(found.measured, moments.from_arrays(x, y))


@pytest.mark.parametrize("stage", ["conv1", "conv2"])
def test_sums_over_images_give_the_debiased_similarity(stage):
    # With three neurons the products of an image are made, with 36 positions
    # either way; pooled, there is one position.
    a, b = network(1), network(2)
    images = pixels(30)
    options = plan.GatherOptions(debiased=True)
    found = stream_pair(a, b, images, options=options)["a", "b"][stage]
    index = {"conv1": 0, "conv2": 1}[stage]
    x, y = (rows(activations(n, images)[index]) for n in (a, b))
    expected = moments.from_arrays(x, y, images=named(images))
    for got, want in [
        (found.measured.hsic, expected.hsic),
        (found.measured.x.hsic, expected.x.hsic),
        (found.measured.y.hsic, expected.y.hsic),
    ]:
        assert got == pytest.approx(want, rel=1e-4)
    cka = similarity.cka(found.measured).value
    assert cka == pytest.approx(similarity.cka(expected).value, abs=1e-5)
    assert abs(similarity.cka(found.chance).value) < cka
    pooled = plan.GatherOptions(debiased=True, datapoints="pooled")
    found = stream_pair(a, b, images, options=pooled)["a", "b"][stage]
    x, y = (activations(n, images)[index].mean(axis=(1, 2)) for n in (a, b))
    cka = similarity.cka(found.measured).value
    assert cka == pytest.approx(
        similarity.cka(moments.from_arrays(x, y)).value, abs=1e-4
    )
