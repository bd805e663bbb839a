"""Fingerprints of images: equal files, equal pixels, pixels that look alike.

NumPy, Pillow and ImageHash only: worker processes take them while they have
an image's pixels at hand.
"""

import hashlib

import imagehash
import numpy as np
from PIL import Image

# Four times the side that the perceptual hash looks at: what averaging in
# blocks loses lies above its frequencies.
_WORKING_SIDE = 4 * 32
_HEX_DIGITS = 32  # 128 bits: no two different images will ever share them.
CONTENT_DIGITS = 16  # 64 bits, of raw images.


def content_hash(raw):
    """Returns the first 16 hex digits of the SHA-256 of a raw image.

    Args:
        raw: bytes of a file, or an array, whose values count.
    """
    if isinstance(raw, np.ndarray):
        raw = np.ascontiguousarray(raw)
    return hashlib.sha256(raw).hexdigest()[:CONTENT_DIGITS]


def of_pixels(pixels):
    """Returns pixel_hash and perceptual_hash, by which images are compared."""
    return pixel_hash(pixels), perceptual_hash(pixels)


def pixel_hash(pixels):
    """Returns 32 hex digits that are equal for identical arrays only.

    Shape, dtype and values count; the byte order of the machine does not.

    Args:
        pixels: (H, W) or (H, W, 3) of uint8 or uint16.
    """
    pixels = np.ascontiguousarray(pixels, pixels.dtype.newbyteorder("<"))
    # The fastest that hashlib has on processors with SHA units.
    digest = hashlib.sha256(f"{pixels.dtype.name} {pixels.shape} ".encode())
    digest.update(pixels)
    return digest.hexdigest()[:_HEX_DIGITS]


def perceptual_hash(pixels):
    """Returns the 64 bits of ImageHash's `phash`, its first bit the highest.

    A bit tells whether one of the 8x8 lowest frequencies (DCT) of the image,
    grey and reduced to 32x32, is above their median (Zauner 2010,
    "Implementation and benchmarking of perceptual image hash functions",
    section 3.2). So nearly always 32 bits are set, and hashes differ in an
    even number of bits.

    Args:
        pixels: (H, W) or (H, W, 3) of uint8 or uint16.
    """
    image = Image.fromarray(np.ascontiguousarray(in_8_bits(pixels)))
    # Large images are averaged in blocks first, which takes half the time and
    # changes two of the bits of one photograph in three, the others of none.
    factor = min(image.size) // _WORKING_SIDE
    if factor > 1:
        image = image.convert("L").reduce(factor)
    bits = imagehash.phash(image).hash
    return int.from_bytes(np.packbits(bits).tobytes(), "big")


def in_8_bits(pixels):
    """Returns `pixels` as uint8: 16 bits are stretched to all of 0..255.

    Few 16-bit images fill their range; the upper byte of a 12-bit one would
    keep 16 grey levels.
    """
    if pixels.dtype == np.uint8:
        return pixels
    low, high = int(pixels.min()), int(pixels.max())
    levels = np.linspace(0, 255, high - low + 1).round().astype(np.uint8)
    return levels[pixels - low]  # A table of levels: 20 times as fast.
