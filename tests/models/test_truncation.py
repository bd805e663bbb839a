"""Truncated networks: what is kept, what starts alike, what is refused.

tests/models/test_applications.py cuts those of Keras.
"""

import functools

import numpy as np
import pytest

from tests.initialization import draws
from transfusion_tf.initialization import schemes
from transfusion_tf.models import cost, zoo

MEMBERS = (
    ("cbr_tiny", "conv2"),
    ("cbr_larget_slim", "conv4"),
    ("squeezenet", "block1"),
    ("mobilenet_v3_small", "conv1"),
    ("deit_tiny", "block2"),
)


@functools.cache
def build(name, truncate_at=None, **settings):
    """Networks are shared by the tests: none changes them."""
    return zoo.build(
        name,
        num_outputs=3,
        image_size=32,
        truncate_at=truncate_at,
        **settings,
    )


@pytest.fixture(params=MEMBERS, ids="@".join)
def both(request):
    """(a whole network, what is left of it)."""
    name, stage = request.param
    return build(name), build(name, stage)


def test_cbr_tiny_by_hand():
    made = build("cbr_tiny", "conv2")
    assert made.stage_names == ("conv1", "conv2")
    # Kernels of 25; four batch norm numbers a filter.
    assert [cost.num_parameters(stage.layers) for stage in made.stages] == [
        25 * 3 * 32 + 4 * 32,
        25 * 32 * 64 + 4 * 64,
    ]
    assert cost.num_parameters(made.head) == 64 * 3 + 3
    assert (made.name, made.label) == ("cbr_tiny", "cbr_tiny@conv2")
    assert made.whole().label == "cbr_tiny"


def test_stages_and_their_order_are_those_of_the_whole(both):
    whole, made = both
    count = len(made.stages)
    assert made.stage_names == whole.stage_names[:count]
    assert made.scaling == whole.scaling
    paths = [weight.path for stage in made.stages for weight in stage.variables]
    assert paths == [
        weight.path
        for stage in whole.stages[:count]
        for weight in stage.variables
    ]
    assert made.model.count_params() == sum(
        cost.num_parameters(x.layers) for x in whole.stages[:count]
    ) + cost.num_parameters(made.head)


def test_weights_start_as_in_the_whole(both):
    whole, made = both
    wanted = schemes.random(whole, None, None, 3).values
    drawn = schemes.random(made, None, None, 3).values
    for stage in made.stages:
        for weight in stage.variables:
            path = weight.path
            np.testing.assert_array_equal(drawn[path], wanted[path])


def test_fresh_weights_are_drawn_by_seed_and_path(both):
    draws.check_draws(both[1])


def test_features_are_those_of_the_whole_network():
    whole, made = build("cbr_tiny"), build("cbr_tiny", "conv3")
    for weight, same in zip(
        (v for s in made.stages for v in s.variables),
        (v for s in whole.stages[:3] for v in s.variables),
        strict=True,
    ):
        weight.assign(same)
    images = np.random.default_rng(0).uniform(0, 255, (2, 32, 32, 3))
    features = whole.feature_extractor()(images)[2]
    ours = made.feature_extractor()(images)[-1]
    np.testing.assert_array_equal(ours, features)
    # The head sees the mean of what the last stage puts out.
    kernel, bias = (x.numpy() for x in made.head[0].weights)
    logits = np.array(features).mean(axis=(1, 2)) @ kernel + bias
    np.testing.assert_allclose(made.model(images), logits, atol=1e-4)


def test_a_slim_network_is_narrow_below_the_cut_too():
    made = build("cbr_tiny_slim", "conv3", slim_from="conv2")
    assert [s.output.shape[-1] for s in made.stages] == [32, 32, 64]


@pytest.mark.parametrize(
    "name, settings, message",
    [
        ("cbr_tiny", {"truncate_at": "block1"}, "known: conv1, conv2, conv3"),
        (
            "cbr_tiny",
            {"truncate_at": "conv4"},
            "truncate_at=conv4 is the last .*give one of conv1, conv2, conv3",
        ),
        (
            "cbr_tiny_slim",
            {"truncate_at": "conv2"},
            r"cuts off all that is narrower .*\(from conv3 on\); give "
            "--model=cbr_tiny, or a lower --slim_from",
        ),
    ],
)
def test_what_cannot_be_cut_is_refused(name, settings, message):
    with pytest.raises(ValueError, match=message):
        build(name, **settings)
