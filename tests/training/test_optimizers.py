"""Decay, clipping and averages by hand, and over several devices."""

import json

import keras
import numpy as np
import pytest

from tests import short_trainings
from transfusion_tf import experiment, tables
from transfusion_tf.config.run import TrainConfig
from transfusion_tf.training import optimizers

KERNEL, BIAS = [[1.0, -2.0]], [3.0]


def made(rate, **settings):
    """(optimizer, its variables, a kernel and a bias)."""
    variables = [keras.Variable(KERNEL), keras.Variable(BIAS)]
    config = TrainConfig(learning_rate=rate, **settings)
    optimizer = optimizers.make(config)
    optimizers.build(optimizer, variables)
    return optimizer, variables


def apply(optimizer, variables, kernel, bias):
    gradients = [keras.ops.array(kernel), keras.ops.array(bias)]
    optimizer.apply(gradients, variables)
    return [variable.numpy() for variable in variables]


@pytest.mark.parametrize("name", ["sgd", "adamw"])
def test_decay_takes_from_kernels_and_not_from_biases(name):
    taken = made(0.1, optimizer=name, weight_decay=0.5)
    kernel, bias = apply(*taken, [[0.0, 0.0]], [0.0])
    # Nothing but the decay moves them, by a twentieth.
    np.testing.assert_allclose(kernel, [[0.95, -1.9]], rtol=1e-6)
    np.testing.assert_array_equal(bias, BIAS)


def test_adamw_decays_by_default_and_the_others_do_not():
    assert made(0.1, optimizer="adamw")[0].weight_decay == 0.004
    for name in ("adam", "sgd"):
        assert made(0.1, optimizer=name)[0].weight_decay is None


def test_the_gradient_of_all_weights_is_shortened_to_the_norm():
    plain = {"optimizer": "sgd", "momentum": 0.0}
    taken = made(1.0, clip_norm=1.0, **plain)
    kernel, bias = apply(*taken, [[3.0, 0.0]], [4.0])  # Of norm 5.
    np.testing.assert_allclose(kernel, [[0.4, -2.0]], rtol=1e-6)
    np.testing.assert_allclose(bias, [2.2], rtol=1e-6)
    # A shorter one is left as it is.
    taken = made(1.0, clip_norm=6.0, **plain)
    kernel, bias = apply(*taken, [[3.0, 0.0]], [4.0])
    np.testing.assert_allclose(kernel, [[-2.0, -2.0]], rtol=1e-6)
    np.testing.assert_allclose(bias, [-1.0], rtol=1e-6)


@pytest.fixture(scope="module")
def trained(tiny_dataset, tmp_path_factory):
    """Trains three steps without and with an average; returns both runs."""
    start = short_trainings.starter(tiny_dataset, tmp_path_factory.mktemp("r"))
    settings = {"snapshots": 8, "schedule": "constant"}
    return start("plain", **settings), start(
        "averaged", ema_momentum=0.75, **settings
    )


def weights(run, step):
    model = experiment.load_backbone(run, step).model
    return {v.path.partition("/")[2]: v.numpy() for v in model.weights}, {
        v.path.partition("/")[2] for v in model.trainable_variables
    }


def test_what_is_saved_is_the_average_of_what_is_trained(trained):
    plain, averaged = trained
    assert averaged.weight_steps() == [0, 1, 2, 3]
    (first, _), (second, _), (third, moving) = (
        weights(plain, step) for step in (1, 2, 3)
    )
    found, _ = weights(averaged, 3)
    for path, value in found.items():
        expected = third[path]
        if path in moving:
            expected = 0.75 * (0.75 * first[path] + 0.25 * second[path])
            expected = expected + 0.25 * third[path]
        np.testing.assert_allclose(value, expected, rtol=1e-5, atol=1e-7)
    for path, value in weights(averaged, 0)[0].items():
        np.testing.assert_array_equal(value, weights(plain, 0)[0][path])


def test_the_average_is_evaluated_and_the_training_goes_its_own_way(trained):
    plain, averaged = (tables.read(run.history) for run in trained)
    np.testing.assert_array_equal(plain["train_loss"], averaged["train_loss"])
    assert (plain["val_loss"] != averaged["val_loss"]).any()


def test_three_devices_train_like_one(binary):
    """In float64, so that only the order of sums differs."""
    done = binary("tests/training/three_devices.py")
    assert done.returncode == 0, done.stderr
    one, three = map(json.loads, done.stdout.splitlines()[-2:])
    losses, weights_after, averages = one
    assert len(losses) == 3 and weights_after != averages
    for a, b in zip(one, three, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)
