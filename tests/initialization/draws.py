"""The contract of fresh weights, for any network of the zoo."""

import numpy as np

from transfusion_tf.initialization import schemes


def check_draws(backbone):
    """Fresh values are a function of (seed, path), and of nothing else.

    The weights of the network are changed on the way, and put back.
    """
    before = [weight.numpy() for weight in backbone.weights]
    first = schemes.random(backbone, None, None, 0)
    for weight in backbone.weights:
        weight.assign(np.full(weight.shape, 7, weight.dtype))
    again = schemes.random(backbone, None, None, 0)
    other = schemes.random(backbone, None, None, 1)
    for weight, values in zip(backbone.weights, before, strict=True):
        weight.assign(values)
    assert list(first.values) == [weight.path for weight in backbone.weights]
    assert set(first.provenance.values()) == {schemes.RANDOM}
    for path, array in first.values.items():
        np.testing.assert_array_equal(again.values[path], array)
        # Drawn are kernels, and nothing else: of depthwise layers as well.
        is_same = np.array_equal(other.values[path], array)
        assert is_same != path.endswith("kernel"), path
