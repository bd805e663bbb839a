"""Steps in mixed precision and by XLA, against those in float32."""

import functools
import types

import keras
import numpy as np
import pytest
import tensorflow as tf

from transfusion_tf.config.run import TrainConfig
from transfusion_tf.models import zoo
from transfusion_tf.training import precision, step

IMAGES = np.random.default_rng(0).uniform(0, 255, (8, 16, 16, 3))
BATCH = {
    "image": tf.constant(IMAGES, tf.float32),
    "label": tf.constant([0, 1] * 4),
}
CPU = tf.distribute.OneDeviceStrategy("/cpu:0")


def without_pools():
    """A network that XLA compiles: convolution, batch norm, ReLU, the mean."""
    return keras.Sequential(
        [
            keras.Input((16, 16, 3)),
            keras.layers.Rescaling(1 / 255),
            keras.layers.Conv2D(8, 3),
            keras.layers.BatchNormalization(),
            keras.layers.ReLU(),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(2),
        ]
    )


def make(*, pools=True, **settings):
    """(model, TrainStep) of a network with the same weights each time.

    It is a cbr_tiny, or `without_pools` where XLA is asked for.
    """
    keras.utils.set_random_seed(0)
    with CPU.scope():
        if "jit" in settings or not pools:
            model = without_pools()
        else:
            model = zoo.build("cbr_tiny", num_outputs=2, image_size=16).model
    config = TrainConfig(
        batch_size=8, steps=9, optimizer="sgd", momentum=0.0, **settings
    )
    return model, step.TrainStep(CPU, model, "multiclass", config)


def take(taken):
    return float(taken(BATCH, step=0, learning_rate=0.1))


def values(model):
    return [variable.numpy() for variable in model.trainable_variables]


@functools.cache
def plain(pools):
    """(loss, start, end) of a step in float32."""
    model, taken = make(pools=pools)
    start = values(model)
    return take(taken), start, values(model)


@pytest.mark.parametrize(
    ("settings", "tolerance"),
    [
        # Of images of noise, whose gradients nearly cancel out: 8 bits, and 11.
        ({"precision": "mixed_bfloat16"}, 0.4),
        ({"precision": "mixed_float16"}, 0.1),
        ({"jit": "on"}, 0.01),
    ],
)
def test_a_step_is_that_of_float32_but_for_rounding(settings, tolerance):
    expected = plain(pools="jit" not in settings)
    model, taken = make(**settings)
    loss = take(taken)
    assert loss == pytest.approx(expected[0], rel=tolerance)
    assert {v.dtype for v in model.variables} <= {"float32"}
    end = values(model)
    for start, there, found in zip(*expected[1:], end, strict=True):
        moved = np.linalg.norm(there - start)
        if moved > 1e-4:  # Biases before batch norm only drift.
            assert np.linalg.norm(found - there) < tolerance * moved
    if "precision" in settings:
        assert loss != expected[0]
    # Evaluated it is in float32, as whoever loads its weights has it.
    again, _ = make(pools="jit" not in settings)
    again.set_weights(model.get_weights())
    np.testing.assert_array_equal(model(IMAGES), again(IMAGES))


def test_input_scaling_and_head_stay_in_float32():
    model, _ = make()
    with precision.computing(model, "mixed_bfloat16"):
        types_of = {layer.name: layer.compute_dtype for layer in model.layers}
        logits = model(BATCH["image"], training=True)
        pooled = model.get_layer("pool")(tf.ones((1, 2, 2, 3)))
    assert logits.dtype == tf.float32 and pooled.dtype == tf.bfloat16
    in_float32 = [n for n, kind in types_of.items() if kind == "float32"]
    assert in_float32[0] == "image" and in_float32[-1] == "logits"
    assert len(in_float32) == 3  # And the scaling.
    assert {layer.compute_dtype for layer in model.layers} == {"float32"}


def test_a_step_that_overflows_is_left_out_and_the_scale_halved():
    model, taken = make(precision="mixed_float16")
    scale = next(v for v in taken.variables if v.name == "dynamic_scale")
    scale.assign(2.0**100)
    start = values(model)
    take(taken)
    for before, after in zip(start, values(model), strict=True):
        np.testing.assert_array_equal(after, before)
    assert scale.numpy() == 2.0**99
    scale.assign(2.0**10)
    take(taken)
    assert not np.array_equal(values(model)[0], start[0])


def test_xla_is_refused_on_several_devices_and_auto_leaves_it_out():
    two = types.SimpleNamespace(
        num_replicas_in_sync=2,
        extended=types.SimpleNamespace(worker_devices=["/GPU:0", "/GPU:1"]),
    )
    one = types.SimpleNamespace(
        num_replicas_in_sync=1,
        extended=types.SimpleNamespace(worker_devices=["/GPU:0"]),
    )
    with pytest.raises(ValueError, match="--jit=on goes with one device: .*"):
        precision.uses_xla(TrainConfig(jit="on"), two)
    auto = TrainConfig(jit="auto")
    assert precision.uses_xla(auto, one)
    assert not precision.uses_xla(auto, CPU)
    assert not precision.uses_xla(TrainConfig(jit="off"), one)
    assert precision.uses_xla(TrainConfig(jit="on"), CPU)
    assert not precision.uses_xla(auto, two)


def test_xla_is_refused_where_max_pooling_would_not_repeat():
    layers = [keras.layers.MaxPooling2D(name="conv1_pool")]
    with pytest.raises(ValueError, match="max pooling, .* \\(conv1_pool\\)"):
        precision.uses_xla(TrainConfig(jit="on"), CPU, layers)
    gpu = types.SimpleNamespace(
        num_replicas_in_sync=1,
        extended=types.SimpleNamespace(worker_devices=["/GPU:0"]),
    )
    assert not precision.uses_xla(TrainConfig(jit="auto"), gpu, layers)
    assert precision.uses_xla(TrainConfig(jit="auto"), gpu, layers[:0])


@pytest.mark.parametrize(
    ("flags", "warned"),
    [({"fpu", "avx512_bf16"}, ["mixed_float16"]), (set(), ["mixed_bfloat16"])],
)
def test_hardware_without_a_type_is_warned_of(
    flags, warned, monkeypatch, caplog
):
    monkeypatch.setattr(precision, "_processor_flags", lambda: flags)
    precision.warn_of_hardware("float32", CPU)
    assert not caplog.messages
    precision.warn_of_hardware(warned[0], CPU)
    (message,) = caplog.messages
    assert f"--precision={warned[0]}: this processor has no" in message
    if flags:
        precision.warn_of_hardware("mixed_bfloat16", CPU)
        assert len(caplog.messages) == 1
