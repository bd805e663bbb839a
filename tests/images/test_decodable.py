"""Holds what goes into records to the decoder that training uses.

A conversion needs no TensorFlow: it looks at files itself, more closely than
Pillow. Here thousands of files, damaged and doctored, show that TensorFlow
then makes the very pixels that the audit has seen.
"""

import zlib

import numpy as np
import pytest
import tensorflow as tf

from tests import image_files
from tests.image_files import SECRET, encoded, jpeg_segment, png
from transfusion_tf.data import card, parsing
from transfusion_tf.images import prepare

CASES = 1_200


def decoded(prepared):
    """What training makes of an image, (H, W) or (H, W, 3), not scaled."""
    of = card.DataCard.__new__(card.DataCard)
    object.__setattr__(of, "channels", prepared.channels)
    object.__setattr__(of, "bit_depth", prepared.bit_depth)
    values = parsing.decoded(prepared.data, of).numpy()
    if prepared.bit_depth == 16:
        values = values * parsing.SIXTEEN_BIT_STEP
    return values[..., 0] if prepared.channels == 1 else values


def check(raw):
    """Prepares a file; False if it is refused. Training must read the rest."""
    try:
        prepared = prepare.prepare(raw)
    except prepare.ImageError:
        return False
    found = decoded(prepared)
    if prepared.kept or prepared.data.startswith(b"\x89PNG"):
        np.testing.assert_array_equal(found.round(), prepared.pixels)
    else:  # Encoded anew as JPEG, after its pixels were seen.
        assert found.shape == prepared.pixels.shape
    return prepared.kept


def structure(height=43, width=61):
    y, x = np.mgrid[:height, :width]
    noise = np.random.default_rng(0).integers(0, 127, (height, width, 3))
    smooth = np.stack([x * 4 % 256, y * 5 % 256, (x + y) % 256], -1)
    return (smooth / 2 + noise).astype(np.uint8)


NOISY = structure()
GREY = NOISY[..., 0]
FLAT = (
    np.where(np.arange(61) < 20, 30, 128).astype(np.uint8)[None].repeat(43, 0)
)
WIDE = np.arange(43 * 61, dtype=np.uint16).reshape(43, 61) * 20


def interlaced(pixels):
    compressed = zlib.compress(image_files.interlaced_rows(pixels))
    return png(61, 43, compressed, interlaced=1)


ORIGINALS = (
    encoded(NOISY, "JPEG"),
    encoded(GREY, "JPEG"),
    encoded(FLAT, "JPEG"),
    encoded(NOISY, "JPEG", progressive=True),
    encoded(NOISY, "JPEG", subsampling="4:2:0", restart_marker_blocks=3),
    encoded(FLAT, "JPEG", optimize=True, subsampling="4:4:4"),
    encoded(NOISY, "PNG"),
    encoded(GREY, "PNG"),
    encoded(WIDE, "PNG"),
    prepare.prepare(np.dstack([WIDE] * 3)).data,
    interlaced(NOISY),
)


@pytest.mark.parametrize("raw", ORIGINALS)
def test_whole_files_are_kept_to_the_last_bit(raw):
    assert check(raw)
    assert prepare.prepare(raw).data == raw


def damaged(raw, rng):
    """Some bytes taken out, put in, changed, or all from one place on."""
    data, place = bytearray(raw), int(rng.integers(len(raw)))
    kind = rng.integers(6)
    if kind == 0:
        del data[place:]
    elif kind == 1:
        del data[place : place + rng.integers(1, 9)]
    elif kind == 2:
        data[place:place] = rng.bytes(rng.integers(1, 12))
    else:
        for _ in range(kind):
            data[rng.integers(len(raw))] = rng.integers(256)
    if raw.startswith(b"\x89PNG") and rng.random() < 0.6:
        return mended(bytes(data))
    return bytes(data)


def mended(data):
    """The PNG file with checksums of its chunks that are right."""
    parts, place = [data[:8]], 8
    while place + 12 <= len(data):
        length = int.from_bytes(data[place : place + 4], "big")
        kind, content = data[place + 4 : place + 8], data[place + 8 :][:length]
        parts.append(image_files.png_chunk(kind, content))
        place += 12 + length
    return b"".join(parts)


@pytest.mark.parametrize("part", range(4))
def test_damaged_files_are_refused_or_decode_alike(part):
    kept = 0
    for number in range(part, CASES, 4):
        rng = np.random.default_rng([1, number])
        raw = ORIGINALS[number % len(ORIGINALS)]
        kept += check(damaged(raw, rng))
    # Were none kept, this would show nothing.
    assert kept > CASES // 40


PNG = encoded(NOISY, "PNG")
JPEG = encoded(NOISY, "JPEG", quality=90)
PROGRESSIVE = encoded(NOISY, "JPEG", quality=90, progressive=True)
ROWS = zlib.compress(image_files.rows(NOISY))
TABLES = JPEG.index(b"\xff\xdb")
SCAN = JPEG.index(b"\xff\xda") + 14


@pytest.mark.parametrize(
    "raw",
    [
        PNG[:40] + bytes([PNG[40] ^ 4]) + PNG[41:],
        png(61, 43, ROWS[:-4]),
        png(61, 43, ROWS[:-4] + bytes(4)),
        png(61, 43, ROWS + SECRET),
        png(61, 43, zlib.compress(image_files.rows(NOISY) + SECRET)),
        JPEG[:-2] + SECRET + JPEG[-2:],
        JPEG[:-2] + b"\x80\x90\xa0" * 9 + JPEG[-2:],
        PROGRESSIVE[:-2] + SECRET + PROGRESSIVE[-2:],
        JPEG[:-2] + jpeg_segment(0xDC, SECRET) + JPEG[-2:],
        JPEG[:TABLES]
        + jpeg_segment(0xDB, b"\3" + (SECRET * 6)[:64])
        + JPEG[TABLES:],
    ],
)
def test_nothing_hidden_gets_into_the_records(raw):
    try:
        prepared = prepare.prepare(raw)
    except prepare.ImageError:
        return
    assert check(raw) is prepared.kept
    assert (
        SECRET not in prepared.data and (b"\x80\x90" * 3) not in prepared.data
    )
    difference = prepared.pixels.astype(int) - image_files.pixels_of(raw)
    assert not difference.any()  # Of what was seen, nothing is lost.


@pytest.mark.parametrize(
    "raw",
    [
        png(61, 43, zlib.compress(image_files.rows(NOISY[:30]))),
        png(61, 43, zlib.compress(image_files.rows(NOISY[:-1]))),
        png(
            61,
            43,
            zlib.compress(image_files.interlaced_rows(NOISY)[:-9]),
            interlaced=1,
        ),
        png(
            61,
            43,
            zlib.compress(image_files.rows(NOISY[:30, :, :2])),
            colour_type=4,
        ),
        JPEG[: (SCAN + len(JPEG)) // 2] + b"\xff\xd9",
        JPEG[:-200] + b"\xff\xd9",
        PROGRESSIVE[: len(PROGRESSIVE) // 2] + b"\xff\xd9",
        encoded(GREY, "JPEG")[:-150] + b"\xff\xd9",
    ],
)
@pytest.mark.parametrize("size", [None, 20])
def test_missing_rows_are_cut_off(raw, size):
    with pytest.raises(prepare.ImageError, match="damaged or cut off"):
        prepare.prepare(raw, prepare.ImageOptions(image_size=size))


def test_a_chunk_with_a_wrong_checksum(shared):
    raw = (shared / "cases/png/idat_crc.png").read_bytes()
    with pytest.raises(tf.errors.InvalidArgumentError):
        tf.io.decode_png(raw)
    prepared = prepare.prepare(raw)
    assert not prepared.kept
    np.testing.assert_array_equal(decoded(prepared), prepared.pixels)
    np.testing.assert_array_equal(image_files.pixels_of(raw), prepared.pixels)
