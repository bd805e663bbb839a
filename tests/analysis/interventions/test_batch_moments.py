"""Batch norm estimated anew is what its inputs say, in exact averages."""

import numpy as np
import pytest
import tensorflow as tf

from tests.analysis.interventions import small_networks
from transfusion_tf.analysis.interventions import (
    batch_moments,
    scoring,
    staged,
)

IMAGES = small_networks.images(24)
PLAIN = staged.Variant(0, {})


@pytest.fixture(scope="module")
def chain():
    return small_networks.chain(0)


def estimated(network, base=PLAIN, variants=(), size=8, pixels=IMAGES):
    batches = small_networks.batches(pixels, size=size)
    return scoring.estimated(network, base, list(variants), batches)


def test_of_the_first_batch_norm_moments_are_those_of_all_images(chain):
    base, _, count = estimated(staged.StagedNetwork(chain))
    convolution = chain.stages[0].layers[0]
    maps = np.asarray(convolution(IMAGES / 127.5 - 1), np.float64)
    assert count == 24
    norm = chain.stages[0].layers[1]
    np.testing.assert_allclose(
        base.values[norm.moving_mean.path],
        maps.mean(axis=(0, 1, 2)),
        rtol=1e-4,
        atol=1e-5,
    )
    np.testing.assert_allclose(
        base.values[norm.moving_variance.path],
        maps.var(axis=(0, 1, 2)),
        rtol=1e-4,
    )


def test_of_one_batch_they_are_what_training_would_take(chain):
    base, _, _ = estimated(staged.StagedNetwork(chain), size=24)
    copy = small_networks.chain(0)
    for stage in copy.stages:
        stage.layers[1].momentum = 0.0  # Keeps the last batch's alone.
    copy.model(IMAGES, training=True)
    for layer in (stage.layers[1] for stage in copy.stages):
        for variable in (layer.moving_mean, layer.moving_variance):
            np.testing.assert_allclose(
                base.values[variable.path], variable, rtol=1e-3, atol=1e-4
            )


def test_a_variant_has_those_of_its_own_weights_from_its_stage_on(chain):
    network = staged.StagedNetwork(chain)
    other = small_networks.values(small_networks.chain(5), "conv2")
    variant = staged.Variant(1, other)
    base, (found,), _ = estimated(network, variants=[variant])
    whole, _, _ = estimated(network, base=staged.Variant(0, other))
    first = chain.stages[0].layers[1].moving_mean.path
    assert first in base.values and first not in found.values
    statistics = [path for path in whole.values if "moving" in path]
    assert len(statistics) == 6
    for path in statistics:
        value = {**base.values, **found.values}[path]
        np.testing.assert_allclose(value, whole.values[path], rtol=1e-5)


def test_a_small_last_batch_is_left_out_and_a_small_only_one_is_not(chain):
    network = staged.StagedNetwork(chain)
    assert estimated(network, size=10)[2] == 20
    assert estimated(network, size=10, pixels=IMAGES[:7])[2] == 7


def test_of_equal_weights_variance_is_within_and_between_batches():
    averages = batch_moments.Averages()
    for mean, variance in ((1.0, 0.5), (3.0, 1.5)):
        averages.add(
            {
                "bn/moving_mean": tf.constant([mean]),
                "bn/moving_variance": tf.constant([variance]),
            },
            4,
        )
    found = averages.values()
    assert float(found["bn/moving_mean"][0]) == 2.0
    assert float(found["bn/moving_variance"][0]) == 1.0 + 1.0


def test_without_batch_norm_no_image_is_read():
    network = staged.StagedNetwork(small_networks.chain(0))
    network.parts = []  # None of which has batch norm.
    found = scoring.estimated(network, PLAIN, [], iter(()))
    assert found == (PLAIN, [], 0)
