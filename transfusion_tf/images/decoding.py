"""Image files -> arrays of pixels, with Pillow. DICOM: see dicom.py."""

import functools
import io

import numpy as np
from PIL import Image

from transfusion_tf import files
from transfusion_tf.images import (
    jpeg_rebuild,
    jpeg_scan,
    limits,
    pillow_modes,
    png_rebuild,
    tiff_tags,
)
from transfusion_tf.process import silence

# Named, because Pillow knows dozens, one of which (EPS) starts a program.
FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")

# Pixels of the reduced decoding per pixel of the result, at least. Libjpeg
# decodes at 1/2, 1/4 or 1/8 at a fraction of the cost. At 1.5 the result
# differs from that of the full decoding by at least 50 dB (PSNR; 20 IDRiD
# photographs, qualities 75 and 95, 1/2 and 1/4), 7 dB less than what writing
# it as JPEG of quality 95 changes. Without spare pixels (1.0 to 1.1) only
# 2.5 dB are left. tests/images/test_decoding.py holds it to that.
MIN_OVERSAMPLING = 1.5

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


def reduction(shrinkage):
    """Returns at which fraction, 1/n, a JPEG may be decoded: n of 8, 4, 2, 1.

    Args:
        shrinkage: how many pixels of the file become one of the result.
    """
    return next(
        n for n in (8, 4, 2, 1) if n == 1 or shrinkage >= n * MIN_OVERSAMPLING
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
        self._tags = None
        if raw.startswith(tiff_tags.BEGINNINGS):
            with limits.refusing_damage(_reason):
                self._tags = tiff_tags.of(raw, frame)
        self._image = self._opened()
        self.width, self.height = self._image.size
        self.is_jpeg = self._image.format in ("JPEG", "MPO")

    def _opened(self):
        with limits.refusing_damage(_reason):
            try:
                raw = self._tags.raw if self._tags else self._raw
                image = Image.open(io.BytesIO(raw), formats=FORMATS)
            except Image.UnidentifiedImageError:
                raise limits.ImageError(self._unknown()) from None
            limits.check_size(*image.size)
            # A burst or panorama's further pictures are JPEG's (MPO) only.
            if not self._tags:  # In which they have been counted.
                frames = 1 if image.format == "MPO" else _num_frames(image)
                limits.check_frame(frames, self._frame)
            if self._frame:
                image.seek(self._frame)
                limits.check_size(*image.size)
        return image

    def _unknown(self):
        """Returns why Pillow does not know the file."""
        if not self._tags:
            return "not an image of a known format"
        return f"a TIFF of a kind that is not read ({self._tags.names()})"

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
        if self.is_jpeg:
            return self._picture_of_jpeg(reduction)
        if pillow_modes.has_colour16(self._image):
            return self._colour16()
        self._load(self._image)
        with limits.refusing_damage(_reason):
            return pillow_modes.plain(self._image, self._tags)

    def _picture_of_jpeg(self, reduction):
        image = self._image
        if reduction > 1:
            # Without a mode: it must not turn grey into colours.
            image.draft(
                None, (self.width // reduction, self.height // reduction)
            )
        self._load(image)
        self._check_scans(image, reduction)
        if image.mode in ("L", "RGB"):
            return image
        with limits.refusing_damage(_reason):
            return pillow_modes.plain(image)

    def is_varied(self):
        """Whether stored pixels differ, in colour, in alpha or by palette."""
        self._load(self._image)
        return not limits.is_constant(np.asarray(self._image))

    def _load(self, image):
        """Decodes `image`; ImageError if some of it is missing."""
        if self._tags:
            pillow_modes.check_strips(image, self._tags)
        with limits.refusing_damage(_reason):
            if self._tags:
                with silence.of_stderr:  # Libtiff writes what it thinks.
                    image.load()
            elif image.format == "PNG":
                pillow_modes.load_rows(image, self._raw)
            else:
                image.load()

    def _check_scans(self, image, reduction):
        """Raises ImageError if the decoded JPEG lacks a scan, or its end."""
        is_suspect = "progressive" in image.info
        if not (is_suspect or jpeg_scan.ends_in_grey(image, reduction)):
            return
        # What cannot be known is left to libjpeg.
        if rebuilt := self._rebuilt(jpeg_rebuild):
            data, ends = rebuilt
            if len(ends) == 1:
                with limits.refusing_damage(_reason):
                    jpeg_scan.check_end(data, *ends)

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

    def kept(self):
        """Returns what can go into records without being encoded anew.

        That are JPEG and PNG files of an upright image, grey or RGB, which
        TensorFlow's decoder reads as it is read here. What holds more than
        the image, or what decoders may take differently, is not among them.

        Returns:
            The bytes of the file, without metadata, and the picture. None if
            it is to be encoded anew.

        Raises:
            limits.ImageError: the image is damaged.
        """
        if "transparency" in self._image.info:
            return None
        if self.is_jpeg and self._image.mode in ("L", "RGB"):
            return self._kept_jpeg()
        return self._kept_png() if self._image.format == "PNG" else None

    def _kept_png(self):
        picture = self.picture()
        if not self.is_upright:  # Known by now: it may stand at the end.
            return None
        data = self._rebuilt(png_rebuild)
        return data and (data, picture)

    def _kept_jpeg(self):
        rebuilt = self.is_upright and self._rebuilt(jpeg_rebuild)
        if not rebuilt:
            return None
        data, ends = rebuilt
        stream = jpeg_scan.Stream(data, *ends) if len(ends) == 1 else None
        # Size and mode are known, and to open a file takes half of the time
        # of a small one: only what is decoded is exchanged.
        image = self._image
        image.fp = stream or io.BytesIO(data)
        self._load(image)
        self._check_scans(image, reduction=1)
        is_whole = stream is None or stream.was_needed
        if not is_whole or any(
            jpeg_scan.has_needless_text(data, end, image) for end in ends
        ):
            return None
        return data, image

    def _rebuilt(self, how):
        """Returns what `how` makes of the file, None if it is not kept."""
        with limits.refusing_damage(_reason):
            try:
                return how.rebuilt(self._raw)
            except limits.NotKept:
                return None

    def _colour16(self):
        """Returns (H, W, 3) uint16: upper and lower bytes read apart."""
        halves = []
        for swapped in (False, True):
            image = self._opened()
            if swapped:
                pillow_modes.swap_halves(image)
            self._load(image)
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


def _reason(error):
    """One line about `error`, without the addresses that Pillow prints."""
    text = files.one_line(error)
    return type(error).__name__ if "<" in text or not text else text
