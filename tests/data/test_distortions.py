"""Images that lose their shapes or their details."""

import numpy as np
import pytest

from transfusion_tf.data import distortions
from transfusion_tf.data.distortions import Distortion

EVERY = (
    distortions.PLAIN,
    Distortion("block_shuffle", 4),
    Distortion("low_pass", 0.05),
    Distortion("high_pass", 0.05),
)


def images(count=3, side=16):
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (count, side, side, 3)).astype(np.float32)


def numbered(side):
    """(side, side, 1) pixels 0, 1, 2, ..."""
    return np.arange(side * side).reshape(side, side, 1)


def blocks_of(image, block):
    """The sorted blocks of (side, side, 1), as tuples."""
    side = len(image)
    return sorted(
        tuple(image[r : r + block, c : c + block].ravel())
        for r in range(0, side, block)
        for c in range(0, side, block)
    )


@pytest.mark.parametrize("distortion", EVERY, ids=lambda d: d.kind)
def test_contract(distortion):
    given = images()
    kept = given.copy()
    ids = ["a", "b", "c"]
    found = distortion.apply(given, ids, seed=1)
    assert found.shape == given.shape and found.dtype == np.float32
    assert 0 <= found.min() and found.max() <= 255
    np.testing.assert_array_equal(given, kept)
    assert "\n" in distortion.label or distortion.kind == "plain"
    # An image is distorted the same alone, and in any order.
    one = distortion.apply(given[[2]], ["c"], seed=1)
    np.testing.assert_allclose(one[0], found[2], rtol=1e-5)
    changed = not np.array_equal(found, given)
    assert changed == (distortion.kind != "plain")


def test_every_kind_is_tested():
    assert {d.kind for d in EVERY} == set(distortions.KINDS)


def test_unknown_kind():
    with pytest.raises(ValueError, match="distortion 'blur'"):
        Distortion("blur", 1)


def test_blocks_are_moved_and_nothing_else():
    image = numbered(12)
    found = distortions.block_shuffled(image, np.random.default_rng(0), 3)
    assert blocks_of(found, 4) == blocks_of(image, 4)
    assert not np.array_equal(found, image)


def test_no_image_stays_as_it_is():
    """As one in 24 would of four blocks, in an order drawn blindly."""
    image = numbered(4).astype(np.float32)
    ids = [f"i{number}" for number in range(300)]
    shuffled = Distortion("block_shuffle", 2).apply([image] * 300, ids, seed=0)
    assert not (shuffled == image).all(axis=(1, 2, 3)).any()


def test_one_block_is_the_image():
    image = numbered(12)
    found = distortions.block_shuffled(image, np.random.default_rng(0), 1)
    np.testing.assert_array_equal(found, image)


def test_as_many_blocks_as_pixels():
    image = numbered(12)
    found = distortions.block_shuffled(image, np.random.default_rng(0), 12)
    np.testing.assert_array_equal(np.sort(found.ravel()), image.ravel())


def test_a_rim_that_is_too_narrow_for_blocks_stays():
    """11 pixels, 3 blocks of 3: a rim of 1 pixel at each end."""
    image = numbered(11)
    found = distortions.block_shuffled(image, np.random.default_rng(0), 3)
    assert blocks_of(found[1:10, 1:10], 3) == blocks_of(image[1:10, 1:10], 3)
    same = found == image
    assert same[[0, 10]].all() and same[:, [0, 10]].all()
    # 9 pixels, at least 2 blocks: 2 of 4 pixels, and the odd one is last.
    found = distortions.block_shuffled(numbered(9), np.random.default_rng(1), 2)
    assert (found == numbered(9))[8].all()
    assert blocks_of(found[:8, :8], 4) == blocks_of(numbered(9)[:8, :8], 4)


@pytest.mark.parametrize(
    ("side", "blocks", "block"), [(96, 16, 6), (28, 16, 1), (28, 8, 3)]
)
def test_sides_of_blocks(side, blocks, block):
    assert distortions.block_side(side, blocks) == block
    assert Distortion("block_shuffle", blocks).pixels(side) == block


@pytest.mark.parametrize("blocks", [0, 17])
def test_more_blocks_than_pixels(blocks):
    with pytest.raises(ValueError, match="can be cut into 1 to 16 blocks"):
        Distortion("block_shuffle", blocks).apply(images(), "abc", seed=0)


def test_every_place_of_a_block_is_as_likely():
    """2 x 2 blocks: in 5 of 23 orders the first stays, in 6 each it moves."""
    image = numbered(2)
    places = [
        int(np.flatnonzero(found.ravel() == 0)[0])
        for found in (
            Distortion("block_shuffle", 2).apply(image[None], [f"{n}"], seed=0)[
                0
            ]
            for n in range(2000)
        )
    ]
    # 5 standard deviations of a share of 1/4 of 2000.
    np.testing.assert_allclose(
        np.bincount(places) / 2000, np.array([5, 6, 6, 6]) / 23, atol=0.05
    )


def test_seed_and_id_and_blocks_decide():
    one = images(1, 32)

    def shuffled(name, seed, blocks=8):
        return Distortion("block_shuffle", blocks).apply(one, [name], seed=seed)

    np.testing.assert_array_equal(shuffled("a", 1), shuffled("a", 1))
    assert not np.array_equal(shuffled("a", 1), shuffled("a", 2))
    assert not np.array_equal(shuffled("a", 1), shuffled("b", 1))


def test_low_pass_of_a_wave():
    """A Gaussian leaves exp(-2 (pi sigma f)^2) of a wave of frequency f."""
    side, periods, share = 128, 8, 0.02
    x = (np.arange(side) + 0.5) / side
    # A cosine between half pixels is what its reflection continues.
    wave = 100 * np.cos(2 * np.pi * periods * x)
    image = np.broadcast_to(wave[:, None, None], (side, side, 3)) + 128
    left = np.exp(-2 * (np.pi * share * periods) ** 2)
    found = distortions.low_pass(image[None], share)[0]
    np.testing.assert_allclose(found - 128, (image - 128) * left, atol=0.1)
    assert 0.5 < left < 0.7
    found = distortions.high_pass(image[None], share)[0]
    np.testing.assert_allclose(
        found - 128, (image - 128) * (1 - left), atol=0.1
    )


def test_strength_is_relative_to_the_side():
    small = images(1, 16)
    large = small.repeat(4, axis=1).repeat(4, axis=2)
    found = distortions.low_pass(large, 0.125)
    means = found.reshape(1, 16, 4, 16, 4, 3).mean(axis=(2, 4))
    expected = distortions.low_pass(small, 0.125)
    # Pixels of 4 x 4 add little to a blur of 2 of them.
    np.testing.assert_allclose(means, expected, atol=3)
    assert Distortion("low_pass", 0.125).pixels(64) == 8


def test_low_and_high_make_the_image():
    given = images() / 4 + 96  # So that nothing is cut off.
    means = given.mean(axis=(1, 2), keepdims=True)
    parts = distortions.low_pass(given, 0.1), distortions.high_pass(given, 0.1)
    np.testing.assert_allclose(sum(parts) - means, given, atol=1e-3)
    np.testing.assert_allclose(
        parts[1].mean(axis=(1, 2), keepdims=True), means, atol=0.5
    )


def test_a_plain_surface_has_no_details():
    plain = np.full((1, 8, 8, 3), 77, np.float32)
    for function in (distortions.low_pass, distortions.high_pass):
        np.testing.assert_allclose(function(plain, 0.1), plain, rtol=1e-6)
