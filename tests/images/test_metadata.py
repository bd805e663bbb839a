"""Tests of what JPEG and PNG files hold besides the image."""

import struct

import pytest

from tests.image_files import (
    SECRET,
    jpeg_segment,
    make_file,
    png_chunk,
)
from transfusion_tf.images import metadata, png_rebuild


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
        (chunk.kind, chunk.content) for chunk in png_rebuild.chunks(plain)
    ]
    (_, header), (_, data), _ = chunks
    full = png_rebuild.SIGNATURE + b"".join(
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
