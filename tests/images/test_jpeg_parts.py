"""Tests of the parts of JPEG files."""

import numpy as np
import pytest

from tests.image_files import SECRET, jpeg_segment, make_file
from transfusion_tf.images import jpeg_parts


def test_comments_of_a_jpeg_are_found():
    plain = make_file("JPEG")
    tables = plain.index(b"\xff\xdb")
    added = b"".join(
        jpeg_segment(marker, content)
        for marker, content in ((0xFE, b"a"), (0xE1, SECRET), (0xFE, b"\0b"))
    )
    full = plain[:tables] + added + plain[tables:]
    assert jpeg_parts.comments(full) == [b"a", b"\0b"]
    assert jpeg_parts.comments(plain) == []
    for damaged in (b"text", full[: tables + 3]):
        with pytest.raises(ValueError, match="JPEG"):
            jpeg_parts.comments(damaged)


@pytest.mark.parametrize("options", [{}, {"progressive": True}])
def test_frame_header(options):
    plain = make_file("JPEG", size=(300, 17), **options)
    full = plain[:20] + jpeg_segment(0xE1, b"\xff\xc0" * 9) + plain[20:]
    assert jpeg_parts.frame_header(full)[1:] == (8, 300, 17, 3)
    frame = plain.index(b"\xff\xc2" if options else b"\xff\xc0")
    for damaged in (plain[:2], plain[: frame + 6], plain[:2] + b"\xff\xd9"):
        with pytest.raises(ValueError, match="JPEG"):
            jpeg_parts.frame_header(damaged)
    short = plain[:2] + jpeg_segment(0xF7, bytes(5))
    with pytest.raises(ValueError, match="cut off"):
        jpeg_parts.frame_header(short)


def test_scans_are_without_padding():
    plain = make_file("JPEG")
    padded = plain[:-2] + b"\xff\xff" + plain[-2:]
    scans = [
        [s.scan for s in jpeg_parts.segments(data) if s.scan]
        for data in (plain, padded)
    ]
    np.testing.assert_equal(*scans)
