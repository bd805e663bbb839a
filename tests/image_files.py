"""JPEG and PNG files for tests, and the parts to make odd ones of."""

import io
import struct
import zlib

import numpy as np
from PIL import Image

SECRET = b"patient 4711"


def encoded(pixels, file_format="PNG", mode=None, **options):
    """The bytes of an image file of an array or Pillow image."""
    is_image = isinstance(pixels, Image.Image)
    image = pixels if is_image else Image.fromarray(pixels)
    buffer = io.BytesIO()
    (image.convert(mode) if mode else image).save(
        buffer, file_format, **options
    )
    return buffer.getvalue()


def colours(width=24, height=16):
    """(height, width, 3) uint8, smooth, so that decoded pixels tell much."""
    y, x = np.mgrid[:height, :width]
    return np.stack([x * 9, y * 9, x + y], axis=-1).astype(np.uint8)


def make_file(file_format, size=(24, 16), **options):
    return encoded(colours(*size), file_format, **options)


def pixels_of(data):
    """What Pillow decodes."""
    return np.asarray(Image.open(io.BytesIO(data)))


def jpeg_segment(marker, content):
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


def png_chunk(kind, content):
    checksum = zlib.crc32(kind + content)
    return struct.pack(
        f">I4s{len(content)}sI", len(content), kind, content, checksum
    )


def png(width, height, compressed, *, depth=8, colour_type=2, interlaced=0):
    """A PNG file of compressed rows, of which nothing is checked."""
    header = struct.pack(
        ">IIBBBBB", width, height, depth, colour_type, 0, 0, interlaced
    )
    parts = [compressed] if isinstance(compressed, bytes) else compressed
    return b"".join(
        [
            b"\x89PNG\r\n\x1a\n",
            png_chunk(b"IHDR", header),
            *(png_chunk(b"IDAT", part) for part in parts),
            png_chunk(b"IEND", b""),
        ]
    )


def rows(pixels, filter_type=0):
    """The rows of an array (H, W, ...) of uint8 as PNG has them."""
    return b"".join(bytes([filter_type]) + row.tobytes() for row in pixels)


def interlaced_rows(pixels):
    """Those of the seven passes of an interlaced image."""
    starts = ((0, 0), (0, 4), (4, 0), (0, 2), (2, 0), (0, 1), (1, 0))
    steps = ((8, 8), (8, 8), (8, 4), (4, 4), (4, 2), (2, 2), (2, 1))
    return b"".join(
        rows(pixels[y::down, x::across])
        for (y, x), (down, across) in zip(starts, steps, strict=True)
        if pixels[y::down, x::across].size
    )
