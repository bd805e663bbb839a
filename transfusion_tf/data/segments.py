"""Takes the metadata out of JPEG and PNG files without touching the image.

What stays is named; everything else goes, so that a kind of metadata nobody
thought of (a maker's note, a private chunk) goes too.
"""

import re
import struct

_SOI, _EOI, _SOS, _COM = 0xD8, 0xD9, 0xDA, 0xFE
_APP0, _APP2, _APP14, _APP15 = 0xE0, 0xE2, 0xEE, 0xEF
# C4, C8 and CC are tables and reserved; F7 is that of JPEG-LS.
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC} | {0xF7}
# In the compressed data 0xFF is followed by 0 or a restart marker (D0-D7);
# any other byte starts the next segment. 0xFF before a marker is padding.
_NEXT_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
# The image, and what tells a viewer how to show its values.
_PNG_KEPT = frozenset(
    (
        b"IHDR",
        b"PLTE",
        b"IDAT",
        b"IEND",
        b"tRNS",
        b"gAMA",
        b"cHRM",
        b"sRGB",
        b"iCCP",
        b"cICP",
        b"sBIT",
        b"pHYs",
    )
)


def strip_jpeg(data):
    """Returns the JPEG file `data` without comments and application data.

    Kept are the JFIF header (APP0, without its thumbnail), ICC profiles
    (APP2) and Adobe's colour transform (APP14), which change how the image
    decodes. Bytes after the end of the image go. Raises ValueError if the
    file does not consist of whole segments, from start to end of image.
    """
    if data[:2] != bytes((0xFF, _SOI)):
        raise ValueError("no start of a JPEG image")
    kept, place = [data[:2]], 2
    while True:
        marker, start, end = _segment(data, place)
        if marker == _EOI:
            return b"".join((*kept, b"\xff\xd9"))
        if marker == _SOS:
            following = _NEXT_MARKER.search(data, end)
            if following is None:
                raise ValueError("no end of the JPEG image")
            end = following.start()
        kept.append(_kept_segment(marker, data[start:end]))
        place = end


def _segment(data, place):
    """Returns marker, start and end of the segment at `place`."""
    while data[place : place + 2] == b"\xff\xff":
        place += 1  # Padding.
    if len(data) < place + 2 or data[place] != 0xFF:
        raise ValueError("no JPEG segment where one is due")
    marker = data[place + 1]
    if marker == _EOI:
        return marker, place, place + 2
    if len(data) < place + 4:
        raise ValueError("a JPEG segment is cut off")
    (length,) = struct.unpack_from(">H", data, place + 2)
    end = place + 2 + length
    if length < 2 or end > len(data):
        raise ValueError("a JPEG segment is cut off")
    return marker, place, end


def _kept_segment(marker, segment):
    """Returns what is left of `segment` (marker, length, content)."""
    content = segment[4:]
    if marker == _APP0 and content[:5] == b"JFIF\0" and len(content) >= 14:
        # Version, units and density; then a thumbnail of 0 x 0.
        return b"\xff\xe0\x00\x10" + content[:12] + b"\0\0"
    if marker == _APP2 and content.startswith(b"ICC_PROFILE\0"):
        return segment
    if marker == _APP14 and content.startswith(b"Adobe"):
        return segment
    is_metadata = marker == _COM or _APP0 <= marker <= _APP15
    return b"" if is_metadata else segment


def jpeg_comments(data):
    """Returns the contents of the comment segments before the image data.

    Raises ValueError if the file does not consist of whole segments to there.
    """
    if data[:2] != bytes((0xFF, _SOI)):
        raise ValueError("no start of a JPEG image")
    comments, place = [], 2
    while True:
        marker, start, end = _segment(data, place)
        if marker in (_SOS, _EOI):
            return comments
        if marker == _COM:
            comments.append(data[start + 4 : end])
        place = end


def jpeg_size(data):
    """Returns width, height and number of components from the frame header.

    Of any JPEG: lossy, lossless or JPEG-LS. Raises ValueError if the file
    does not consist of whole segments to there.
    """
    place = 2
    while True:
        marker, start, end = _segment(data, place)
        if marker in (_SOS, _EOI):
            raise ValueError("no frame header in the JPEG image")
        if marker in _FRAMES:
            content = data[start + 4 : end]
            if len(content) < 6:
                raise ValueError("a JPEG segment is cut off")
            _, height, width, components = struct.unpack_from(">BHHB", content)
            return width, height, components
        place = end


def strip_png(data):
    """Returns the PNG file `data` with the chunks of image and colour only.

    Texts, Exif, times, animation and private chunks go, and so do bytes after
    the end. Raises ValueError if the file does not consist of whole chunks.
    """
    if not data.startswith(PNG_SIGNATURE):
        raise ValueError("no start of a PNG image")
    kept, place = [PNG_SIGNATURE], len(PNG_SIGNATURE)
    while True:
        if len(data) < place + 12:
            raise ValueError("no end of the PNG image")
        length, kind = struct.unpack_from(">I4s", data, place)
        end = place + 12 + length  # Length, kind, content, checksum.
        if end > len(data):
            raise ValueError("a PNG chunk is cut off")
        if kind in _PNG_KEPT:
            kept.append(data[place:end])
        if kind == b"IEND":
            return b"".join(kept)
        place = end


def metadata(data):
    """Returns what a JPEG or PNG file holds besides the image, in order.

    Returns:
        List of (name, content, stays): a segment or chunk ("APP1", "COM",
        "tEXt", ...; "trailer": the bytes after the end), and whether
        `strip_jpeg` or `strip_png` keeps it as it is.

    Raises:
        ValueError: neither JPEG nor PNG, or not made of whole parts.
    """
    if data.startswith(PNG_SIGNATURE):
        found, end = _png_metadata(data)
    else:
        found, end = _jpeg_metadata(data)
    trailer = [("trailer", data[end:], False)] if end < len(data) else []
    return found + trailer


def _jpeg_metadata(data):
    if data[:2] != bytes((0xFF, _SOI)):
        raise ValueError("neither JPEG nor PNG")
    found, place = [], 2
    while True:
        marker, start, end = _segment(data, place)
        if marker == _EOI:
            return found, end
        if marker == _SOS:
            following = _NEXT_MARKER.search(data, end)
            if following is None:
                raise ValueError("no end of the JPEG image")
            end = following.start()
        elif marker == _COM or _APP0 <= marker <= _APP15:
            segment = data[start:end]
            stays = _kept_segment(marker, segment) == segment
            name = "COM" if marker == _COM else f"APP{marker - _APP0}"
            found.append((name, segment[4:], stays))
        place = end


def _png_metadata(data):
    found, place = [], len(PNG_SIGNATURE)
    while True:
        if len(data) < place + 12:
            raise ValueError("no end of the PNG image")
        length, kind = struct.unpack_from(">I4s", data, place)
        content = data[place + 8 : place + 8 + length]
        place += 12 + length
        if place > len(data):
            raise ValueError("a PNG chunk is cut off")
        if kind == b"iCCP" or kind not in _PNG_KEPT:
            name = kind.decode("latin-1")
            found.append((name, content, kind in _PNG_KEPT))
        if kind == b"IEND":
            return found, place
