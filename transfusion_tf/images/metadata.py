"""What JPEG and PNG files hold besides the image."""

import zlib

from transfusion_tf.images import jpeg_parts, png_rebuild

_AT_A_TIME = 2**20  # Bytes to inflate, of which none are kept.


def metadata(data):
    """Returns what a JPEG or PNG file holds besides the image, in order.

    Returns:
        List of (name, content, stays): a segment or chunk ("APP1", "COM",
        "tEXt", ...; "trailer": the bytes after an end), and whether it is
        what the files in records have: how colours were transformed.

    Raises:
        ValueError: neither JPEG nor PNG, or not made of whole parts.
    """
    is_png = data.startswith(png_rebuild.SIGNATURE)
    if not is_png and data[:2] != bytes((0xFF, jpeg_parts.SOI)):
        raise ValueError("neither JPEG nor PNG")
    found = _png_metadata(data) if is_png else _jpeg_metadata(data)
    return [part for part in found if part[0] != "trailer" or part[1]]


def _jpeg_metadata(data):
    for marker, content, _, end in jpeg_parts.segments(data):
        if marker == jpeg_parts.EOI:
            yield "trailer", data[end:], False
        elif jpeg_parts.APP0 <= marker <= jpeg_parts.APP15:
            stays = (marker == jpeg_parts.APP0 and len(content) == 14) or (
                marker == jpeg_parts.APP14 and len(content) == 12
            )
            stays = stays and content.startswith((b"JFIF\0", b"Adobe"))
            yield f"APP{marker - jpeg_parts.APP0}", content, stays
        elif marker not in jpeg_parts.FRAMES | jpeg_parts.NEEDED:
            name = "COM" if marker == jpeg_parts.COM else f"marker {marker:02X}"
            yield name, content, False


def _png_metadata(data):
    inflate, ended = zlib.decompressobj(), False
    for kind, content, _, end in png_rebuild.chunks(data):
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
