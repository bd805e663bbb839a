"""Tests of reading image files: reduced, refused, all bits of them."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from transfusion_tf.images import decoding, encoding, limits, prepare

SIDE = 736  # 8 x 92.


def photograph():
    """(SIDE, SIDE, 3) uint8 of structure on all scales, as photographs have."""
    rng = np.random.default_rng(5)
    total = np.zeros((SIDE, SIDE, 3))
    for octave in range(1, 8):
        coarse = rng.normal(size=(2**octave, 2**octave, 3)) / 2**octave
        planes = [
            Image.fromarray(coarse[..., c].astype(np.float32)).resize(
                (SIDE, SIDE), Image.Resampling.BICUBIC
            )
            for c in range(3)
        ]
        total += np.stack(planes, -1)
    total = (total - total.min()) / np.ptp(total)
    return (255 * total).astype(np.uint8)


def encoded(pixels, file_format="JPEG", mode=None, **options):
    buffer = io.BytesIO()
    image = Image.fromarray(pixels)
    (image.convert(mode) if mode else image).save(
        buffer, file_format, **options
    )
    return buffer.getvalue()


def psnr(found, expected):
    """Peak signal-to-noise ratio in dB."""
    error = np.mean((found.astype(float) - expected) ** 2)
    return 10 * np.log10(255**2 / error)


PHOTOGRAPH = photograph()
JPEG = encoded(PHOTOGRAPH, quality=95)


@pytest.mark.parametrize(
    "shrinkage, expected",
    [
        (0.5, 1),
        (2.9, 1),
        (3.0, 2),
        (1958 / 587, 2),  # Photographs of 4 megapixels.
        (6.0, 4),
        (11.9, 4),
        (12.0, 8),
        (99.0, 8),
    ],
)
def test_at_which_fraction_to_decode(shrinkage, expected):
    assert decoding.reduction(shrinkage) == expected


@pytest.mark.parametrize("reduction", [2, 4, 8])
@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:0"])
@pytest.mark.parametrize("quality", [75, 95])
def test_reduced_decoding_costs_no_quality(reduction, subsampling, quality):
    raw = encoded(PHOTOGRAPH, quality=quality, subsampling=subsampling)
    # The largest result for which this reduction is chosen.
    side = int(SIDE / reduction / decoding.MIN_OVERSAMPLING)
    assert decoding.reduction(SIDE / side) == reduction
    full = np.asarray(Image.open(io.BytesIO(raw)))
    expected = np.asarray(
        Image.fromarray(full).resize((side, side), Image.Resampling.BICUBIC)
    )
    prepared = prepare.prepare(raw, prepare.ImageOptions(image_size=side))
    assert not np.array_equal(prepared.pixels, expected)  # It was reduced.
    again = np.asarray(
        Image.open(io.BytesIO(encoding.encode(expected, as_jpeg=True)))
    )
    assert psnr(prepared.pixels, expected) > psnr(again, expected) + 3
    assert psnr(prepared.pixels, expected) > 46


@pytest.mark.parametrize(
    "mode, shape",
    [("L", (92, 92)), ("RGB", (92, 92, 3)), ("CMYK", (92, 92, 3))],
)
@pytest.mark.parametrize("progressive", [False, True])
def test_colours_of_reduced_decoding(mode, shape, progressive):
    raw = encoded(PHOTOGRAPH, mode=mode, progressive=progressive)
    reduced = np.asarray(decoding.ImageFile(raw).picture(8))
    full = np.asarray(decoding.ImageFile(raw).picture())
    assert reduced.shape == shape
    means = full.reshape(92, 8, 92, 8, -1).mean(axis=(1, 3))
    assert psnr(reduced.reshape(means.shape), means) > 38


@pytest.mark.parametrize("reduction", [1, 2, 4, 8])
@pytest.mark.parametrize("progressive", [False, True])
def test_cut_off_jpegs_are_told_at_any_reduction(reduction, progressive):
    raw = encoded(PHOTOGRAPH, progressive=progressive)
    for length in (700, len(raw) // 3, len(raw) * 9 // 10, len(raw) - 40):
        file = decoding.ImageFile(raw[:length])
        with pytest.raises(limits.ImageError, match="damaged or cut off"):
            file.picture(reduction)


def test_other_formats_are_never_reduced():
    raw = encoded(PHOTOGRAPH, "PNG")
    np.testing.assert_array_equal(
        np.asarray(decoding.ImageFile(raw).picture(8)), PHOTOGRAPH
    )


def claiming(raw, place, layout, *values):
    """A file with other numbers in its header."""
    data = bytearray(raw)
    struct.pack_into(layout, data, place, *values)
    return bytes(data)


def huge_files():
    """Small files that claim 50,000 x 50,000 pixels."""
    tiny = np.zeros((8, 8), np.uint8)
    png = claiming(encoded(tiny, "PNG"), 16, ">II", 50_000, 50_000)
    crc = zlib.crc32(png[12:29])
    yield "PNG", claiming(png, 29, ">I", crc)
    jpeg = encoded(tiny, "JPEG")
    place = jpeg.index(b"\xff\xc0") + 5
    yield "JPEG", claiming(jpeg, place, ">HH", 50_000, 50_000)
    yield "GIF", claiming(encoded(tiny, "GIF"), 6, "<HH", 50_000, 50_000)
    yield "BMP", claiming(encoded(tiny, "BMP"), 18, "<ii", 50_000, 50_000)
    yield "PPM", b"P5 50000 50000 255\n" + bytes(64)
    tiff = encoded(tiny, "TIFF")
    for tag in (256, 257):
        entry = tiff.index(struct.pack("<HHI", tag, 4, 1))
        tiff = claiming(tiff, entry + 8, "<I", 50_000)
    yield "TIFF", tiff


@pytest.mark.parametrize(
    "raw", [pytest.param(raw, id=name) for name, raw in huge_files()]
)
def test_absurd_sizes_are_refused_by_the_header(raw, monkeypatch):
    for limit in (Image.MAX_IMAGE_PIXELS, None):  # None: Pillow is silent.
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
        with pytest.raises(
            limits.ImageError,
            match=r"^absurdly large \(more than 89,478,485 pixels\)$",
        ):
            decoding.ImageFile(raw)


def test_the_largest_size_that_is_read():
    side = 9_459  # 9,459**2 is just below.
    limits.check_size(side, side)
    with pytest.raises(limits.ImageError, match="absurdly large"):
        limits.check_size(side + 1, side + 1)
    with pytest.raises(limits.ImageError, match="damaged"):
        limits.check_size(0, 7)
    limits.check_size(1, 1_000_000)
    with pytest.raises(limits.ImageError, match="a side of more than 1,000,0"):
        limits.check_size(1_000_001, 1)


def test_formats_that_are_not_read():
    # EPS makes Pillow start a program.
    eps = io.BytesIO()
    Image.new("RGB", (4, 4)).save(eps, "EPS")
    with pytest.raises(limits.ImageError, match="not an image of a known"):
        decoding.ImageFile(eps.getvalue())


def tiff16(pixels, order, *, deflated):
    """A TIFF of (H, W, 3) uint16; Pillow cannot write one."""
    height, width, _ = pixels.shape
    data = pixels.astype(f"{order}u2").tobytes()
    data = zlib.compress(data) if deflated else data
    after = 8 + 2 + 12 * 9 + 4
    short, long = 3, 4
    entries = [
        (256, long, 1, width),
        (257, long, 1, height),
        (258, short, 3, after),
        (259, short, 1, 8 if deflated else 1),
        (262, short, 1, 2),  # RGB.
        (273, long, 1, after + 6),
        (277, short, 1, 3),
        (278, long, 1, height),
        (279, long, 1, len(data)),
    ]
    parts = [b"II*\0" if order == "<" else b"MM\0*"]
    parts.append(struct.pack(f"{order}IH", 8, len(entries)))
    for tag, kind, count, value in entries:
        layout = "HHIHxx" if kind == short and count == 1 else "HHII"
        parts.append(struct.pack(order + layout, tag, kind, count, value))
    parts.append(struct.pack(f"{order}I3H", 0, 16, 16, 16))
    return b"".join(parts) + data


@pytest.mark.parametrize("deflated", [False, True])
@pytest.mark.parametrize("order", ["<", ">"])
def test_all_16_bits_of_each_colour_in_tiff(order, deflated):
    pixels = np.random.default_rng(1).integers(0, 2**16, (9, 7, 3))
    raw = tiff16(pixels.astype(np.uint16), order, deflated=deflated)
    np.testing.assert_array_equal(
        np.asarray(decoding.ImageFile(raw).picture()), pixels
    )


def test_16_bits_of_each_colour_that_cannot_be_read():
    ppm = b"P6 2 1 65535\n" + bytes(range(12))
    grey_alpha = encoded(np.zeros((4, 4), np.uint8), "PNG", mode="LA")
    grey_alpha = claiming(grey_alpha, 24, "B", 16)
    crc = zlib.crc32(grey_alpha[12:29])
    for raw in (ppm, claiming(grey_alpha, 29, ">I", crc)):
        with pytest.raises(limits.ImageError, match="only the upper 8 can be"):
            np.asarray(decoding.ImageFile(raw).picture())


def test_a_tiff_without_all_its_strips():
    raw = encoded(np.full((8, 8), 9, np.uint8), "TIFF")
    assert (np.asarray(decoding.ImageFile(raw).picture()) == 9).all()
    height = raw.index(struct.pack("<HHI", 257, 4, 1)) + 8
    with pytest.raises(limits.ImageError, match="damaged or cut off"):
        decoding.ImageFile(claiming(raw, height, "<I", 800)).picture()
