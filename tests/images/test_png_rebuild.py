"""Tests of making PNG files anew around their compressed pixels."""

import struct
import zlib

import numpy as np
import pytest

from tests import image_files
from tests.image_files import SECRET, colours, make_file, png, png_chunk
from transfusion_tf.images import limits, png_rebuild

PLAIN = make_file("PNG")
PIXELS = colours()
ROWS = image_files.rows(PIXELS)
WHOLE = zlib.compress(ROWS)


def of(compressed, **options):
    return png(24, 16, compressed, **options)


def test_metadata_goes_and_image_stays():
    end = PLAIN.index(b"IEND") - 4
    kinds = (b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"tIME", b"prVt", b"iCCP")
    added = b"".join(png_chunk(kind, SECRET) for kind in kinds)
    # What tells a viewer of the values, longer than it has to be.
    added += png_chunk(b"gAMA", struct.pack(">I", 45_455) + SECRET)
    added += png_chunk(b"PLTE", SECRET)
    last = png_chunk(b"IEND", SECRET)
    full = PLAIN[:33] + added + PLAIN[33:end] + added[:100]
    full = PLAIN[:33] + added + PLAIN[33:end] + last + SECRET
    assert png_rebuild.rebuilt(PLAIN) == PLAIN
    assert png_rebuild.rebuilt(full) == PLAIN


def test_what_follows_the_end_of_the_compressed_data_goes():
    for parts in (
        [WHOLE + SECRET],
        [WHOLE, SECRET],
        [WHOLE[:5], b"", WHOLE[5:] + SECRET, SECRET],
    ):
        found = png_rebuild.rebuilt(of(parts))
        assert SECRET not in found
        np.testing.assert_array_equal(image_files.pixels_of(found), PIXELS)


@pytest.mark.parametrize("interlaced", [0, 1])
@pytest.mark.parametrize("colour_type", [0, 2])
@pytest.mark.parametrize("depth", [8, 16])
def test_the_kinds_that_are_kept(interlaced, colour_type, depth):
    pixels = PIXELS if colour_type else PIXELS[..., :1]
    pixels = np.repeat(pixels, depth // 8, axis=-1)
    make = image_files.interlaced_rows if interlaced else image_files.rows
    compressed = zlib.compress(make(pixels))
    kind = {"colour_type": colour_type, "depth": depth}
    raw = of(compressed, **kind, interlaced=interlaced)
    assert png_rebuild.rebuilt(raw) == raw
    if (colour_type, depth) != (2, 16):  # Which Pillow reads as 8 bits.
        found = image_files.pixels_of(raw).astype(int)
        assert np.ptp(found) > 100
        plain = of(zlib.compress(image_files.rows(pixels)), **kind)
        np.testing.assert_array_equal(found, image_files.pixels_of(plain))


def wrong_checksum(data):
    place = data.index(b"IEND") - 5  # The last byte of that of IDAT.
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


def small_window():
    """Compressed data that say of too small a window that they use it."""
    rows = image_files.rows(
        np.random.default_rng(0).integers(256, size=(90, 90, 3), dtype=np.uint8)
    )
    data = bytearray(zlib.compress(rows))
    data[0] = 0x18
    data[1] = 31 - (0x1800 % 31)
    return png(90, 90, bytes(data))


@pytest.mark.parametrize(
    "raw",
    [
        wrong_checksum(PLAIN),
        of(WHOLE[:-4]),  # No checksum of the rows.
        of(WHOLE[:-2]),
        of(zlib.compress(ROWS + b"4711")),
        of(zlib.compress(image_files.rows(PIXELS[..., :1])), colour_type=3),
        of(
            zlib.compress(
                image_files.rows(np.dstack([PIXELS, PIXELS[..., 0]]))
            ),
            colour_type=6,
        ),
        small_window(),
    ],
    ids=[
        "checksum",
        "no checksum",
        "half a checksum",
        "more rows",
        "palette",
        "alpha",
        "window",
    ],
)
def test_what_is_not_kept(raw):
    with pytest.raises(limits.NotKept):
        png_rebuild.rebuilt(raw)


@pytest.mark.parametrize(
    "raw",
    [
        of(zlib.compress(ROWS[:-1])),
        of(zlib.compress(ROWS[: -5 * 73])),
        of(WHOLE[:-20]),
        of(
            zlib.compress(image_files.interlaced_rows(PIXELS)[:-1]),
            interlaced=1,
        ),
        of(zlib.compress(image_files.rows(PIXELS, filter_type=5))),
        PLAIN.replace(b"IDAT", b"jDAT"),
        PLAIN.replace(b"IHDR", b"jHDR"),
    ],
)
def test_what_is_damaged(raw):
    with pytest.raises(ValueError, match="rows are missing|filter|no pixels"):
        png_rebuild.rebuilt(raw)


def test_rows_of_any_kind_are_counted():
    for pixels, options in (
        (np.packbits(PIXELS[..., 0] > 9, axis=1), {"depth": 1}),
        (PIXELS[..., :1], {"colour_type": 3}),
        (PIXELS[..., :2], {"colour_type": 4}),
    ):
        whole = image_files.rows(pixels)
        options = {"colour_type": 0} | options
        png_rebuild.check_rows(of(zlib.compress(whole), **options))
        with pytest.raises(ValueError, match="rows are missing"):
            png_rebuild.check_rows(of(zlib.compress(whole[:-1]), **options))


def test_files_that_are_cut_off_anywhere():
    for length in range(len(PLAIN)):
        with pytest.raises((ValueError, zlib.error), match="PNG"):
            png_rebuild.rebuilt(PLAIN[:length])


def test_chunks_and_their_checksums():
    plain = make_file("PNG")
    assert all(chunk.is_sound for chunk in png_rebuild.chunks(plain))
    place = plain.index(b"IDAT") + 9
    damaged = plain[:place] + b"?" + plain[place + 1 :]
    found = {
        chunk.kind: chunk.is_sound for chunk in png_rebuild.chunks(damaged)
    }
    assert found == {b"IHDR": True, b"IDAT": False, b"IEND": True}
    rows = zlib.decompressobj().decompress(plain[plain.index(b"IDAT") + 4 :])
    assert len(rows) == 16 * (1 + 24 * 3)
