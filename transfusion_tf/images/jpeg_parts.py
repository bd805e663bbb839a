"""The parts of JPEG files: segments one after the other, and what is in them.

What of them goes into records is decided in jpeg_rebuild. Tables of DQT and
DHT have keys that tell which one they replace: (marker, the table's number;
with 16 added for Huffman codes of AC coefficients).
"""

import functools
import re
import struct
import typing

from transfusion_tf.images import limits

SOI, EOI, SOS, COM = 0xD8, 0xD9, 0xDA, 0xFE
APP0, APP14, APP15 = 0xE0, 0xEE, 0xEF
# C4, C8 and CC are tables and reserved; F7 is that of JPEG-LS.
FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC} | {0xF7}
DHT, DQT, DRI = 0xC4, 0xDB, 0xDD
NEEDED = frozenset((DHT, DQT, DRI, SOS))  # Beside frames.
# In the compressed data 0xFF is followed by 0 or a restart marker (D0-D7);
# any other byte starts the next segment. 0xFF before a marker is padding.
_NEXT_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
COEFFICIENTS = 64  # Of a block.


class Segment(typing.NamedTuple):
    """A segment of a JPEG file.

    Attributes:
        marker: the second byte of what it starts with.
        content: without marker and length.
        scan: the compressed data behind it, without padding; b"" but for SOS.
        end: where in the file the next segment starts.
    """

    marker: int
    content: bytes
    scan: bytes
    end: int


def segments(data):
    """Yields the Segments of a JPEG file; the last is the end of the image.

    Raises ValueError if the file does not consist of whole segments, from
    start to end of image.
    """
    if data[:2] != bytes((0xFF, SOI)):
        raise ValueError("no start of a JPEG image")
    place, marker = 2, SOI
    while marker != EOI:
        marker, start, end = _segment(data, place)
        place = end
        if marker == SOS:
            following = _NEXT_MARKER.search(data, end)
            if following is None:
                raise ValueError("no end of the JPEG image")
            place = following.start()
        yield Segment(
            marker,
            data[start + 4 : end],
            data[end:place].rstrip(b"\xff"),
            place,
        )


def _segment(data, place):
    """Returns marker, start and end of the segment at `place`."""
    while data[place : place + 2] == b"\xff\xff":
        place += 1  # Padding.
    if len(data) < place + 2 or data[place] != 0xFF:
        raise ValueError("no JPEG segment where one is due")
    marker = data[place + 1]
    if marker == EOI:
        return marker, place, place + 2
    if len(data) < place + 4:
        raise ValueError("a JPEG segment is cut off")
    (length,) = struct.unpack_from(">H", data, place + 2)
    end = place + 2 + length
    if length < 2 or end > len(data):
        raise ValueError("a JPEG segment is cut off")
    return marker, place, end


def first_scan(data):
    """Returns where the first compressed data of a JPEG file start and end.

    None where there are none, or no marker follows them. Padding before that
    marker is part of them.
    """
    place, marker = 2, SOI
    try:
        while marker != SOS:
            marker, _, place = _segment(data, place)
            if marker == EOI:
                return None
    except ValueError:
        return None
    following = _NEXT_MARKER.search(data, place)
    return following and (place, following.start())


def comments(data):
    """Returns the contents of the comment segments before the image data.

    Raises ValueError if the file does not consist of whole segments to there.
    """
    return [
        content for marker, content in _before_the_scan(data) if marker == COM
    ]


def frame_header(data):
    """Returns marker, bits of a sample, width, height, number of components.

    Of any JPEG: lossy, lossless or JPEG-LS. Raises ValueError if the file
    does not consist of whole segments to there.
    """
    for marker, content in _before_the_scan(data):
        if marker in FRAMES:
            if len(content) < 6:
                raise ValueError("a JPEG segment is cut off")
            bits, height, width, count = struct.unpack_from(">BHHB", content)
            return marker, bits, width, height, count
    raise ValueError("no frame header in the JPEG image")


def _before_the_scan(data):
    """Yields (marker, content) of the segments before the compressed data."""
    if data[:2] != bytes((0xFF, SOI)):
        raise ValueError("no start of a JPEG image")
    place = 2
    while True:
        marker, start, place = _segment(data, place)
        if marker in (SOS, EOI):
            return
        yield marker, data[start + 4 : place]


class Component(typing.NamedTuple):
    """A colour of a frame: its name, samples in an MCU, and quantisation."""

    name: int
    horizontal: int
    vertical: int
    table: int


class Frame(typing.NamedTuple):
    """A frame header: its kind, the size of the image, and its colours."""

    marker: int
    height: int
    width: int
    components: dict  # Name -> Component.


@functools.lru_cache(maxsize=64)  # Most files have the same few.
def quantisation(content):
    """Returns (key, bytes) of the tables of a DQT segment; or ValueError."""
    tables = []
    while content:
        length = 1 + COEFFICIENTS * (2 if content[0] >> 4 else 1)
        if len(content) < length:
            raise ValueError("a table is cut off")
        tables.append(((DQT, content[0] & 15), content[:length]))
        content = content[length:]
    return tuple(tables)


@functools.lru_cache(maxsize=64)  # Most files have the same few.
def huffman(content):
    """Returns (key, bytes) of the tables of a DHT segment.

    Raises ValueError; limits.NotKept if it names a symbol twice, as text
    that hides in it would.
    """
    tables = []
    while content:
        length = 17 + sum(content[1:17])
        if len(content) < max(length, 17):
            raise ValueError("a table is cut off")
        symbols = content[17:length]
        if len(set(symbols)) != len(symbols):
            raise limits.NotKept("a table that names a symbol twice")
        tables.append(((DHT, content[0]), content[:length]))
        content = content[length:]
    return tuple(tables)


def frame(marker, content):
    """Returns the Frame of a frame header.

    Raises:
        limits.NotKept: not of 8 bits and one or three colours, or names of
            colours that are not clear.
        ValueError: it is damaged.
    """
    bits, height, width, count = _unpacked(">BHHB", content)
    if bits != 8 or not height or not width or count not in (1, 3):
        raise limits.NotKept("not 8 bits of grey or three colours")
    if len(content) != 6 + 3 * count:
        raise ValueError("a frame header of another length")
    components = [
        Component(name, samples >> 4, samples & 15, table)
        for name, samples, table in groups(content[6:], 3)
    ]
    if not all(
        1 <= sampling <= 4
        for component in components
        for sampling in component[1:3]
    ):
        raise ValueError("a sampling that JPEG does not have")
    by_name = {component.name: component for component in components}
    if len(by_name) != count:
        raise limits.NotKept("two colours of one name")
    return Frame(marker, height, width, by_name)


def groups(content, size):
    """Returns tuples of `size` bytes, one after the other."""
    return zip(*(content[i::size] for i in range(size)), strict=True)


def _unpacked(layout, content):
    try:
        return struct.unpack_from(layout, content)
    except struct.error:
        raise ValueError("a JPEG segment is cut off") from None
