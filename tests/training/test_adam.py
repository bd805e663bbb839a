"""Adam in one pass against Keras' own."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from transfusion_tf.training import adam

PAIRS = {
    "adam": (adam.Adam, keras.optimizers.Adam),
    "adamw": (adam.AdamW, keras.optimizers.AdamW),
}
OPTIONS = {"clipped": {"global_clipnorm": 0.5}, "averaged": {"use_ema": True}}


def trained(kind, dtype, settings):
    """The variables of two weights and their optimizer after twenty steps."""
    rng = np.random.default_rng(1)
    weights = [
        keras.Variable(rng.normal(size=shape), dtype=dtype)
        for shape in ((3, 4), (4,))
    ]
    optimizer = kind(1e-2, **settings)
    optimizer.build(weights)
    for _ in range(20):
        gradients = [tf.constant(rng.normal(size=x.shape)) for x in weights]
        optimizer.apply([tf.cast(g, dtype) for g in gradients], weights)
    return [*weights, *optimizer.variables]


@pytest.mark.parametrize("options", ["plain", *OPTIONS])
@pytest.mark.parametrize(
    ("dtype", "close"), [("float64", 1e-6), ("float32", 1e-5)]
)
@pytest.mark.parametrize("name", PAIRS)
def test_weights_and_moments_are_those_of_keras(name, dtype, close, options):
    ours, theirs = (
        trained(kind, dtype, OPTIONS.get(options, {})) for kind in PAIRS[name]
    )
    assert [x.shape for x in ours] == [x.shape for x in theirs]
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(
            one.numpy(), other.numpy(), rtol=close, atol=close
        )


def test_the_first_step_is_as_long_as_the_learning_rate():
    weight = keras.Variable([1.0, 1.0])
    optimizer = adam.Adam(0.1)
    optimizer.build([weight])
    optimizer.apply([tf.constant([3.0, -2.0])], [weight])
    np.testing.assert_allclose(weight.numpy(), [0.9, 1.1], rtol=1e-5)
