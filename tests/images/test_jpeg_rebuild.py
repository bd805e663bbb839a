"""Tests of making JPEG files anew around their compressed data."""

import numpy as np
import pytest

from tests.image_files import (
    SECRET,
    colours,
    encoded,
    jpeg_segment,
    make_file,
    pixels_of,
)
from transfusion_tf.images import jpeg_parts, jpeg_rebuild, limits


def rebuilt(data):
    return jpeg_rebuild.rebuilt(data)[0]


def compressed_data(jpeg):
    """All from the first quantisation table on."""
    return jpeg[jpeg.index(b"\xff\xdb") :]


def with_parts(plain, *parts):
    """The file with segments before its first table."""
    tables = plain.index(b"\xff\xdb")
    return plain[:tables] + b"".join(parts) + plain[tables:]


PLAIN = make_file("JPEG")


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"progressive": True},
        {"restart_marker_blocks": 1},
        {"optimize": True},
        {"subsampling": "4:2:0"},
    ],
)
def test_metadata_goes_and_compressed_data_stay(options):
    plain = make_file("JPEG", size=(40, 33), **options)
    assert rebuilt(plain) == plain
    markers = (0xE0, 0xE1, 0xE2, 0xED, 0xEE, 0xEF, 0xFE, 0xDC)
    full = with_parts(plain, *(jpeg_segment(m, SECRET) for m in markers))
    assert rebuilt(full + SECRET) == plain


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_colour_profiles_go(mode):
    profile = b"ICC profile of " + SECRET
    raw = encoded(colours(), "JPEG", mode=mode, icc_profile=profile)
    assert SECRET in raw
    assert rebuilt(raw) == encoded(colours(), "JPEG", mode=mode)


def test_the_header_keeps_nothing_that_decoding_does_not_need():
    # A density and a thumbnail of 2 x 1 pixels of 3 bytes.
    header = b"JFIF\0\1\2" + b"AB4711" + b"\2\1" + b"SECRET"
    full = PLAIN[:2] + jpeg_segment(0xE0, header[:14] + SECRET) + PLAIN[20:]
    assert rebuilt(full) == PLAIN


@pytest.mark.parametrize("transform", [0, 1])
def test_what_adobe_says_of_colours_stays_and_nothing_else(transform):
    adobe = b"Adobe\0\x64\0\0\0\0" + bytes([transform])
    bare = PLAIN[:2] + PLAIN[20:]  # Without JFIF, Adobe decides.
    full = with_parts(bare, jpeg_segment(0xEE, adobe + SECRET))
    found = rebuilt(full)
    assert found == PLAIN[:2] + jpeg_segment(0xEE, adobe) + PLAIN[20:]
    np.testing.assert_array_equal(pixels_of(found), pixels_of(full))
    is_changed = (pixels_of(found) != pixels_of(PLAIN)).any()
    assert is_changed == (transform == 0)
    # With JFIF it does not, as libjpeg sees it.
    both = with_parts(PLAIN, jpeg_segment(0xEE, adobe))
    np.testing.assert_array_equal(pixels_of(both), pixels_of(PLAIN))
    assert rebuilt(both) == PLAIN


def test_tables_that_no_scan_uses_go():
    unused = b"".join(
        [
            jpeg_segment(0xDB, b"\3" + (SECRET * 6)[:64]),
            jpeg_segment(
                0xC4, b"\x12" + bytes([0] * 7 + [9] + [0] * 8) + b"patien 47"
            ),
        ]
    )
    assert rebuilt(with_parts(PLAIN, unused)) == PLAIN
    # One that is replaced before a scan is not used either.
    table = PLAIN[PLAIN.index(b"\xff\xdb") :][:69]
    replaced = jpeg_segment(0xDB, b"\0" + (SECRET * 6)[:64])
    assert rebuilt(with_parts(PLAIN, table, replaced)) == PLAIN


def test_comments_between_the_scans_go():
    plain = make_file("JPEG", progressive=True)
    second = plain.index(b"\xff\xda", plain.index(b"\xff\xda") + 2)
    comment = jpeg_segment(0xFE, SECRET)
    assert rebuilt(plain[:second] + comment + plain[second:]) == plain


def test_where_the_compressed_data_end():
    for options in ({}, {"progressive": True}):
        data, ends = jpeg_rebuild.rebuilt(make_file("JPEG", **options))
        scans = [s for s in jpeg_parts.segments(data) if s.scan]
        pairs = zip(ends, scans, strict=True)
        assert all(data[:end].endswith(s.scan) for end, s in pairs)
        assert len(ends) == len(scans) == data.count(b"\xff\xda")
        assert {data[e : e + 2] for e in ends} <= {
            b"\xff\xda",
            b"\xff\xc4",
            b"\xff\xd9",
        }


def test_files_that_are_cut_off_anywhere():
    for length in range(len(PLAIN)):
        with pytest.raises(ValueError, match="JPEG|cut off"):
            rebuilt(PLAIN[:length])


def test_scans_that_are_missing():
    plain = make_file("JPEG", progressive=True)
    last = plain.rindex(b"\xff\xc4")  # The tables of the last scan.
    with pytest.raises(ValueError, match="scans are missing"):
        rebuilt(plain[:last] + b"\xff\xd9")


def changed(data, place, *values):
    return data[:place] + bytes(values) + data[place + len(values) :]


FRAME = PLAIN.index(b"\xff\xc0")
SYMBOLS = PLAIN.index(b"\xff\xc4") + 21
RESTARTS = make_file("JPEG", restart_marker_blocks=1)


@pytest.mark.parametrize(
    "raw",
    [
        encoded(colours(), "JPEG", mode="CMYK"),
        changed(PLAIN, FRAME + 1, 0xC9),  # Arithmetic coding.
        changed(PLAIN, FRAME + 1, 0xC3),  # Lossless.
        changed(PLAIN, FRAME + 4, 12),  # Bits.
        PLAIN.replace(b"\xff\xd9", b"the patient Jones\xff\xd9"),
        changed(PLAIN, SYMBOLS, 5, 5),  # A symbol of two codes.
        RESTARTS.replace(b"\xff\xd0", b"\xff\xd1"),
        PLAIN.replace(b"\xff\xc4", b"\xff\xfe"),  # Without tables.
    ],
    ids=[
        "cmyk",
        "arithmetic",
        "lossless",
        "12 bits",
        "text in the data",
        "symbols",
        "restarts",
        "tables",
    ],
)
def test_what_is_not_kept(raw):
    with pytest.raises(limits.NotKept):
        rebuilt(raw)


@pytest.mark.parametrize(
    "raw",
    [
        changed(PLAIN, FRAME + 9, 4),  # Colours.
        changed(PLAIN, FRAME + 11, 0x51),  # Sampling.
        PLAIN.replace(PLAIN[FRAME : FRAME + 19], b""),
        PLAIN.replace(b"\xff\xda", PLAIN[FRAME : FRAME + 19] + b"\xff\xda"),
    ],
    ids=["length", "sampling", "no frame", "two frames"],
)
def test_what_is_damaged(raw):
    with pytest.raises(ValueError, match="frame|sampling|colours"):
        rebuilt(raw)
