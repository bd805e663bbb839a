"""Tests of bringing one image into the form that records hold."""

import io
import struct

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from transfusion_tf.images import decoding, prepare, resizing

SECRET = "patient 4711"


def gradient(height=12, width=16, *, dtype=np.uint8, colour=True):
    """Values that tell every pixel and direction apart."""
    y, x = np.mgrid[:height, :width]
    grey = (x * 5 + y * 11) * (1 if dtype == np.uint8 else 200)
    planes = [grey, grey[::-1], grey[:, ::-1]]
    return (np.stack(planes, -1) if colour else grey).astype(dtype)


def encoded(pixels, file_format="PNG", mode=None, **options):
    """An image file of an array or Pillow image."""
    image = (
        pixels if isinstance(pixels, Image.Image) else (Image.fromarray(pixels))
    )
    buffer = io.BytesIO()
    (image.convert(mode) if mode else image).save(
        buffer, file_format, **options
    )
    return buffer.getvalue()


def opened(data):
    return Image.open(io.BytesIO(data))


def exif(orientation):
    """Exif data with an orientation and something to hide."""
    tags = Image.Exif()
    tags[0x0112] = orientation
    tags[0x010E] = SECRET
    return tags.tobytes()


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


@pytest.mark.parametrize("colour", [False, True])
def test_arrays_become_png(colour):
    pixels = gradient(colour=colour)
    prepared = prepare.prepare(pixels)
    assert not prepared.kept
    np.testing.assert_array_equal(np.asarray(opened(prepared.data)), pixels)


def two_frames():
    frames = [Image.new("L", (4, 4), value) for value in (0, 255)]
    return encoded(frames[0], "TIFF", save_all=True, append_images=frames[1:])


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
