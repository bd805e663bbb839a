"""Antialiased resizing of arrays of 8 and 16 bits to a square."""

import numpy as np
from PIL import Image

MODES = ("stretch", "fit", "crop")


def resize(pixels, *, image_size, mode, extent=None):
    """Resizes (H, W) or (H, W, C) uint8 or uint16 to a square, antialiased.

    Args:
        pixels: the array, or a Pillow image of mode L or RGB.
        image_size: side of the square in pixels.
        mode: "stretch" ignores the aspect ratio, "fit" adds black margins,
            "crop" cuts the longer side.
        extent: (width, height) of the picture in pixels of the array; None:
            all of it. A picture decoded at a reduced scale ends inside the
            last pixel where its size is no multiple of the scale.
    """
    width, height = extent or np.shape(pixels)[1::-1]
    box, new_size = (0, 0, width, height), (image_size, image_size)
    if mode == "crop":
        side = min(width, height)
        left, top = (width - side) / 2, (height - side) / 2
        box = (left, top, left + side, top + side)
    elif mode == "fit":
        scale = image_size / max(width, height)
        new_size = (max(1, round(width * scale)), max(1, round(height * scale)))
    scaled = scale_box(pixels, new_size, box)
    if mode != "fit":
        return scaled
    margins = [(image_size - n) for n in scaled.shape[:2]]
    padding = [(m // 2, m - m // 2) for m in margins]
    return np.pad(scaled, padding + [(0, 0)] * (scaled.ndim - 2))


def scale_box(pixels, new_size, box):
    """Scales the part `box` (left, top, right, bottom) of an array.

    Args:
        pixels: (H, W) or (H, W, C), uint8 or uint16; or a Pillow image.
        new_size: (width, height) of the result.
        box: in pixels, may be fractions; inside the array.
    """
    bicubic = Image.Resampling.BICUBIC
    if isinstance(pixels, Image.Image):
        return np.asarray(pixels.resize(new_size, bicubic, box))
    if pixels.dtype == np.uint8:
        image = Image.fromarray(np.ascontiguousarray(pixels))
        return scale_box(image, new_size, box)
    if pixels.ndim == 3:  # Pillow has no 16-bit colour: one by one.
        channels = np.moveaxis(pixels, -1, 0)
        return np.stack(
            [scale_box(c, new_size, box) for c in channels], axis=-1
        )
    image = Image.fromarray(pixels.astype(np.float32))
    values = np.asarray(image.resize(new_size, bicubic, box))
    return values.round().clip(0, np.iinfo(np.uint16).max).astype(np.uint16)
