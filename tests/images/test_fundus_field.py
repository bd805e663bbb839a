"""Tests of finding, cutting and normalising the disc of a fundus photograph."""

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw

from transfusion_tf.images import fundus_field, prepare


def photograph(height, width, x, y, radius, *, background=4, seed=0):
    """A disc that darkens to its border, with vessels, noise and a fovea."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:height, :width] + 0.5
    distance = np.hypot(rows - y, columns - x)
    light = 150 - 90 * (distance / radius) ** 2
    light -= 70 * np.exp(-((distance / (0.15 * radius)) ** 2))
    light[np.abs((columns - x) - 0.2 * radius) < 0.01 * radius] *= 0.6
    image = np.stack([light, 0.6 * light, 0.3 * light], -1)
    image[distance > radius] = 0
    image += background + rng.normal(scale=3, size=image.shape)
    return image.clip(0, 255).astype(np.uint8)


def jpeg(pixels, **options):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=95, **options)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "height, width, x, y, radius",
    [
        (712, 1072, 495, 356, 427),  # Cut off at top and bottom.
        (600, 800, 400, 300, 280),  # Whole.
        (600, 800, 310, 290, 200),  # Small and off the middle.
        (600, 600, 300, 300, 330),  # Only the corners are black.
        (500, 700, 300, 250, 310),  # Cut off at the left, too.
        (150, 200, 100, 75, 70),
        (1958, 2196, 1100, 980, 1050),
    ],
)
@pytest.mark.parametrize("background", [0, 20])
def test_discs_are_found(height, width, x, y, radius, background):
    pixels = photograph(height, width, x, y, radius, background=background)
    found = fundus_field.find(pixels)
    scale = max(height, width) / 256
    np.testing.assert_allclose(found, (x, y, radius), atol=2 * max(1, scale))
    grey = fundus_field.find(pixels[..., 0])
    np.testing.assert_allclose(grey, found, atol=2 * max(1, scale))


def test_notches_and_labels_do_no_harm():
    image = Image.fromarray(photograph(600, 800, 400, 300, 280))
    draw = ImageDraw.Draw(image)
    draw.rectangle((570, 60, 640, 130), fill=(140, 90, 40))  # A notch.
    draw.rectangle((10, 10, 60, 40), fill=(255, 255, 255))  # A label.
    draw.rectangle((395, 0, 420, 45), fill=(0, 0, 0))
    found = fundus_field.find(np.asarray(image))
    np.testing.assert_allclose(found, (400, 300, 280), atol=5)


def not_discs():
    rng = np.random.default_rng(0)
    rectangle = np.zeros((300, 400, 3), np.uint8)
    rectangle[40:260, 50:350] = 150
    yield "black", np.zeros((300, 400, 3), np.uint8)
    yield "one colour", np.full((300, 400, 3), 120, np.uint8)
    yield "noise", rng.integers(0, 256, (300, 400, 3)).astype(np.uint8)
    yield "rectangle", rectangle
    ramp = np.tile(np.linspace(0, 255, 400), (300, 1)).astype(np.uint8)
    ramp[150:] = ramp[150:, ::-1]
    yield "ramps", ramp
    yield "already cut", photograph(300, 300, 150, 150, 280)
    yield "crumb", photograph(300, 400, 100, 100, 20)
    yield "one pixel", np.full((1, 1, 3), 9, np.uint8)
    yield "thin", np.full((1, 900), 200, np.uint8)


@pytest.mark.parametrize(
    "pixels", [pytest.param(pixels, id=name) for name, pixels in not_discs()]
)
def test_where_there_is_no_disc(pixels):
    assert fundus_field.find(pixels) is None
    for mode in ("crop", "graham"):
        options = prepare.ImageOptions(fundus=mode, image_size=32)
        prepared = prepare.prepare(pixels, options)
        assert prepared.notes == (fundus_field.NOT_FOUND,)
        assert prepared.pixels.shape[:2] == (32, 32)
    middle = prepare.ImageOptions(resize_mode="crop", image_size=32)
    np.testing.assert_array_equal(
        prepare.prepare(
            pixels, prepare.ImageOptions(fundus="crop", image_size=32)
        ).pixels,
        prepare.prepare(pixels, middle).pixels,
    )


def test_what_is_cut():
    pixels = photograph(712, 1072, 495, 356, 427)
    square = fundus_field.cut(pixels, fundus_field.Disc(495, 356, 427))
    assert square.shape == (854, 854, 3)
    # In the middle of the square; black where the photograph ends.
    np.testing.assert_array_equal(square[427, 427], pixels[356, 495])
    np.testing.assert_array_equal(square[71:783, 427], pixels[:, 495])
    assert not square[:71].any() and not square[783:].any()
    assert not square[75:150, :75].any()  # The background was not.
    small = fundus_field.cut(
        pixels, fundus_field.Disc(495, 356, 427), image_size=100
    )
    expected = Image.fromarray(square).resize((100, 100))
    np.testing.assert_allclose(
        small[20:80, 20:80], np.asarray(expected)[20:80, 20:80], atol=3
    )


def test_discs_that_reach_beyond_on_one_side():
    pixels = np.full((40, 60), 200, np.uint8)
    square = fundus_field.cut(pixels, fundus_field.Disc(5.5, 20, 15))
    assert square.shape == (30, 30)
    assert not square[15, :9].any() and (square[15, 11:29] == 200).all()


def test_graham_takes_out_the_local_mean():
    ramp = np.tile(np.linspace(40, 200, 300), (300, 1)).astype(np.uint8)
    ramp[148:152, 148:152] += 15
    found = fundus_field.graham(ramp, masked=True)
    rows, columns = np.mgrid[:300, :300] + 0.5
    distance = np.hypot(rows - 150, columns - 150)
    assert (found[distance > 136] == 128).all()
    flat = (distance < 130) & (distance > 40)
    np.testing.assert_allclose(found[flat], 128, atol=8)
    # 4 x 15, less what the blurring leaves of a spot of 4 x 4 pixels.
    sigma = 150 / 30
    left = 15 * 16 / (2 * np.pi * sigma**2)
    np.testing.assert_allclose(
        found[149:151, 149:151], 128 + 4 * (15 - left), atol=8
    )
    unmasked = fundus_field.graham(ramp, masked=False)
    np.testing.assert_array_equal(
        unmasked[distance < 134], found[distance < 134]
    )


def test_photographs_are_prepared_from_reduced_decoding():
    pixels = photograph(1304, 1604, 800, 650, 700)
    raw = jpeg(pixels)
    prepared = prepare.prepare(
        raw, prepare.ImageOptions(fundus="crop", image_size=200)
    )
    disc = fundus_field.find(pixels)
    expected = fundus_field.cut(pixels, disc, image_size=200)
    assert prepared.notes == () and prepared.channels == 3
    inner = np.s_[40:160, 40:160]
    difference = np.abs(prepared.pixels[inner].astype(int) - expected[inner])
    assert difference.mean() < 3


def test_small_discs_are_decoded_finer(monkeypatch):
    reductions = []
    read = prepare.decoding.ImageFile.picture

    def noting(self, reduction=1):
        reductions.append(reduction)
        return read(self, reduction)

    monkeypatch.setattr(prepare.decoding.ImageFile, "picture", noting)
    options = prepare.ImageOptions(fundus="crop", image_size=100)
    for radius, expected in ((610, [8]), (310, [8, 4])):
        reductions.clear()
        raw = jpeg(photograph(1200, 1600, 800, 600, radius))
        prepared = prepare.prepare(raw, options)
        assert prepared.notes == () and reductions == expected
        # The disc fills the square.
        lit = prepared.pixels[50].max(axis=-1) > 25
        assert lit.sum() >= 95 and lit[:4].any() and lit[-4:].any()


def test_turned_photographs():
    pixels = photograph(300, 400, 180, 150, 140)
    tags = Image.Exif()
    tags[0x0112] = 6
    options = prepare.ImageOptions(fundus="crop", image_size=64)
    upright = prepare.prepare(jpeg(pixels), options)
    turned = prepare.prepare(jpeg(pixels, exif=tags.tobytes()), options)
    np.testing.assert_array_equal(turned.pixels, np.rot90(upright.pixels, -1))
