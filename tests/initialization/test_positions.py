"""Position embeddings for other image sizes: by hand, and from run to run."""

import dataclasses
import functools

import numpy as np
import pytest

from tests.initialization import small_networks
from transfusion_tf.config.init import InitConfig
from transfusion_tf.initialization import positions, schemes
from transfusion_tf.models import zoo


@functools.cache
def build(image_size, truncate_at=None):
    return zoo.build(
        "deit_tiny",
        num_outputs=2,
        image_size=image_size,
        truncate_at=truncate_at,
    )


def grid(values):
    """(1, 1 + patches, 1) embeddings of a square of values; class token 5."""
    return np.concatenate([[5.0], np.ravel(values)])[None, :, None]


def squares(embeddings):
    """The grid of (1, 1 + patches, 1) embeddings."""
    side = round((embeddings.shape[1] - 1) ** 0.5)
    return embeddings[0, 1:, 0].reshape(side, side)


def test_a_constant_stays_and_so_does_the_class_token():
    for side in (1, 2, 6, 14):
        found = positions.resized(grid(np.full((4, 4), 3.0)), side)
        assert found.shape == (1, 1 + side * side, 1)
        assert found[0, 0, 0] == 5
        np.testing.assert_allclose(found[0, 1:, 0], 3, rtol=1e-6)


def test_lines_and_columns_are_not_exchanged():
    """A slope along one axis is one there, away from the edges."""
    slope = np.tile(np.arange(8.0), (8, 1))
    for values, axis in ((slope, 1), (slope.T, 0)):
        found = squares(positions.resized(grid(values), 16))
        steps = np.diff(found, axis=axis)
        middle = steps.take(range(5, 10), axis=axis)
        np.testing.assert_allclose(middle, 0.5, rtol=1e-5)
        assert np.abs(np.diff(found, axis=1 - axis)).max() < 1e-5


def keys(x):
    """Keys' kernel with a = -0.5 at a distance of x pixels."""
    x = abs(x)
    if x < 1:
        return 1.5 * x**3 - 2.5 * x**2 + 1
    return -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2 if x < 2 else 0


def test_a_smaller_grid_by_hand_with_antialiasing():
    """Half as many lines: the kernel is twice as wide, and sums up to 1."""
    values = np.zeros((8, 8))
    values[3] = 1
    found = squares(positions.resized(grid(values), 4))
    taps = [keys((line + 0.5) / 2 - 1.5) for line in range(8)]
    assert found[1, 1] == pytest.approx(taps[3] / sum(taps), abs=1e-6)
    # Without antialiasing, four lines count: 9/16 for the nearer two.
    assert abs(found[1, 1] - 9 / 16) > 0.1


def test_a_larger_grid_by_hand():
    """Twice as many lines: at quarters of a line from the old ones."""
    values = np.zeros((8, 8))
    values[3] = 1
    found = squares(positions.resized(grid(values), 16))
    expected = [keys((line + 0.5) / 2 - 3.5) for line in range(3, 13)]
    np.testing.assert_allclose(found[3:13, 7], expected, atol=1e-6)


def init(scheme="pretrained", **settings):
    return InitConfig(scheme=scheme, weights="a run", **settings)


def test_a_run_at_another_image_size_is_a_source():
    source = small_networks.source_of(build(48))
    target = build(32)
    report = schemes.initialize(target, init(), source=source, seed=0)
    tensors = source.tensors
    embeddings = tensors.pop("pos_embed/kernel")
    assert report["warnings"] == [
        "pos_embed/kernel: interpolated from 3 x 3 to 2 x 2 patches"
    ]
    for weight in target.weights:
        if weight.path == "pos_embed/kernel":
            expected = positions.resized(embeddings, 2)
        elif weight.path.startswith("logits"):
            continue
        else:
            expected = tensors[weight.path]
        np.testing.assert_array_equal(weight, expected)


def test_truncated_networks_are_targets_and_sources():
    whole, cut = build(48), build(32, "block1")
    source = small_networks.source_of(whole)
    report = schemes.initialize(cut, init(), source=source, seed=0)
    reason = report["skipped_source_tensors"]["blocks_3_norm1/gamma"]
    assert reason == "above block1, where the network ends"
    assert "interpolated" in report["warnings"][0]
    source = small_networks.source_of(cut)
    with pytest.raises(ValueError, match="end at block1 and have no block2"):
        schemes.initialize(whole, init(), source=source, seed=0)
    settings = init("transfusion", through="block1")
    report = schemes.initialize(whole, settings, source=source, seed=0)
    found = report["variables"]
    assert found["blocks_2_mlp_fc2/kernel"] == "source"
    assert found["blocks_3_attn_qkv/kernel"] == "random"


def test_what_is_no_square_grid_stays_as_it_is_and_does_not_fit():
    source = small_networks.source_of(build(32))
    layers = [
        x
        if x.name != "pos_embed"
        else type(x)(x.name, None, (("p", np.ones((1, 8, 192), "f4")),))
        for x in source.layers
    ]
    source = dataclasses.replace(source, layers=tuple(layers))
    assert positions.fitted(source, build(32)) is source
    with pytest.raises(ValueError, match=r"pos_embed needs \(1, 5, 192\)"):
        schemes.initialize(build(32), init(), source=source, seed=0)
