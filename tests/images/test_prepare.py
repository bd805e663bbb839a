"""Tests of bringing one image into the form that records hold."""

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from tests.image_files import encoded
from tests.images.prepared_files import (
    SECRET,
    exif,
    gradient,
    opened,
    two_frames,
)
from transfusion_tf.images import prepare


@pytest.mark.parametrize("file_format", ["JPEG", "PNG"])
@pytest.mark.parametrize("colour, channels", [(False, 1), (True, 3)])
def test_files_of_the_wanted_size_are_kept(file_format, colour, channels):
    raw = encoded(gradient(16, 16, colour=colour), file_format)
    for size in (None, 16):
        prepared = prepare.prepare(raw, prepare.ImageOptions(image_size=size))
        assert prepared[:6] == (raw, 16, 16, channels, 8, True)
        np.testing.assert_array_equal(prepared.pixels, opened(raw))
        assert prepared.notes == ()


def test_kept_files_lose_what_tells_of_the_patient():
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", SECRET)
    profile = b"of " + SECRET.encode()
    more = {"exif": exif(1), "icc_profile": profile}
    files = [
        encoded(gradient(), "PNG", pnginfo=text, **more),
        encoded(gradient(), "JPEG", comment=SECRET, **more),
    ]
    for raw in files:
        prepared = prepare.prepare(raw)
        assert prepared.kept
        assert SECRET.encode() in raw and SECRET.encode() not in prepared.data
        assert not opened(prepared.data).info.keys() & {"icc_profile", "exif"}
        np.testing.assert_array_equal(opened(prepared.data), opened(raw))


@pytest.mark.parametrize(
    "options", [{"image_size": 8}, {}], ids=["resized", "turned"]
)
def test_files_that_are_encoded_anew_lose_it_too(options):
    raw = encoded(
        gradient(),
        "JPEG",
        comment=SECRET,
        exif=exif(3),
        icc_profile=SECRET.encode(),
    )
    prepared = prepare.prepare(raw, prepare.ImageOptions(**options))
    assert not prepared.kept
    assert SECRET.encode() not in prepared.data


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "TIFF"])
@pytest.mark.parametrize(
    "options",
    [{}, {"image_size": 8}, {"image_size": 9, "resize_mode": "fit"}],
    ids=["as it is", "stretched", "fitted"],
)
def test_pixels_are_what_is_encoded(file_format, options):
    prepared = prepare.prepare(
        encoded(gradient(), file_format), prepare.ImageOptions(**options)
    )
    decoded = np.asarray(opened(prepared.data))
    assert prepared.pixels.shape == decoded.shape
    if file_format == "JPEG" and not prepared.kept:
        np.testing.assert_allclose(
            prepared.pixels, decoded.astype(int), atol=12
        )
    else:
        np.testing.assert_array_equal(prepared.pixels, decoded)


JPEG = encoded(gradient(64, 64), "JPEG")
PNG = encoded(gradient(64, 64), "PNG")


@pytest.mark.parametrize(
    "raw, message",
    [
        (b"", "an empty file"),
        (b"a text file", "not an image of a known format"),
        (JPEG[: len(JPEG) // 2], "damaged or cut off"),
        (JPEG[:-2], "damaged or cut off"),
        (PNG[: len(PNG) // 2], "damaged or cut off"),
        (PNG.replace(PNG[60:64], b"????"), "damaged or cut off"),
        (two_frames(), "holds 2 images, one is allowed; --frame=N takes one"),
        (encoded(Image.new("F", (4, 4), 0.5), "TIFF"), "beyond 16 bits"),
    ],
)
def test_images_that_cannot_be_used(raw, message):
    for size in (None, 8):
        with pytest.raises(prepare.ImageError, match=message) as raised:
            prepare.prepare(raw, prepare.ImageOptions(image_size=size))
        assert "0x" not in str(raised.value)  # The same words every time.


@pytest.mark.parametrize(
    "options, message",
    [
        ({"resize_mode": "zoom"}, "'zoom'; known: stretch, fit, crop"),
        ({"image_size": 0}, "image_size must be at least 1. Received: 0"),
        ({"fundus": "disc"}, "'disc'; known: none, crop, graham"),
        ({"frame": -1}, "frame counts from 0. Received: -1"),
        ({"window": "lung"}, "'lung'; known: auto, none, "),
        ({"window": (40, 0)}, "width of at least 1. Received: \\(40, 0\\)"),
        ({"window": (40,)}, "must be 'auto', 'none' or \\(center, width\\)"),
        ({"window": (np.nan, 9)}, "Received: \\(nan, 9\\)"),
        ({"fundus": "crop", "resize_mode": "fit"}, "leave one of them out"),
        ({"fundus": "crop", "window": (40, 80)}, "leave one of them out"),
    ],
)
def test_options_that_make_no_sense(options, message):
    with pytest.raises(ValueError, match=message):
        prepare.ImageOptions(**options)


def test_one_of_several_images():
    for frame, value in ((0, 0), (1, 255)):
        prepared = prepare.prepare(
            two_frames(), prepare.ImageOptions(frame=frame)
        )
        assert (prepared.pixels == value).all()
    first = prepare.ImageOptions(frame=0)
    assert prepare.prepare(JPEG, first).kept  # The only one.
    for raw, count in ((two_frames(), 2), (JPEG, 1), (gradient(), 1)):
        with pytest.raises(prepare.ImageError, match=f"holds {count} images"):
            prepare.prepare(raw, prepare.ImageOptions(frame=2))


def test_a_window_is_for_dicom():
    for raw in (JPEG, gradient()):
        with pytest.raises(prepare.ImageError, match="given for DICOM"):
            prepare.prepare(raw, prepare.ImageOptions(window=(40, 80)))
    assert prepare.prepare(JPEG, prepare.ImageOptions(window="none")).kept


def test_a_result_that_lost_all_variation():
    dot = np.zeros((200, 200), np.uint8)
    dot[100, 100] = 9
    alpha = np.dstack([np.zeros_like(dot)] * 3 + [dot + 100])
    black = encoded(Image.frombytes("P", (200, 200), dot.tobytes()), "GIF")
    small = {"image_size": 4}
    for raw, options in (
        (dot, small),
        (encoded(dot), small),
        (encoded(dot, "TIFF"), small),
        (encoded(Image.fromarray(alpha)), {}),  # A drawing in alpha.
        (black, {}),
        (encoded(dot + 128, "JPEG", quality=100), small),
    ):
        with pytest.raises(prepare.ImageError, match="are equal, and those st"):
            prepare.prepare(raw, prepare.ImageOptions(**options))


def test_an_image_of_one_value_is_one():
    for value in (0, 128, 255):
        pixels = np.full((200, 200), value, np.uint8)
        for raw in (pixels, encoded(pixels), encoded(pixels, "JPEG")):
            for size in (None, 4):
                options = prepare.ImageOptions(image_size=size)
                assert (prepare.prepare(raw, options).pixels == value).all()
