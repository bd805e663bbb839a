"""Floors, and images that a pass refuses."""

import numpy as np
import pytest

from tests.linear_networks import (
    SIZE,
    activations,
    assert_close,
    batches,
    gathered,
    network,
    pixels,
    rows,
    stream_pair,
)
from transfusion_tf.analysis import moments, similarity
from transfusion_tf.analysis.streaming import pairing, plan


def test_floors_are_what_moved_activations_give():
    a, b = network(1), network(2)
    images = pixels()
    partners = pairing.pair_images(11, rng=np.random.default_rng((7, 0)))
    found = moments.stream(
        {"a": a, "b": b},
        batches(images, 11),
        options=plan.GatherOptions(seed=7),
    )
    x, y = (activations(net, images[partners.order])[0] for net in (a, b))
    moved = [
        np.roll(y[other], -np.floor(offset * SIZE).astype(int), axis=(0, 1))
        for other, offset in zip(partners.chance, partners.offsets, strict=True)
    ]
    stage = found["a", "b"]["conv1"]
    layout = moments.from_arrays(rows(x), rows(y[partners.layout]))
    chance = moments.from_arrays(rows(x), rows(np.array(moved)))
    assert_close(stage.layout, layout)
    assert_close(stage.chance, chance)
    assert np.abs(layout.cov_xy - chance.cov_xy).max() > 1e-2
    # A network's own moments are shared: the floors only pair it otherwise.
    assert stage.layout.x is stage.measured.x is stage.chance.x


def test_lone_image_of_the_last_batch_is_left_out_of_the_floors_only():
    found = moments.stream(
        {"a": network(1), "b": network(2)}, batches(pixels(), 5), batch_size=5
    )
    stage = found["a", "b"]["conv1"]
    assert stage.measured.num_datapoints == 11 * SIZE * SIZE
    assert stage.chance.num_datapoints == 10 * SIZE * SIZE
    assert stage.layout.num_images == 10


def test_one_patient_gives_no_floors():
    patients = np.array(["p"] * 11)
    found = moments.stream(
        {"a": network(1), "b": network(2)},
        batches(pixels(), 5, patient=patients),
    )
    stage = found["a", "b"]["conv2"]
    assert stage.layout is None and stage.chance is None
    assert similarity.cca(stage.measured).mean > 0.1


def reader(channel):
    """A network whose first stage blurs one colour channel alone."""
    kernel = np.zeros((3, 3, 3, 4))
    kernel[:, :, channel] = np.random.default_rng(channel).uniform(
        size=(3, 3, 4)
    )
    return network(0, kernel=kernel)


def floors_of_readers(images):
    """Mean CCA of readers of the first and second channel, and its floors."""
    nets = {"first": reader(0), "second": reader(1)}
    stage = moments.stream(nets, batches(images, 100))["first", "second"]
    found = stage["conv1"]
    return [
        similarity.cca(m).mean
        for m in (found.measured, found.layout, found.chance)
    ]


def test_unrelated_content_is_at_the_chance_floor():
    # One value an image and channel: as correlated within images as can be.
    images = pixels(400, seed=3)
    images += np.random.default_rng(4).normal(size=(400, 1, 1, 3)) * 5
    measured, layout, chance = floors_of_readers(images)
    assert max(measured, layout, chance) < 0.15
    assert abs(measured - chance) < 0.05


def test_what_positions_share_raises_layout_but_not_chance():
    images = pixels(400, seed=3)
    images += 3 * np.random.default_rng(4).normal(size=(SIZE, SIZE, 1))
    measured, layout, chance = floors_of_readers(images)
    assert min(measured, layout) > 0.5
    assert chance < 0.15


def test_related_content_is_above_both_floors():
    images = pixels(400, seed=3)
    images[..., 1] += images[..., 0]
    measured, layout, chance = floors_of_readers(images)
    assert measured > 0.3 > 2 * max(layout, chance)


def test_refuses_activations_that_are_not_finite():
    images = pixels()
    images[9, 2, 2, 0] = np.nan
    with pytest.raises(
        ValueError, match="conv1 of a are not finite .* first for image i9;"
    ):
        gathered(images)


@pytest.mark.parametrize(
    "debiased, largest, refused",
    [(False, 1e9, False), (False, 1e25, True), (True, 1e12, True)],
)
def test_refuses_activations_too_large_for_products(debiased, largest, refused):
    kernel = np.zeros((3, 3, 3, 4))
    kernel[1, 1, 0] = [1, 2, 3, largest]
    nets = {"a": network(1, kernel=kernel), "b": network(2)}
    found = moments.gather(
        nets,
        lambda: batches(pixels(), 4),
        stages=["conv1"],
        options=plan.GatherOptions(debiased=debiased),
        batch_size=4,
    )
    if refused:
        with pytest.raises(ValueError, match="conv1 of a are too large to be"):
            list(found)
    else:
        (sums,) = found
        measured = sums.moments()["a", "b"].measured
        assert np.isfinite(measured.cov_xx).all()


def test_refuses_no_images():
    with pytest.raises(ValueError, match="no images"):
        stream_pair(network(1), network(2), pixels(0))
