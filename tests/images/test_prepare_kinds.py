"""Files of all kinds, brought into the form that records hold."""

import struct

import numpy as np
import pytest
from PIL import Image

from tests.image_files import encoded
from tests.images.prepared_files import exif, gradient, opened
from transfusion_tf.images import decoding, prepare, resizing


@pytest.mark.parametrize(
    "orientation, upright",
    [
        (2, lambda a: a[:, ::-1]),
        (3, lambda a: a[::-1, ::-1]),
        (4, lambda a: a[::-1]),
        (5, lambda a: a.transpose(1, 0, 2)),
        (6, lambda a: np.rot90(a, -1)),
        (7, lambda a: a[::-1, ::-1].transpose(1, 0, 2)),
        (8, np.rot90),
    ],
)
def test_exif_orientation_is_applied(orientation, upright):
    pixels = gradient()
    prepared = prepare.prepare(encoded(pixels, exif=exif(orientation)))
    assert not prepared.kept
    np.testing.assert_array_equal(opened(prepared.data), upright(pixels))
    assert (prepared.height, prepared.width) == upright(pixels).shape[:2]


def test_lossless_files_become_png_and_jpeg_files_stay_jpeg():
    for file_format in ("BMP", "TIFF", "GIF"):
        raw = encoded(gradient(colour=False), file_format)
        prepared = prepare.prepare(raw)
        assert opened(prepared.data).format == "PNG"
        np.testing.assert_array_equal(
            np.asarray(opened(prepared.data).convert("L")),
            gradient(colour=False),
        )
    data = prepare.prepare(
        encoded(gradient(), "JPEG"), prepare.ImageOptions(image_size=8)
    ).data
    image = opened(data)
    assert image.format == "JPEG"
    assert [part[1:3] for part in image.layer] == [(1, 1)] * 3  # 4:4:4.


@pytest.mark.parametrize(
    "raw, mode",
    [
        (encoded(gradient(), "JPEG", mode="CMYK"), "RGB"),
        (encoded(gradient(), "PNG", mode="P"), "RGB"),
        (encoded(gradient(), "PNG", mode="RGBA"), "RGB"),
        (encoded(gradient(), "PNG", mode="LA"), "L"),
        (encoded(gradient(colour=False), "PNG", transparency=3), "L"),
        (encoded(gradient(colour=False), "PNG", mode="1"), "L"),
    ],
    ids=["cmyk", "palette", "rgba", "la", "transparent grey", "one bit"],
)
def test_other_colour_modes_become_grey_or_rgb(raw, mode):
    prepared = prepare.prepare(raw)
    assert not prepared.kept
    assert opened(prepared.data).mode == mode
    assert prepared.channels == len(mode)
    np.testing.assert_allclose(
        np.asarray(opened(prepared.data), float),
        np.asarray(opened(raw).convert(mode), float),
        atol=6,
    )  # A CMYK JPEG is encoded with loss once more.


def test_16_bits_stay():
    grey = gradient(16, 16, dtype=np.uint16, colour=False)
    kept = prepare.prepare(encoded(grey), prepare.ImageOptions(image_size=16))
    assert kept.kept and kept.bit_depth == 16
    tiff = prepare.prepare(encoded(grey, "TIFF"))
    resized = prepare.prepare(encoded(grey), prepare.ImageOptions(image_size=8))
    assert (tiff.bit_depth, resized.bit_depth) == (16, 16)
    np.testing.assert_array_equal(np.asarray(opened(tiff.data)), grey)
    means = grey.reshape(8, 2, 8, 2).mean(axis=(1, 3))
    inner = np.s_[1:-1, 1:-1]
    np.testing.assert_allclose(
        np.asarray(opened(resized.data))[inner], means[inner], rtol=0.02
    )


def test_16_bit_colour_of_arrays_and_files():
    pixels = gradient(dtype=np.uint16)
    prepared = prepare.prepare(pixels)
    assert prepared[1:6] == (16, 12, 3, 16, False)
    kept = prepare.prepare(prepared.data)
    assert kept[:6] == (prepared.data, 16, 12, 3, 16, True)
    np.testing.assert_array_equal(kept.pixels, pixels)
    small = prepare.ImageOptions(image_size=8)
    of_array, of_file = (
        prepare.prepare(raw, small) for raw in (pixels, prepared.data)
    )
    assert of_file[1:6] == (8, 8, 3, 16, False)
    np.testing.assert_array_equal(of_file.pixels, of_array.pixels)
    for channel in range(3):
        plane = prepare.prepare(pixels[..., channel].copy(), small).pixels
        np.testing.assert_array_equal(of_array.pixels[..., channel], plane)


def test_tensorflow_reads_16_bit_colour():
    import tensorflow as tf

    pixels = gradient(dtype=np.uint16)
    decoded = tf.io.decode_png(prepare.prepare(pixels).data, dtype=tf.uint16)
    np.testing.assert_array_equal(decoded, pixels)


@pytest.mark.parametrize("colour", [False, True])
def test_arrays_become_png(colour):
    pixels = gradient(colour=colour)
    prepared = prepare.prepare(pixels)
    assert not prepared.kept
    np.testing.assert_array_equal(np.asarray(opened(prepared.data)), pixels)


@pytest.mark.parametrize("orientation", [1, 3, 6, 7])
def test_turning_and_reduced_decoding(orientation):
    # 8-fold reduced, and the size is no multiple of 8.
    y, x = np.mgrid[:403, :301]
    pixels = np.stack([x / 301, y / 403, (x + y) / 704], -1) * 255
    raw = encoded(
        pixels.astype(np.uint8), "JPEG", quality=95, exif=exif(orientation)
    )
    file = decoding.ImageFile(raw)
    for mode in prepare.RESIZE_MODES:
        options = prepare.ImageOptions(image_size=24, resize_mode=mode)
        full = resizing.resize(
            np.asarray(file.picture()), image_size=24, mode=mode
        )
        np.testing.assert_allclose(
            prepare.prepare(raw, options).pixels,
            file.upright(full).astype(int),
            atol=2,
        )


@pytest.mark.parametrize("mode", prepare.RESIZE_MODES)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_lossless_files_and_arrays_come_out_the_same(mode, dtype):
    pixels = gradient(403, 301, dtype=dtype, colour=False)
    options = prepare.ImageOptions(image_size=24, resize_mode=mode)
    expected = prepare.prepare(pixels, options)
    for file_format in ("PNG", "TIFF"):
        found = prepare.prepare(encoded(pixels, file_format), options)
        np.testing.assert_array_equal(found.pixels, expected.pixels)
        assert found.data == expected.data


def test_the_first_picture_of_a_phones_file():
    first, second = (
        Image.fromarray(gradient(200, 240)).rotate(a) for a in (0, 180)
    )
    raw = encoded(first, "MPO", save_all=True, append_images=[second])
    assert decoding.ImageFile(raw).is_jpeg
    options = prepare.ImageOptions(image_size=20)
    expected = prepare.prepare(encoded(first, "JPEG"), options)
    np.testing.assert_array_equal(
        prepare.prepare(raw, options).pixels, expected.pixels
    )


def test_a_bmp_with_16_bits_for_three_colours():
    red, green, blue = (gradient(8, 12)[..., c].astype(int) for c in range(3))
    packed = red >> 3 << 11 | green >> 2 << 5 | blue >> 3
    data = packed[::-1].astype("<u2").tobytes()  # From the bottom.
    head = struct.pack("<2sIHHI", b"BM", 66 + len(data), 0, 0, 66)
    info = struct.pack("<IiiHHIIiiII", 40, 12, 8, 1, 16, 3, len(data), *[0] * 4)
    masks = struct.pack("<III", 0xF800, 0x07E0, 0x001F)
    found = prepare.prepare(head + info + masks + data).pixels
    np.testing.assert_allclose(found, gradient(8, 12).astype(int), atol=8)
    assert len(np.unique(found)) > 20


def test_nothing_is_warned_of(recwarn, capfd):
    with_alphas = Image.fromarray(gradient(64, 64)).convert("P")
    raw = encoded(with_alphas, transparency=bytes(range(256)))
    prepare.prepare(raw)
    assert not recwarn.list
    assert capfd.readouterr() == ("", "")
