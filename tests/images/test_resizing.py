"""Tests of resizing arrays to a square."""

import numpy as np
import pytest

from transfusion_tf.images import resizing


def test_resizing_is_antialiased():
    checks = np.indices((64, 64)).sum(axis=0) % 2 * 255  # Mean 127.5.
    small = resizing.resize(
        checks.astype(np.uint8), image_size=8, mode="stretch"
    )
    np.testing.assert_allclose(small, 127.5, atol=3)


def test_resize_modes():
    # Left third 0, middle 100, right 200; three times as wide as high.
    pixels = np.repeat([0, 100, 200], 30).astype(np.uint8)[None].repeat(30, 0)
    pixels = np.dstack([pixels] * 3)
    stretched, fitted, cropped = (
        resizing.resize(pixels, image_size=30, mode=mode)[..., 0]
        for mode in ("stretch", "fit", "crop")
    )
    assert stretched[[0, 15, 29], [3, 15, 27]].tolist() == [0, 100, 200]
    assert (cropped == 100)[:, 3:-3].all()
    assert (fitted[:10] == 0).all() and (fitted[20:] == 0).all()
    assert fitted[15, [3, 15, 27]].tolist() == [0, 100, 200]


@pytest.mark.parametrize("mode", resizing.MODES)
@pytest.mark.parametrize("shape", [(90, 60), (60, 90, 3)])
def test_8_and_16_bits_are_resized_alike(mode, shape):
    pixels = np.random.default_rng(3).integers(0, 256, shape)
    small, wide = (
        resizing.resize(values, image_size=20, mode=mode)
        for values in (
            pixels.astype(np.uint8),
            (257 * pixels).astype(np.uint16),
        )
    )
    assert wide.dtype == np.uint16
    np.testing.assert_allclose(wide / 257, small, atol=1)


@pytest.mark.parametrize("mode", resizing.MODES)
def test_a_picture_that_ends_inside_the_last_pixel(mode):
    # Of 9 x 5 pixels, the last column and row are half the picture's.
    fine = np.tile(np.linspace(0, 255, 170), (90, 1))
    coarse = np.pad(fine, ((0, 10), (0, 10)), mode="edge")
    coarse = coarse.reshape(5, 20, 9, 20).mean(axis=(1, 3)).round()
    expected, found, other = (
        resizing.resize(
            values.astype(np.uint8), image_size=4, mode=mode, extent=extent
        ).astype(int)
        for values, extent in (
            (fine, None),
            (coarse, (8.5, 4.5)),
            (coarse, None),
        )
    )
    np.testing.assert_allclose(found, expected, atol=5)
    assert np.abs(other - expected).max() > 8
