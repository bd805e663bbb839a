"""Tests of the fingerprints of images."""

import hashlib

import imagehash
import numpy as np
import pytest
import scipy.fft
import scipy.ndimage
from PIL import Image

from transfusion_tf.images import fingerprints


def test_hash_of_a_file_is_the_beginning_of_its_sha256():
    assert (
        fingerprints.content_hash(b"abc") == "ba7816bf8f01cfea"
    )  # FIPS 180-2, B.1.


def test_hash_of_an_array_is_that_of_its_values():
    array = np.arange(12, dtype=np.uint16).reshape(3, 4)
    expected = hashlib.sha256(bytes(sum(([i, 0] for i in range(12)), [])))
    assert fingerprints.content_hash(array) == expected.hexdigest()[:16]
    assert fingerprints.content_hash(array[::2]) == fingerprints.content_hash(
        array[::2].copy()
    )


def make_image(seed=0, shape=(90, 120), depth=8):
    """Smooth noise, as photographs are."""
    noise = np.random.default_rng(seed).normal(size=shape)
    smooth = scipy.ndimage.gaussian_filter(noise, 5, axes=(0, 1))
    smooth -= smooth.min()
    values = smooth * ((2**depth - 1) / smooth.max())
    return values.round().astype(np.uint8 if depth == 8 else np.uint16)


def distance(first, second):
    """Bits in which the perceptual hashes of two images differ."""
    hashes = [fingerprints.perceptual_hash(p) for p in (first, second)]
    return (hashes[0] ^ hashes[1]).bit_count()


def test_pixel_hash_is_equal_for_equal_arrays_only():
    image = make_image()
    changed = image.copy()
    changed[4, 5] ^= 1
    others = [
        image,
        changed,
        image.T.copy(),
        image.reshape(120, 90),
        image.astype(np.uint16),
        np.stack([image] * 3, axis=-1),
    ]
    hashes = [fingerprints.pixel_hash(pixels) for pixels in others]
    assert len(set(hashes)) == len(others)
    assert hashes[0] == fingerprints.pixel_hash(image.copy())
    assert all(len(h) == 32 and int(h, 16) for h in hashes)


def test_pixel_hash_ignores_how_an_array_lies_in_memory():
    image = make_image(depth=16)
    expected = fingerprints.pixel_hash(image)
    assert fingerprints.pixel_hash(image.astype(">u2")) == expected
    assert fingerprints.pixel_hash(np.asfortranarray(image)) == expected
    assert fingerprints.pixel_hash(image[::-1][::-1]) == expected


@pytest.mark.parametrize("shape", [(90, 120), (33, 20, 3), (1, 1), (28, 28)])
def test_perceptual_hash_is_the_dct_of_zauner(shape):
    image = make_image(shape=shape) if shape != (1, 1) else np.uint8([[7]])
    small = Image.fromarray(image).convert("L")
    small = small.resize((32, 32), Image.Resampling.LANCZOS)
    low = scipy.fft.dctn(np.asarray(small, float))[:8, :8]
    bits = (low > np.median(low)).ravel()
    expected = int("".join(map(str, bits.astype(int))), 2)
    assert fingerprints.perceptual_hash(image) == expected


def test_large_images_are_nearly_what_all_their_pixels_give():
    for seed in range(5):
        image = make_image(seed, shape=(600, 640))
        whole = imagehash.phash(Image.fromarray(image)).hash
        expected = int("".join(map(str, whole.ravel().astype(int))), 2)
        found = fingerprints.perceptual_hash(image)
        assert (found ^ expected).bit_count() <= 2


def test_like_images_are_near_and_others_far():
    image = make_image()
    smaller = np.asarray(Image.fromarray(image).resize((60, 45)))
    darker = (image * 0.8).astype(np.uint8)
    assert distance(image, smaller) <= 2
    assert distance(image, darker) <= 2
    assert distance(image, np.stack([image] * 3, axis=-1)) == 0
    assert distance(image, make_image(1)) > 12
    assert distance(image, image[:, ::-1]) > 12


def test_16_bits_look_as_8_bits_however_many_are_used():
    image = make_image()
    wide = image.astype(np.uint16)
    for same in (wide, wide * 16, wide * 257, wide + 4_000):
        assert distance(image, same) == 0
        np.testing.assert_array_equal(fingerprints.in_8_bits(same), image)


def test_flat_16_bit_images_are_taken():
    flat = np.full((8, 8), 65_535, np.uint16)
    assert fingerprints.in_8_bits(flat).dtype == np.uint8
    assert fingerprints.perceptual_hash(flat) in (0, 1 << 63)
