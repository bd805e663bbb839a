"""Tests of taking metadata out of JPEG and PNG files."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from transfusion_tf.data import segments

SECRET = b"patient 4711"


def make_file(file_format, size=(24, 16), **options):
    """A file of smooth colours, so that decoded pixels tell much."""
    y, x = np.mgrid[: size[1], : size[0]]
    pixels = np.stack([x * 9, y * 9, x + y], axis=-1).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, file_format, **options)
    return buffer.getvalue()


def pixels_of(data):
    return np.asarray(Image.open(io.BytesIO(data)))


def jpeg_segment(marker, content):
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


def png_chunk(kind, content):
    return (
        struct.pack(">I", len(content))
        + kind
        + content
        + struct.pack(">I", zlib.crc32(kind + content))
    )


def compressed_data(jpeg):
    """All from the first quantisation table on."""
    return jpeg[jpeg.index(b"\xff\xdb") :]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"progressive": True},
        {"restart_marker_blocks": 1},
    ],
)
def test_jpeg_metadata_goes_and_compressed_data_stay(options):
    plain = make_file("JPEG", **options)
    added = b"".join(
        [
            jpeg_segment(0xE0, b"JFXX\0" + SECRET),
            jpeg_segment(0xE1, SECRET),
            jpeg_segment(0xE2, b"MPF\0" + SECRET),
            jpeg_segment(0xED, SECRET),
            jpeg_segment(0xEE, SECRET),
            jpeg_segment(0xEF, SECRET),
            jpeg_segment(0xFE, SECRET),
        ]
    )
    tables = plain.index(b"\xff\xdb")
    full = plain[:tables] + added + plain[tables:] + SECRET
    stripped = segments.strip_jpeg(full)
    assert stripped == plain
    np.testing.assert_array_equal(pixels_of(stripped), pixels_of(plain))


def test_comments_of_a_jpeg_are_found():
    plain = make_file("JPEG")
    tables = plain.index(b"\xff\xdb")
    added = b"".join(
        jpeg_segment(marker, content)
        for marker, content in ((0xFE, b"a"), (0xE1, SECRET), (0xFE, b"\0b"))
    )
    full = plain[:tables] + added + plain[tables:]
    assert segments.jpeg_comments(full) == [b"a", b"\0b"]
    assert segments.jpeg_comments(plain) == []
    for damaged in (b"text", full[: tables + 3]):
        with pytest.raises(ValueError, match="JPEG"):
            segments.jpeg_comments(damaged)


@pytest.mark.parametrize("options", [{}, {"progressive": True}])
def test_size_of_a_jpeg(options):
    plain = make_file("JPEG", size=(300, 17), **options)
    full = plain[:20] + jpeg_segment(0xE1, b"\xff\xc0" * 9) + plain[20:]
    assert segments.jpeg_size(full) == (300, 17, 3)
    frame = plain.index(b"\xff\xc2" if options else b"\xff\xc0")
    for damaged in (plain[:2], plain[: frame + 6], plain[:2] + b"\xff\xd9"):
        with pytest.raises(ValueError, match="JPEG"):
            segments.jpeg_size(damaged)
    short = plain[:2] + jpeg_segment(0xF7, bytes(5))
    with pytest.raises(ValueError, match="cut off"):
        segments.jpeg_size(short)


def test_comments_between_the_scans_of_a_jpeg_go():
    plain = make_file("JPEG", progressive=True)
    second_scan = plain.index(b"\xff\xda", plain.index(b"\xff\xda") + 2)
    full = (
        plain[:second_scan] + jpeg_segment(0xFE, SECRET) + plain[second_scan:]
    )
    assert segments.strip_jpeg(full) == plain


def test_what_changes_the_look_of_a_jpeg_stays():
    colours = b"ICC_PROFILE\0\1\1 a profile"
    adobe = b"Adobe\0\x64\0\0\0\0\1"
    plain = make_file("JPEG")
    kept = jpeg_segment(0xE2, colours) + jpeg_segment(0xEE, adobe)
    full = plain[:20] + kept + plain[20:]
    assert segments.strip_jpeg(full) == full


def test_the_thumbnail_of_a_jpeg_header_goes():
    plain = make_file("JPEG")
    header = plain[6:18] + b"\2\1" + b"SECRET"  # 2 x 1 pixels of 3 bytes.
    full = plain[:2] + jpeg_segment(0xE0, header) + plain[20:]
    assert segments.strip_jpeg(full) == plain


def test_png_metadata_goes_and_image_stays():
    plain = make_file("PNG")
    end = plain.index(b"IEND") - 4
    added = b"".join(
        png_chunk(kind, SECRET)
        for kind in (b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"tIME", b"prVt")
    )
    full = plain[:33] + added + plain[33:end] + added + plain[end:] + SECRET
    assert segments.strip_png(full) == plain


def test_chunks_on_the_meaning_of_png_values_stay():
    plain = make_file("PNG")
    gamma = png_chunk(b"gAMA", struct.pack(">I", 45_455))
    full = plain[:33] + gamma + plain[33:]
    assert segments.strip_png(full) == full


@pytest.mark.parametrize(
    "file_format, strip",
    [("JPEG", segments.strip_jpeg), ("PNG", segments.strip_png)],
)
def test_files_that_are_cut_off_anywhere(file_format, strip):
    whole = make_file(file_format)
    assert strip(whole) == whole
    for length in range(len(whole)):
        with pytest.raises(ValueError, match="JPEG|PNG"):
            strip(whole[:length])


def test_metadata_names_all_that_is_not_the_image():
    plain = make_file("JPEG", progressive=True)
    tables = plain.index(b"\xff\xdb")
    added = jpeg_segment(0xE1, b"Exif\0\0") + jpeg_segment(0xFE, SECRET)
    colours = jpeg_segment(0xE2, b"ICC_PROFILE\0\1\1 a profile")
    full = plain[:tables] + added + colours + plain[tables:] + SECRET
    (header, *found) = segments.metadata(full)
    assert (header[0], header[2]) == ("APP0", True)
    assert found == [
        ("APP1", b"Exif\0\0", False),
        ("COM", SECRET, False),
        ("APP2", b"ICC_PROFILE\0\1\1 a profile", True),
        ("trailer", SECRET, False),
    ]
    assert all(stays for *_, stays in segments.metadata(plain))


def test_metadata_of_a_png():
    plain = make_file("PNG")
    assert segments.metadata(plain) == []
    profile = png_chunk(b"iCCP", b"a\0\0")
    gamma = png_chunk(b"gAMA", struct.pack(">I", 45_455))
    text = png_chunk(b"tEXt", SECRET)
    full = plain[:33] + profile + gamma + text + plain[33:] + SECRET
    assert segments.metadata(full) == [
        ("iCCP", b"a\0\0", True),
        ("tEXt", SECRET, False),
        ("trailer", SECRET, False),
    ]


@pytest.mark.parametrize("file_format", ["JPEG", "PNG"])
def test_metadata_of_files_that_are_cut_off_anywhere(file_format):
    whole = make_file(file_format)
    for length in range(len(whole)):
        with pytest.raises(ValueError, match="JPEG|PNG"):
            segments.metadata(whole[:length])
