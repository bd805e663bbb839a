"""Averages of weights over phases and interruptions, of a tiny network."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from transfusion_tf.config.run import TrainConfig
from transfusion_tf.runs import state
from transfusion_tf.training import step

BATCH = {
    "image": tf.constant(
        np.random.default_rng(0).normal(size=(6, 4)), "float32"
    ),
    "label": tf.constant([0, 1] * 3),
}


def make():
    """(model, TrainStep), in two phases of which the second has two layers."""
    keras.utils.set_random_seed(0)
    strategy = tf.distribute.OneDeviceStrategy("/cpu:0")
    with strategy.scope():
        model = keras.Sequential(
            [keras.Input((4,)), keras.layers.Dense(3), keras.layers.Dense(2)]
        )
    config = TrainConfig(
        batch_size=6,
        steps=9,
        optimizer="adamw",
        clip_norm=1.0,
        ema_momentum=0.75,
        freeze_through="conv1",
        unfreeze_at=2,
    )
    taken = step.TrainStep(
        strategy, model, "multiclass", config, frozen=[model.layers[0]]
    )
    return model, taken


def values(model):
    return [variable.numpy() for variable in model.variables]


def take(model, taken, steps):
    """The raw and the averaged values after each of the steps."""
    found = []
    for number in steps:
        taken(BATCH, step=number, learning_rate=0.1)
        raw = values(model)
        with taken.averaged():
            averages = values(model)
        found.append((raw, averages))
        for before, after in zip(raw, values(model), strict=True):
            np.testing.assert_array_equal(before, after)
    return found


@pytest.fixture(scope="module")
def whole():
    """What `take` finds of five steps, two of them with a frozen layer."""
    return take(*make(), range(5))


def test_the_average_begins_anew_where_layers_are_unfrozen(whole):
    raw, averages = zip(*whole, strict=True)
    # The kernel of the first layer, frozen for two steps; then of the second.
    for number in (0, 1):
        np.testing.assert_array_equal(averages[number][0], raw[0][0])
    later = raw[2][2]
    np.testing.assert_array_equal(averages[2][2], later)
    for number in (3, 4):
        later = 0.75 * later + 0.25 * raw[number][2]
        np.testing.assert_allclose(averages[number][2], later, rtol=1e-6)


def test_before_the_first_step_there_is_no_average():
    model, taken = make()
    before = values(model)
    with taken.averaged():
        for a, b in zip(before, values(model), strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("done", [1, 4])
def test_an_interrupted_training_has_the_same_averages(whole, done, tmp_path):
    model, taken = make()
    take(model, taken, range(done))
    path = tmp_path / "newest.npz"
    progress = state.Progress(step=done)
    paths = path, tmp_path / "before.npz"
    state.save(paths, progress, [*model.variables, *taken.variables])
    model, taken = make()
    state.restore(path, [*model.variables, *taken.variables])
    again = take(model, taken, range(done, 5))
    for first, second in zip(whole[done:], again, strict=True):
        for arrays in zip(first, second, strict=True):
            for a, b in zip(*arrays, strict=True):
                np.testing.assert_array_equal(a, b)
