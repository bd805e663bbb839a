"""One step: what is frozen stays bit for bit, what is not moves."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from transfusion_tf.config.run import TrainConfig
from transfusion_tf.models import zoo
from transfusion_tf.training import step

IMAGES = np.random.default_rng(0).uniform(0, 255, (8, 16, 16, 3))
BATCH = {
    "image": tf.constant(IMAGES, tf.float32),
    "label": tf.constant([0, 1] * 4),
}


def make(frozen_through=None, **settings):
    """(backbone, TrainStep) of a cbr_tiny with the same weights each time."""
    keras.utils.set_random_seed(0)
    strategy = tf.distribute.OneDeviceStrategy("/cpu:0")
    with strategy.scope():
        backbone = zoo.build("cbr_tiny", num_outputs=2, image_size=16)
    stages = backbone.stages_through(frozen_through) if frozen_through else ()
    frozen = [layer for stage in stages for layer in stage.layers]
    config = TrainConfig(
        batch_size=8, steps=9, freeze_through=frozen_through, **settings
    )
    taken = step.TrainStep(
        strategy, backbone.model, "multiclass", config, frozen=frozen
    )
    return backbone, taken


def values(backbone):
    return {v.path: v.numpy() for v in backbone.weights}


def moved(before, after):
    """Stages (or "logits") of which a tensor has changed."""
    return {
        path.split("/")[0].split("_")[0]
        for path in before
        if not np.array_equal(before[path], after[path])
    }


def take(steps, taken):
    return [float(taken(BATCH, step=s, learning_rate=1e-2)) for s in steps]


def test_without_freezing_every_tensor_moves():
    backbone, taken = make()
    before = values(backbone)
    take(range(2), taken)
    after = values(backbone)
    assert not [p for p in before if np.array_equal(before[p], after[p])]


def test_frozen_stages_stay_bit_for_bit_statistics_included():
    backbone, taken = make("conv2")
    before = values(backbone)
    losses = take(range(4), taken)
    assert moved(before, values(backbone)) == {"conv3", "conv4", "logits"}
    assert losses[-1] < losses[0]


def test_from_unfreeze_at_on_everything_moves():
    backbone, taken = make("conv4", unfreeze_at=2)
    before = values(backbone)
    take(range(2), taken)
    middle = values(backbone)
    assert moved(before, middle) == {"logits"}
    take(range(2, 4), taken)
    after = values(backbone)
    assert not [p for p in middle if np.array_equal(middle[p], after[p])]


def test_a_run_that_goes_on_in_the_second_phase_trains_everything():
    backbone, taken = make("conv4", unfreeze_at=2)
    before = values(backbone)
    take([7], taken)
    assert moved(before, values(backbone)) == {
        "conv1",
        "conv2",
        "conv3",
        "conv4",
        "logits",
    }


def test_frozen_batch_norm_normalizes_by_its_stored_statistics():
    backbone, taken = make("conv4")
    for weight in backbone.weights:
        if weight.name == "moving_mean":
            weight.assign(weight + 3.0)
    logits = backbone.model(BATCH["image"], training=False)
    expected = keras.losses.sparse_categorical_crossentropy(
        BATCH["label"], logits, from_logits=True
    )
    (loss,) = take([0], taken)
    assert loss == pytest.approx(float(np.mean(expected)), rel=1e-5)


def test_each_phase_has_an_optimizer_of_its_own():
    _, plain = make()
    _, frozen = make("conv4")
    _, both = make("conv4", unfreeze_at=2)
    count = len(plain.variables) + len(frozen.variables)
    assert len(both.variables) == count
    take(range(2), both)
    first = len(frozen.variables)
    # The second has not begun: its step count and slots are zero, but for the
    # learning rate.
    later = [v for v in both.variables[first:] if v.name != "learning_rate"]
    assert not any(np.any(v.numpy()) for v in later)


def test_learning_rate_and_momentum_are_those_given():
    backbone, taken = make("conv4", optimizer="sgd", momentum=0.5)
    found = [values(backbone)]
    for number, rate in enumerate((1e-2, 0.0)):
        taken(BATCH, step=number, learning_rate=rate)
        found.append(values(backbone))
    kernel = next(path for path in found[0] if path.startswith("logits"))
    start, middle, end = (arrays[kernel] for arrays in found)
    first, second = middle - start, end - middle
    # Without a learning rate, only the velocity moves on: half the way.
    assert np.abs(first).max() > 1e-5
    np.testing.assert_allclose(second, first / 2, atol=1e-7)
