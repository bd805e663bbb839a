"""The contract of fresh weights, for any network of the zoo."""

import types

import numpy as np

from transfusion_tf.initialization import schemes


def check_draws(backbone):
    """Fresh values are a function of (seed, path), and of nothing else.

    The weights of the network are changed on the way, and put back.
    """
    first = schemes.random(backbone, None, None, 0)
    assert list(first.values) == [weight.path for weight in backbone.weights]
    assert set(first.provenance.values()) == {schemes.RANDOM}
    # Large networks take seconds to draw: again, one layer of each kind.
    some = one_of_each_kind(backbone)
    weights = [
        weight for layer in some.model.layers for weight in layer.weights
    ]
    before = [weight.numpy() for weight in weights]
    for weight in weights:
        weight.assign(np.full(weight.shape, 7, weight.dtype))
    again = schemes.random(some, None, None, 0)
    other = schemes.random(some, None, None, 1)
    for weight, values in zip(weights, before, strict=True):
        weight.assign(values)
    for path, array in again.values.items():
        np.testing.assert_array_equal(array, first.values[path])
    for path, array in other.values.items():
        # Drawn are kernels, and nothing else: of depthwise layers as well.
        is_same = np.array_equal(array, first.values[path])
        assert is_same != path.endswith("kernel"), path


def one_of_each_kind(backbone):
    """What `schemes.random` reads, with the last layer of each kind alone."""
    layers = {
        (type(layer), tuple(weight.name for weight in layer.weights)): layer
        for layer in backbone.model.layers
        if layer.weights
    }
    model = types.SimpleNamespace(layers=list(layers.values()))
    return types.SimpleNamespace(model=model)
