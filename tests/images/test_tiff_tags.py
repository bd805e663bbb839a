"""Tests of TIFF files by their tags: read as they are meant, or named."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms

from tests.tiffs import tiff
from transfusion_tf.images import prepare

Y, X = np.mgrid[:24, :32]
GREY = (X * 8).astype(np.uint8)
RGB = np.stack([X * 8, Y * 10, (X + Y) * 4], -1).astype(np.uint8)
WIDE = (X * 2000 + Y).astype(np.uint16)
TWELVE = (X * 120).astype(np.uint16)
PLANES = [RGB[..., c].tobytes() for c in range(3)]
ALPHA = (255 - X * 4).astype(np.uint8)
ENTRIES = tuple(range(256)) * 3  # Of a palette, in 8 of 16 bits.
COLOURS = {"t258": (8, 8, 8), "t262": 2, "t277": 3}


def of(data, **tags):
    return tiff(data, 32, 24, **tags)


def deflated(data, **tags):
    strips = [data] if isinstance(data, bytes) else data
    return of([zlib.compress(strip) for strip in strips], t259=8, **tags)


def packed12(pixels):
    """Two values of 12 bits in three bytes."""
    first, second = pixels.reshape(-1, 2).T.astype(int)
    parts = [first >> 4, (first & 15) << 4 | second >> 8, second & 255]
    return np.stack(parts, -1).astype(np.uint8).tobytes()


def lab(pixels):
    """The bytes of CIE L*a*b* in TIFF, in which a* and b* have a sign."""
    profiles = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    transform = ImageCms.buildTransform(*profiles, "RGB", "LAB")
    buffer = io.BytesIO()
    image = ImageCms.applyTransform(Image.fromarray(pixels), transform)
    image.save(buffer, "TIFF")
    return buffer.getvalue()


@pytest.mark.parametrize("write", [of, deflated])
@pytest.mark.parametrize(
    "data, tags, expected",
    [
        (GREY.tobytes(), {}, GREY),
        (GREY.tobytes(), {"t262": 0}, 255 - GREY),
        (np.packbits(X % 3 == 0).tobytes(), {"t258": 1, "t262": 0},
         np.where(X % 3 == 0, 0, 255)),
        (WIDE.tobytes(), {"t258": 16}, WIDE),
        (WIDE.tobytes(), {"t258": 16, "t262": 0}, 65_535 - WIDE),
        (WIDE.astype(">u2").tobytes(), {"t258": 16, "order": ">"}, WIDE),
        (WIDE.astype(">u2").tobytes(),
         {"t258": 16, "t262": 0, "order": ">"}, 65_535 - WIDE),
        (packed12(TWELVE), {"t258": 12}, TWELVE),
        (packed12(TWELVE), {"t258": 12, "t262": 0}, 4095 - TWELVE),
        ((X * 4).astype(np.int8).tobytes(), {"t339": 2}, X * 4),
        ((X * 9).astype("<i2").tobytes(), {"t258": 16, "t339": 2}, X * 9),
        (X.astype("<u4").tobytes(), {"t258": 32}, X),
        (RGB.tobytes(), COLOURS, RGB),
        (PLANES, COLOURS | {"t284": 2}, RGB),
        (GREY.tobytes(), {"t262": 3, "t320": ENTRIES}, np.dstack([GREY] * 3)),
        (GREY.tobytes(),
         {"t262": 3, "t320": tuple(257 * entry for entry in ENTRIES)},
         np.dstack([GREY] * 3)),
    ],
    ids=[
        "grey", "white is 0", "one bit", "16", "16 white is 0", "16 big",
        "16 big white is 0", "12", "12 white is 0", "signed", "16 signed", "32",
        "rgb", "planes", "palette of 8", "palette of 16",
    ],
)  # fmt: skip
def test_values_are_what_they_mean(write, data, tags, expected):
    found = prepare.prepare(write(data, **tags)).pixels
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("kind", [0, 1, 2])
def test_an_alpha_channel_goes(kind):
    """Kind 1: values have been multiplied with it."""
    times = ALPHA / 255.0 if kind == 1 else np.ones_like(ALPHA, float)
    grey = np.dstack([(GREY * times).round().astype(np.uint8), ALPHA])
    raw = of(grey.tobytes(), t258=(8, 8), t277=2, t338=kind)
    np.testing.assert_allclose(prepare.prepare(raw).pixels, GREY, atol=1)
    colours = (RGB * times[..., None]).round().astype(np.uint8)
    data = np.dstack([colours, ALPHA]).tobytes()
    raw = of(data, t258=(8,) * 4, t262=2, t277=4, t338=kind)
    np.testing.assert_allclose(prepare.prepare(raw).pixels, RGB, atol=1)


def test_other_colours():
    raw = of(RGB.tobytes(), **COLOURS | {"t262": 6}, t530=(1, 1))
    expected = Image.frombytes("YCbCr", (32, 24), RGB.tobytes()).convert("RGB")
    np.testing.assert_array_equal(prepare.prepare(raw).pixels, expected)
    found = prepare.prepare(lab(RGB)).pixels
    assert np.abs(found.astype(int) - RGB).mean() < 3


@pytest.mark.parametrize(
    "raw, message",
    [
        (of(bytes(800), t262=4), "Interpretation 4 .a transparency mask"),
        (of(bytes(2400), **COLOURS | {"t262": 32803}), "a colour filter array"),
        (of(bytes(2400), **COLOURS | {"t262": 99}), "99 .unknown.; grey, RGB"),
        (of(bytes(2400), **COLOURS | {"t262": 6}), "YCbCrSubSampling"),
        (of(bytes(800), t262=None), "a TIFF without PhotometricInterpretation"),
        (of(bytes(800), t258=3), "BitsPerSample 3 in a TIFF; 1, 2, 4, 8, 12"),
        (of(bytes(800), t258=2**31), "BitsPerSample 2147483648 in a TIFF"),
        (of(bytes(6400), t258=64), "BitsPerSample 64"),
        (of(bytes(800), t258=b"4711\0"), "^BitsPerSample of a TIFF is not a n"),
        (of(bytes(3200), t258=32, t339=3), "16 bits, .* floating point"),
        (of(bytes(1600), t258=16, t339=3), "floating point .SampleFormat 3"),
        (of(bytes(3200), t258=32, t339=4), "undefined .SampleFormat 4"),
        (of(bytes(6400), t258=32, t339=6), "complex .SampleFormat 6"),
        (of(bytes(2400), **COLOURS, t339=(1, 2, 1)), "samples of different"),
        (of(bytes(3200), **COLOURS | {"t258": (8, 8, 16)}), "BitsPerSample"),
        (
            of([bytes(1536)] * 3, t284=2,
               **COLOURS | {"t258": (16,) * 3}),
            "16 bits in planes .PlanarConfiguration 2",
        ),
        (of(PLANES[:2], **COLOURS, t284=2), "strips are missing"),
        (of(bytes(1600), t258=16, t262=3), "a palette for 16 bits"),
        (of((X * 8 - 128).astype(np.int8).tobytes(), t339=2), "signed values"),
        (
            of((X - 1).astype("<i2").tobytes(), t258=16, t339=2),
            "signed values .SampleFormat 2., some of them below 0; save them",
        ),
        (
            of(bytes(1600), t258=(8, 8), t277=2),
            "kind that is not read .BitsPerSample 8 8, Photo.* 1, .*Pixel 2",
        ),
        (of(bytes(2400), t32997=3), "a stack of 3 images in one directory"),
        (of(bytes(2400), t33629=(0, 1)), "a stack of 2 images in one"),
        (
            of(bytes(2400), t270=b"ImageJ=1.53t\nimages=3\nslices=3\n\0"),
            "a stack of 3 images in one directory of a TIFF; save them",
        ),
    ],
)  # fmt: skip
def test_what_is_not_read_is_named(raw, message):
    with pytest.raises(prepare.ImageError, match=message):
        prepare.prepare(raw)


def test_one_image_of_imagej():
    raw = of(GREY.tobytes(), t270=b"ImageJ=1.53t\nimages=1\nslices=1\n\0")
    np.testing.assert_array_equal(prepare.prepare(raw).pixels, GREY)


def test_the_tags_of_the_frame_that_is_taken():
    """The second of two images, the first of which could not be read."""
    buffer = io.BytesIO()
    pages = [Image.fromarray(values) for values in (GREY, 255 - GREY)]
    pages[0].save(buffer, "TIFF", save_all=True, append_images=pages[1:])
    raw = bytearray(buffer.getvalue())
    entry = raw.index(struct.pack("<HHI", 262, 3, 1)) + 8
    struct.pack_into("<H", raw, entry, 1)
    last = raw.rindex(struct.pack("<HHI", 262, 3, 1)) + 8
    struct.pack_into("<H", raw, last, 0)
    for frame in (0, 1):
        found = prepare.prepare(bytes(raw), prepare.ImageOptions(frame=frame))
        np.testing.assert_array_equal(found.pixels, GREY)
    struct.pack_into("<H", raw, last, 34892)
    with pytest.raises(prepare.ImageError, match="linear raw"):
        prepare.prepare(bytes(raw), prepare.ImageOptions(frame=1))


def test_directories_in_a_circle():
    raw = bytearray(of(GREY.tobytes()))
    (count,) = struct.unpack_from("<H", raw, 8)
    struct.pack_into("<I", raw, 10 + 12 * count, 8)
    with pytest.raises(prepare.ImageError):
        prepare.prepare(bytes(raw), prepare.ImageOptions(frame=1))


def test_the_cases_of_others(shared):
    ramp = np.arange(64) / 63
    for name in ("g16_whitezero", "g16_whitezero_lzw", "g16_blackzero",
                 "g8_whitezero"):  # fmt: skip
        raw = (shared / "cases/tiff" / f"{name}.tif").read_bytes()
        found = prepare.prepare(raw).pixels
        top = np.iinfo(found.dtype).max
        np.testing.assert_allclose(found / top, [ramp] * 48, atol=0.02)
    signed = (shared / "cases/tiff/i8_signed.tif").read_bytes()
    with pytest.raises(prepare.ImageError, match="signed values"):
        prepare.prepare(signed)


@pytest.mark.parametrize(
    "data, compression",
    [(b"\x80\x12 broken", 5), (zlib.compress(GREY.tobytes())[:20], 8),
     (b"\5ab", 32773), (b"\xff\xd8 broken", 7)],
)  # fmt: skip
def test_libtiff_says_nothing_of_its_own(data, compression, capfd):
    with pytest.raises(prepare.ImageError, match="damaged or cut off"):
        prepare.prepare(of(data, t259=compression))
    assert capfd.readouterr() == ("", "")


def test_pillow_logs_nothing(caplog, capfd):
    with pytest.raises(prepare.ImageError, match="SamplesPerPixel 255"):
        prepare.prepare(of(bytes(800), t277=255))
    assert not caplog.records
    assert capfd.readouterr() == ("", "")
