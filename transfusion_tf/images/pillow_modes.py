"""What Pillow has decoded -> grey or RGB of 8 bits, or grey of 16 bits."""

import sys

import numpy as np
from PIL import Image

from transfusion_tf.images import limits, png_rebuild

_GREY16 = ("I;16", "I;16B", "I;16L", "I;16N")
_UNLIKELY = (171, 84, 205, 118)  # The colour of a whole row.
# Pillow's images hold 8 bits of each colour: of 16, it reads the upper ones.
# Told that the bytes lie the other way round, it reads the lower ones.
_SWAPPED = {
    f"{mode};16{order}": f"{mode};16{other}"
    for mode in ("RGB", "RGBA")
    for order, other in (
        "BL",
        "LB",
        "NB" if sys.byteorder == "little" else "NL",
    )
}


def plain(image, tags=None):
    """Returns a decoded image as mode L or RGB, or as (H, W) uint16.

    Args:
        image: a Pillow image.
        tags: of a TIFF, its tiff_tags.Tags.

    Raises:
        limits.ImageError: its values cannot be used.
        Many other kinds, if Pillow cannot convert it.
    """
    if tags and tags.is_signed:
        _check_sign(image)
    if image.mode in _GREY16:
        values = np.asarray(image).astype(np.uint16)
        return tags.top - values if tags and tags.is_inverted else values
    if image.mode == "I":  # 32 bits; 16-bit TIFF comes so, too.
        values = np.asarray(image)
        if values.min() >= 0 and values.max() <= np.iinfo(np.uint16).max:
            return values.astype(np.uint16)
    if image.mode in ("I", "F"):
        raise limits.ImageError("pixel values beyond 16 bits")
    if image.mode in ("L", "RGB"):
        return image
    if image.mode == "P" and tags and tags.colours:
        image.putpalette(_by_colour(tags.colours))
    if image.mode == "La":  # Grey times alpha.
        image = image.convert("LA")
    try:
        return image.convert("L" if image.mode in ("1", "LA") else "RGB")
    except ValueError:
        raise limits.ImageError(
            f"colour mode {image.mode} is not known"
        ) from None


def load_rows(image, raw):
    """Decodes a PNG image; ValueError if it has fewer rows than it says.

    Pillow leaves missing rows as the image was before.
    """
    if not image.tile:
        return  # It has been decoded before.
    colour = _UNLIKELY[: len(image.getbands())]
    colour = colour if len(colour) > 1 else colour[0]
    missing = Image.new(image.mode, image.size, colour)
    before = _last_row(missing)
    image.im = missing.im
    image.load()
    # Those of an interlaced image are not all at its end.
    if png_rebuild.is_interlaced(raw) or _last_row(image) == before:
        png_rebuild.check_rows(raw)


def _last_row(image):
    """Returns the extrema of the last row of an image."""
    width, height = image.size
    return image.crop((0, height - 1, width, height)).getextrema()


def check_strips(image, tags):
    """Raises ImageError for a TIFF that is larger than its strips.

    Pillow would leave the rest black. `tags`: its tiff_tags.Tags.
    """
    area = sum(
        (right - left) * (bottom - top)
        for _, (left, top, right, bottom), *_ in image.tile
    )
    if area < image.width * image.height * tags.num_planes:
        raise limits.ImageError("damaged or cut off (strips are missing)")


def has_colour16(image):
    """Whether a file, not yet decoded, has 16 bits of each colour.

    Raises ImageError where all of them cannot be read.
    """
    if image.mode in (*_GREY16, "I", "F") or not image.tile:
        return False
    args = [_arguments(tile) for tile in image.tile]
    if image.format == "PPM":  # Mode and largest value.
        has16 = len(args[0]) == 2 and args[0][1] > 255
    else:
        # In BGR;16 all colours of a pixel have 16 bits together.
        has16 = any(
            ";16" in str(arg[0]) and not str(arg[0]).startswith("BGR")
            for arg in args
        )
    if has16 and not all(arg[0] in _SWAPPED for arg in args):
        raise limits.ImageError(
            "16 bits of each colour, of which only the upper 8 can be read in "
            "this form; RGB as PNG or TIFF can be read"
        )
    return has16


def swap_halves(image):
    """Makes Pillow read the lower 8 bits of each colour, not the upper."""
    image.tile = [_swapped(tile) for tile in image.tile]


def _arguments(tile):
    """Returns the decoder's arguments of a part of an image, as a tuple."""
    return tile[3] if isinstance(tile[3], tuple) else (tile[3],)


def _swapped(tile):
    mode, *others = _arguments(tile)
    arguments = (_SWAPPED[mode], *others) if others else _SWAPPED[mode]
    # A plain tuple in older versions of Pillow, a named one since.
    make = getattr(type(tile), "_make", tuple)
    return make((*tile[:3], arguments))


def _by_colour(entries):
    """Returns all reds, greens and blues as bytes, colour by colour."""
    return np.reshape(entries, (3, -1)).T.astype(np.uint8).tobytes()


def _check_sign(image):
    """Raises ImageError for signed values below 0.

    Pillow takes those of 8 bits for unsigned ones.
    """
    values = np.asarray(image)
    if values.dtype == np.uint8:
        values = values.view(np.int8)
    if values.min() < 0:
        raise limits.ImageError(
            "signed values (SampleFormat 2), some of them below 0; save them "
            "as unsigned, shifted alike in all files"
        )
