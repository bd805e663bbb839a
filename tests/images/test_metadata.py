"""Tests of the parts of JPEG and PNG files."""

import struct
import zlib

import numpy as np
import pytest

from tests.image_files import (
    SECRET,
    jpeg_segment,
    make_file,
    png_chunk,
)
from transfusion_tf.images import metadata


def test_comments_of_a_jpeg_are_found():
    plain = make_file("JPEG")
    tables = plain.index(b"\xff\xdb")
    added = b"".join(
        jpeg_segment(marker, content)
        for marker, content in ((0xFE, b"a"), (0xE1, SECRET), (0xFE, b"\0b"))
    )
    full = plain[:tables] + added + plain[tables:]
    assert metadata.jpeg_comments(full) == [b"a", b"\0b"]
    assert metadata.jpeg_comments(plain) == []
    for damaged in (b"text", full[: tables + 3]):
        with pytest.raises(ValueError, match="JPEG"):
            metadata.jpeg_comments(damaged)


@pytest.mark.parametrize("options", [{}, {"progressive": True}])
def test_size_of_a_jpeg(options):
    plain = make_file("JPEG", size=(300, 17), **options)
    full = plain[:20] + jpeg_segment(0xE1, b"\xff\xc0" * 9) + plain[20:]
    assert metadata.jpeg_size(full) == (300, 17, 3)
    frame = plain.index(b"\xff\xc2" if options else b"\xff\xc0")
    for damaged in (plain[:2], plain[: frame + 6], plain[:2] + b"\xff\xd9"):
        with pytest.raises(ValueError, match="JPEG"):
            metadata.jpeg_size(damaged)
    short = plain[:2] + jpeg_segment(0xF7, bytes(5))
    with pytest.raises(ValueError, match="cut off"):
        metadata.jpeg_size(short)


def test_metadata_names_all_that_is_not_the_image():
    plain = make_file("JPEG", progressive=True)
    tables = plain.index(b"\xff\xdb")
    added = b"".join(
        jpeg_segment(marker, content)
        for marker, content in (
            (0xE1, b"Exif\0\0"),
            (0xFE, SECRET),
            (0xE2, b"ICC_PROFILE\0\1\1 a profile"),
            (0xEE, b"Adobe" + bytes(7)),
            (0xEE, b"Adobe" + bytes(7) + SECRET),
            (0xDC, SECRET),  # DNL
        )
    )
    full = plain[:tables] + added + plain[tables:] + SECRET
    (header, *found) = metadata.metadata(full)
    assert (header[0], header[2]) == ("APP0", True)
    assert found == [
        ("APP1", b"Exif\0\0", False),
        ("COM", SECRET, False),
        ("APP2", b"ICC_PROFILE\0\1\1 a profile", False),
        ("APP14", b"Adobe" + bytes(7), True),
        ("APP14", b"Adobe" + bytes(7) + SECRET, False),
        ("marker DC", SECRET, False),
        ("trailer", SECRET, False),
    ]
    assert all(stays for *_, stays in metadata.metadata(plain))


def test_metadata_of_a_png():
    plain = make_file("PNG")
    assert metadata.metadata(plain) == []
    gamma = png_chunk(b"gAMA", struct.pack(">I", 45_455))
    text = png_chunk(b"tEXt", SECRET)
    full = plain[:33] + gamma + text + plain[33:] + SECRET
    assert metadata.metadata(full) == [
        ("gAMA", struct.pack(">I", 45_455), False),
        ("tEXt", SECRET, False),
        ("trailer", SECRET, False),
    ]


def test_metadata_behind_an_end_inside_a_png():
    plain = make_file("PNG")
    chunks = [
        (chunk.kind, chunk.content) for chunk in metadata.png_chunks(plain)
    ]
    (_, header), (_, data), _ = chunks
    full = metadata.PNG_SIGNATURE + b"".join(
        png_chunk(kind, content)
        for kind, content in (
            (b"IHDR", header),
            (b"IDAT", data[:9]),
            (b"IDAT", data[9:] + b"a" + SECRET),
            (b"IDAT", SECRET),
            (b"IEND", SECRET),
        )
    )
    assert metadata.metadata(full) == [
        ("trailer", b"a" + SECRET, False),
        ("trailer", SECRET, False),
        ("IEND", SECRET, False),
    ]


@pytest.mark.parametrize("file_format", ["JPEG", "PNG"])
def test_metadata_of_files_that_are_cut_off_anywhere(file_format):
    whole = make_file(file_format)
    for length in range(len(whole)):
        with pytest.raises(ValueError, match="JPEG|PNG"):
            metadata.metadata(whole[:length])


def test_chunks_and_their_checksums():
    plain = make_file("PNG")
    assert all(chunk.is_sound for chunk in metadata.png_chunks(plain))
    place = plain.index(b"IDAT") + 9
    damaged = plain[:place] + b"?" + plain[place + 1 :]
    found = {
        chunk.kind: chunk.is_sound for chunk in metadata.png_chunks(damaged)
    }
    assert found == {b"IHDR": True, b"IDAT": False, b"IEND": True}
    rows = zlib.decompressobj().decompress(plain[plain.index(b"IDAT") + 4 :])
    assert len(rows) == 16 * (1 + 24 * 3)


def test_scans_are_without_padding():
    plain = make_file("JPEG")
    padded = plain[:-2] + b"\xff\xff" + plain[-2:]
    scans = [
        [s.scan for s in metadata.jpeg_segments(data) if s.scan]
        for data in (plain, padded)
    ]
    np.testing.assert_equal(*scans)
