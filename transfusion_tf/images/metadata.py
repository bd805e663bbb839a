"""The parts of JPEG and PNG files: segments and chunks, one after the other.

What of them goes into records is decided in jpeg_rebuild and png_rebuild.
"""

import re
import struct
import typing
import zlib

SOI, EOI, SOS, COM = 0xD8, 0xD9, 0xDA, 0xFE
APP0, APP14, APP15 = 0xE0, 0xEE, 0xEF
# C4, C8 and CC are tables and reserved; F7 is that of JPEG-LS.
FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC} | {0xF7}
DHT, DQT, DRI = 0xC4, 0xDB, 0xDD
NEEDED = frozenset((DHT, DQT, DRI, SOS))  # Beside frames.
# In the compressed data 0xFF is followed by 0 or a restart marker (D0-D7);
# any other byte starts the next segment. 0xFF before a marker is padding.
_NEXT_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")

_AT_A_TIME = 2**20  # Bytes to inflate, of which none are kept.

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


class NotKept(ValueError):
    """Not to be copied into records: decoders may not agree about the file.

    Or it hides something. What Pillow makes of it can be encoded anew.
    """


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


def jpeg_segments(data):
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


def jpeg_comments(data):
    """Returns the contents of the comment segments before the image data.

    Raises ValueError if the file does not consist of whole segments to there.
    """
    comments = []
    for marker, content in _before_the_scan(data):
        if marker == COM:
            comments.append(content)
    return comments


def jpeg_size(data):
    """Returns width, height and number of components from the frame header.

    Of any JPEG: lossy, lossless or JPEG-LS. Raises ValueError if the file
    does not consist of whole segments to there.
    """
    return jpeg_frame(data)[2:]


def jpeg_frame(data):
    """Returns marker, bits of a sample, width, height, number of components.

    Raises ValueError as `jpeg_size` does.
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


def png_chunks(data):
    """Yields the Chunks of a PNG file; the last is IEND.

    Raises ValueError if the file does not consist of whole chunks.
    """
    if not data.startswith(PNG_SIGNATURE):
        raise ValueError("no start of a PNG image")
    place, kind = len(PNG_SIGNATURE), b""
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


def metadata(data):
    """Returns what a JPEG or PNG file holds besides the image, in order.

    Returns:
        List of (name, content, stays): a segment or chunk ("APP1", "COM",
        "tEXt", ...; "trailer": the bytes after an end), and whether it is
        what the files in records have: how colours were transformed.

    Raises:
        ValueError: neither JPEG nor PNG, or not made of whole parts.
    """
    is_png = data.startswith(PNG_SIGNATURE)
    if not is_png and data[:2] != bytes((0xFF, SOI)):
        raise ValueError("neither JPEG nor PNG")
    found = _png_metadata(data) if is_png else _jpeg_metadata(data)
    return [part for part in found if part[0] != "trailer" or part[1]]


def _jpeg_metadata(data):
    for marker, content, _, end in jpeg_segments(data):
        if marker == EOI:
            yield "trailer", data[end:], False
        elif APP0 <= marker <= APP15:
            stays = (marker == APP0 and len(content) == 14) or (
                marker == APP14 and len(content) == 12
            )
            stays = stays and content.startswith((b"JFIF\0", b"Adobe"))
            yield f"APP{marker - APP0}", content, stays
        elif marker not in FRAMES and marker not in NEEDED:
            name = "COM" if marker == COM else f"marker {marker:02X}"
            yield name, content, False


def _png_metadata(data):
    inflate, ended = zlib.decompressobj(), False
    for kind, content, _, end in png_chunks(data):
        if kind == b"IDAT":
            rest = content if ended else _after_the_end(inflate, content)
            ended = inflate.eof
            yield "trailer", rest, False
        elif kind != b"IHDR" and (kind != b"IEND" or content):
            yield kind.decode("latin-1"), content, False
        if kind == b"IEND":
            yield "trailer", data[end:], False


def _after_the_end(inflate, content):
    """Returns what follows the end of a zlib stream in its last part."""
    try:
        while content and not inflate.eof:
            inflate.decompress(content, _AT_A_TIME)
            content = inflate.unconsumed_tail
    except zlib.error:
        raise ValueError("damaged data of the PNG image") from None
    return inflate.unused_data
