"""Pixels -> JPEG or PNG bytes, of which all values but no metadata are left."""

import io
import struct
import zlib

import numpy as np
from PIL import Image

from transfusion_tf.images import png_rebuild

JPEG_QUALITY = 95

_JPEG = b"\xff\xd8"
_COLOUR = 2  # PNG's colour type without alpha or palette.


def encode(pixels, *, as_jpeg):
    """Returns the bytes of (H, W) or (H, W, 3), uint8 or uint16.

    JPEG at JPEG_QUALITY with full colour resolution if `as_jpeg` and 8 bits,
    else PNG.
    """
    # Made from the bare pixels: Pillow copies comments and profiles of an
    # image that it has read into the file that it writes.
    if pixels.dtype == np.uint16 and pixels.ndim == 3:
        return _png16_colour(pixels)
    buffer = io.BytesIO()
    image = Image.fromarray(np.ascontiguousarray(pixels))
    if as_jpeg and pixels.dtype == np.uint8:
        image.save(buffer, "JPEG", quality=JPEG_QUALITY, subsampling="4:4:4")
    else:
        image.save(buffer, "PNG")
    return buffer.getvalue()


def decoded(data, pixels):
    """Returns what `data` decode to, which `encode` has made of `pixels`.

    Those of JPEG are not quite the same.
    """
    if not data.startswith(_JPEG):
        return pixels
    # Bytes of our own: the decoder alone, without Pillow's reading of headers,
    # takes two thirds of the time.
    mode, size = "L" if pixels.ndim == 2 else "RGB", pixels.shape[1::-1]
    return np.asarray(Image.frombytes(mode, size, data, "jpeg", mode, ""))


def _png16_colour(pixels):
    """Returns (H, W, 3) uint16 as PNG, which Pillow cannot write."""
    height, width, _ = pixels.shape
    # Each row starts with its filter type, 0: values as they are.
    rows = pixels.astype(">u2").reshape(height, -1).view(np.uint8)
    rows = np.pad(rows, [(0, 0), (1, 0)])
    header = struct.pack(">IIBBBBB", width, height, 16, _COLOUR, 0, 0, 0)
    return png_rebuild.png(
        [(b"IHDR", header), (b"IDAT", zlib.compress(rows.tobytes()))]
    )
