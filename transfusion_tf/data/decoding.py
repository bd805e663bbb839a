"""Image files -> arrays of pixels, with Pillow. DICOM: see dicom.py."""

import functools
import io
import sys

import numpy as np
from PIL import Image

from transfusion_tf import files
from transfusion_tf.data import limits, segments

# Named, because Pillow knows dozens, one of which (EPS) starts a program.
FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")

# Pixels of the reduced decoding per pixel of the result, at least. Libjpeg
# decodes at 1/2, 1/4 or 1/8 at a fraction of the cost. At 1.5 the result
# differs from that of the full decoding by at least 50 dB (PSNR; 20 IDRiD
# photographs, qualities 75 and 95, 1/2 and 1/4), 7 dB less than what writing
# it as JPEG of quality 95 changes. Without spare pixels (1.0 to 1.1) only
# 2.5 dB are left. tests/data/test_decoding.py holds it to that.
SPARE_PIXELS = 1.5

_ORIENTATION = 0x0112  # The Exif tag.
_UPRIGHT = {  # Exif orientation -> what makes an array upright.
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: np.rot90(a, -1),
    7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
    8: np.rot90,
}
_GREY16 = ("I;16", "I;16B", "I;16L", "I;16N")
_PNG_GREY, _PNG_COLOUR = 0, 2  # PNG's colour types without alpha or palette.
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


def reduction(shrinkage):
    """Returns at which fraction, 1/n, a JPEG may be decoded: n of 8, 4, 2, 1.

    Args:
        shrinkage: how many pixels of the file become one of the result.
    """
    return next(
        n for n in (8, 4, 2, 1) if n == 1 or shrinkage >= n * SPARE_PIXELS
    )


class ImageFile:
    """An image file whose header has been read and found possible.

    Attributes:
        width, height: in pixels, as stored, not turned.
        is_jpeg: whether it is a JPEG file.
    """

    def __init__(self, raw, *, frame=None):
        """Reads the header.

        Args:
            raw: bytes of the file.
            frame: which of several images, from 0; None: there must be one.

        Raises:
            limits.ImageError: it is no image, too large, or not one image.
        """
        self._raw, self._frame = raw, frame
        if not raw:
            raise limits.ImageError("an empty file")
        self._image = self._opened()
        self.width, self.height = self._image.size
        self.is_jpeg = self._image.format in ("JPEG", "MPO")

    def _opened(self):
        with limits.refusing_damage(_reason):
            try:
                image = Image.open(io.BytesIO(self._raw), formats=FORMATS)
            except Image.UnidentifiedImageError:
                raise limits.ImageError(
                    "not an image of a known format"
                ) from None
            limits.check_size(*image.size)
            # A burst or panorama's further pictures are JPEG's (MPO) only.
            frames = 1 if image.format == "MPO" else _num_frames(image)
            limits.check_frame(frames, self._frame)
            if self._frame:
                image.seek(self._frame)
                limits.check_size(*image.size)
        return image

    def again(self):
        """Returns the same file, not yet decoded."""
        return type(self)(self._raw, frame=self._frame)

    def picture(self, reduction=1):
        """Returns the picture, wholly decoded, as stored (not turned).

        Args:
            reduction: 1; for JPEG also 2, 4 or 8: the array has a 1/n-th of
                the width and height, rounded up.

        Returns:
            Of 8 bits, a Pillow image of mode L or RGB, because resizing takes
            that as it is; of 16, an array (H, W) or (H, W, 3) of uint16.
            `numpy.asarray` makes an array of both.

        Raises:
            limits.ImageError: damaged, or of a kind that cannot be used.
        """
        image = self._image
        if self.is_jpeg and reduction > 1:
            # Without a mode: it must not turn grey into colours.
            image.draft(
                None, (self.width // reduction, self.height // reduction)
            )
        if _is_colour16(image):
            return self._colour16()
        _check_strips(image)
        with limits.refusing_damage(_reason):
            image.load()
        return _plain(image)

    @property
    def is_upright(self):
        """Whether the decoded pixels need no turning."""
        return self._orientation not in _UPRIGHT

    def upright(self, pixels):
        """Returns the decoded pixels, or a square of them, turned upright."""
        if self.is_upright:
            return pixels
        return np.ascontiguousarray(_UPRIGHT[self._orientation](pixels))

    @functools.cached_property
    def _orientation(self):
        with limits.refusing_damage(_reason):
            return _exif(self._image).get(_ORIENTATION)

    def is_plain(self):
        """Whether every decoder of records reads the decoded file alike."""
        if "transparency" in self._image.info:
            return False
        if self._image.format == "PNG":
            depth, colour_type = self._raw[24:26]
            return depth in (8, 16) and colour_type in (
                _PNG_GREY,
                _PNG_COLOUR,
            )
        return self.is_jpeg and self._image.mode in ("L", "RGB")

    def stripped(self):
        """Returns the bytes of a plain file without its metadata."""
        strip = segments.strip_jpeg if self.is_jpeg else segments.strip_png
        with limits.refusing_damage(_reason):
            return strip(self._raw)

    def _colour16(self):
        """Returns (H, W, 3) uint16: upper and lower bytes read apart."""
        halves = []
        for swapped in (False, True):
            image = self._opened()
            _check_strips(image)
            with limits.refusing_damage(_reason):
                if swapped:
                    image.tile = [_swapped(tile) for tile in image.tile]
                image.load()
            # An alpha channel goes, as with 8 bits.
            halves.append(np.asarray(image)[..., :3].astype(np.uint16))
        self._image = image
        upper, lower = halves
        return upper << 8 | lower


def _num_frames(image):
    return getattr(image, "n_frames", 1)


def _exif(image):
    try:
        return image.getexif()
    except limits.DAMAGE:
        return {}  # Exif that viewers cannot read either.


def _check_strips(image):
    """Raises ImageError for a TIFF that is larger than its strips.

    Pillow would leave the rest black.
    """
    if image.format == "TIFF":
        boxes = [tile[1] for tile in image.tile]
        area = sum((x1 - x0) * (y1 - y0) for x0, y0, x1, y1 in boxes)
        if area < image.width * image.height:
            raise limits.ImageError("damaged or cut off (strips are missing)")


def _is_colour16(image):
    """Whether the file has 16 bits of each colour; ImageError if unreadable."""
    if image.mode in (*_GREY16, "I", "F") or not image.tile:
        return False
    args = [_arguments(tile) for tile in image.tile]
    if image.format == "PPM":  # Mode and largest value.
        has16 = len(args[0]) == 2 and args[0][1] > 255
    else:
        has16 = any(";16" in str(arg[0]) for arg in args)
    if has16 and not all(arg[0] in _SWAPPED for arg in args):
        raise limits.ImageError(
            "16 bits of each colour, of which only the upper 8 can be read in "
            "this form; RGB as PNG or TIFF can be read"
        )
    return has16


def _arguments(tile):
    """Returns the decoder's arguments of a part of an image, as a tuple."""
    return tile[3] if isinstance(tile[3], tuple) else (tile[3],)


def _swapped(tile):
    mode, *others = _arguments(tile)
    arguments = (_SWAPPED[mode], *others) if others else _SWAPPED[mode]
    # A plain tuple in older versions of Pillow, a named one since.
    make = getattr(type(tile), "_make", tuple)
    return make((*tile[:3], arguments))


def _plain(image):
    """Returns a decoded image as mode L or RGB, or as (H, W) uint16."""
    if image.mode in _GREY16:
        return np.asarray(image).astype(np.uint16)
    if image.mode == "I":  # 32 bits; 16-bit TIFF comes so, too.
        values = np.asarray(image)
        if values.min() >= 0 and values.max() <= np.iinfo(np.uint16).max:
            return values.astype(np.uint16)
    if image.mode in ("I", "F"):
        raise limits.ImageError("pixel values beyond 16 bits")
    if image.mode in ("L", "RGB"):
        return image
    grey = image.mode in ("1", "LA", "La")
    try:
        return image.convert("L" if grey else "RGB")
    except ValueError:
        raise limits.ImageError(
            f"colour mode {image.mode} is not known"
        ) from None


def _reason(error):
    """One line about `error`, without the addresses that Pillow prints."""
    text = files.one_line(error)
    return type(error).__name__ if "<" in text or not text else text
