"""PNG files made anew around their compressed pixels, which stay as they are.

Pillow reads files that libpng, TensorFlow's decoder, refuses: it looks at no
checksum of the pixels and leaves missing rows black. What `rebuilt` returns
was looked at as closely as libpng does, so that it decodes there, too;
tests/images/test_decodable.py compares both on damaged files.
"""

import struct
import typing
import zlib

import numpy as np

from transfusion_tf.images import limits

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_GREY, _RGB = 0, 2
_SAMPLES = {_GREY: 1, _RGB: 3, 3: 1, 4: 2, 6: 4}  # Of each colour type.
# Of the seven passes of an interlaced image: first column and row, steps.
_ADAM7 = (
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
)
_LAST_FILTER = 4  # A row begins with how it was filtered: 0 to 4.
_WINDOW_BITS = 8  # Added to what a zlib stream says of its window.


class Chunk(typing.NamedTuple):
    """A chunk of a PNG file.

    Attributes:
        kind: four bytes.
        content: without length, kind and checksum.
        is_sound: whether the checksum is that of the content.
        end: where in the file the next chunk starts.
    """

    kind: bytes
    content: bytes
    is_sound: bool
    end: int


class _Rows(typing.NamedTuple):
    """The pixels of a PNG file, decompressed."""

    header: tuple  # Width, height, depth, colour type, three methods.
    parts: list  # Contents of the IDAT chunks.
    content: bytes  # All rows, filtered, one after the other.
    rest: int  # Bytes of `parts` after the end of the compressed data.
    is_sound: bool  # All checksums are there and right.


def chunks(data):
    """Yields the Chunks of a PNG file; the last is IEND.

    Raises ValueError if the file does not consist of whole chunks.
    """
    if not data.startswith(SIGNATURE):
        raise ValueError("no start of a PNG image")
    place, kind = len(SIGNATURE), b""
    while kind != b"IEND":
        if len(data) < place + 12:
            raise ValueError("no end of the PNG image")
        length, kind = struct.unpack_from(">I4s", data, place)
        start, end = place + 8, place + 8 + length
        place = end + 4
        if place > len(data):
            raise ValueError("a PNG chunk is cut off")
        checksum = zlib.crc32(data[start - 4 : end])
        yield Chunk(
            kind,
            data[start:end],
            struct.unpack_from(">I", data, end) == (checksum,),
            place,
        )


def rebuilt(data):
    """Returns the PNG file `data` with what decoding needs, and nothing else.

    That is the header and the compressed pixels; texts, colour profiles (which
    TensorFlow does not look at), private chunks and all bytes after an end go.

    Raises:
        limits.NotKept: decoders may not agree about the file.
        ValueError: it is damaged, or cut off.
    """
    rows = _rows(data)
    width, height, depth, colour_type, *methods = rows.header
    if colour_type not in (_GREY, _RGB) or depth not in (8, 16):
        raise limits.NotKept("neither grey nor RGB of whole bytes")
    if methods[:2] != [0, 0] or methods[2] > 1:
        raise limits.NotKept("methods that PNG does not have")
    lengths = _lengths(rows.header)
    size = sum(count * (1 + length) for count, length in lengths)
    if not rows.is_sound:
        raise limits.NotKept("a checksum that is wrong or missing")
    if len(rows.content) != size:
        raise limits.NotKept("compressed data of another length")
    if _largest_filter(rows.content, lengths) > _LAST_FILTER:
        raise ValueError("a filter that PNG does not have")
    # A decoder may keep no more of what it has written than the stream says.
    window = 1 << (rows.parts[0][0] >> 4) + _WINDOW_BITS
    if window < min(size, 1 << zlib.MAX_WBITS):
        raise limits.NotKept("compressed data of an uncommon window")
    header = struct.pack(">IIBBBBB", *rows.header)
    compressed = _without_end(rows.parts, rows.rest)
    return png([(b"IHDR", header), *((b"IDAT", part) for part in compressed)])


def png(chunks):
    """Returns a PNG file of (kind, content), to which the last is added."""
    return SIGNATURE + b"".join(
        struct.pack(">I", len(content))
        + kind
        + content
        + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in (*chunks, (b"IEND", b""))
    )


def check_rows(data):
    """Raises ValueError if a PNG file has fewer rows than its header says."""
    _rows(data)


def is_interlaced(data):
    """Whether rows of a PNG file come in several passes."""
    return data[28:29] != b"\0"


def _rows(data):
    """Returns the _Rows of a PNG file; ValueError if it is not whole."""
    header, parts, is_sound = None, [], True
    for chunk in chunks(data):
        if chunk.kind == b"IHDR" and len(chunk.content) == 13:
            header = struct.unpack(">IIBBBBB", chunk.content)
        elif chunk.kind != b"IDAT":
            continue
        elif chunk.content:
            parts.append(chunk.content)
        is_sound = is_sound and chunk.is_sound
    if not header or not parts or header[3] not in _SAMPLES:
        raise ValueError("no header or no pixels in the PNG image")
    lengths = _lengths(header)
    size = sum(count * (1 + length) for count, length in lengths)
    inflate = zlib.decompressobj()
    # One byte more, which an image does not have, and the checksum after it.
    content = inflate.decompress(b"".join(parts), size + 1)
    if len(content) < size:
        raise ValueError("rows are missing")
    rest = len(inflate.unused_data)
    return _Rows(header, parts, content, rest, is_sound and inflate.eof)


def _lengths(header):
    """Returns (rows, bytes of a row) for each pass over the image."""
    width, height, depth, colour_type, *_, interlaced = header
    bits = depth * _SAMPLES[colour_type]
    passes = _ADAM7 if interlaced else ((0, 0, 1, 1),)
    sizes = (
        (-(-(width - x) // step_x), -(-(height - y) // step_y))
        for x, y, step_x, step_y in passes
    )
    return [
        (rows, -(-columns * bits // 8))
        for columns, rows in sizes
        if columns > 0 and rows > 0
    ]


def _largest_filter(content, lengths):
    values, place, largest = np.frombuffer(content, np.uint8), 0, 0
    for count, length in lengths:
        end = place + count * (1 + length)
        largest = max(largest, int(values[place : end : 1 + length].max()))
        place = end
    return largest


def _without_end(parts, rest):
    """Returns `parts` without their last `rest` bytes."""
    parts = list(parts)
    while rest >= len(parts[-1]):
        rest -= len(parts.pop())
    if rest:
        parts[-1] = parts[-1][:-rest]
    return parts
