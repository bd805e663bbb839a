"""One raw image -> the JPEG or PNG bytes that go into the records.

Pillow, NumPy and, for some images, pydicom and SciPy: worker processes need
no TensorFlow for this. The only place where raw images are decoded.
"""

import dataclasses
import typing

import numpy as np

from transfusion_tf import names
from transfusion_tf.images import (
    decoding,
    dicom,
    encoding,
    fundus_field,
    limits,
    resizing,
)

RESIZE_MODES = resizing.MODES
FUNDUS_MODES = ("none", "crop", "graham")
WINDOWS = ("auto", "none")
_JPEG = b"\xff\xd8\xff"

ImageError = limits.ImageError


@dataclasses.dataclass(frozen=True, kw_only=True)
class ImageOptions:
    """What is done to every image of a data set.

    Attributes:
        image_size: side of the square result in pixels; None keeps the size.
        resize_mode: "stretch" ignores the aspect ratio, "fit" adds black
            margins, "crop" cuts the longer side. All are antialiased.
        window: of grey DICOM images, see `dicom_grey.shown`: "auto", "none"
            or (center, width), with which other images are refused.
        frame: index, from 0, of the image to take from each file; None: files
            hold one image.
        fundus: "none"; "crop": photographs of the fundus are cut to the
            square around the disc, black outside it; "graham": and then
            normalised, see `fundus_field.graham`. Where there is no disc, the
            square in the middle is taken and noted. 8-bit images only.
    """

    image_size: int | None = None
    resize_mode: str = "stretch"
    window: str | tuple[float, float] = "auto"
    frame: int | None = None
    fundus: str = "none"

    def __post_init__(self):
        names.check("resize mode", self.resize_mode, RESIZE_MODES)
        names.check("fundus mode", self.fundus, FUNDUS_MODES)
        if self.image_size is not None and self.image_size < 1:
            raise ValueError(
                f"image_size must be at least 1. Received: {self.image_size}."
            )
        if self.frame is not None and self.frame < 0:
            raise ValueError(f"frame counts from 0. Received: {self.frame}.")
        _check_window(self.window)
        if self.fundus != "none" and self.resize_mode == "fit":
            raise ValueError(
                f"fundus={self.fundus} cuts a square, to which resize_mode=fit "
                "adds nothing; leave one of them out."
            )
        if self.fundus != "none" and self.window != "auto":
            raise ValueError(
                f"fundus={self.fundus} is for colour photographs and window "
                "for grey DICOM images; leave one of them out."
            )


def _check_window(window):
    if isinstance(window, str):
        return names.check("window", window, (*WINDOWS, "(center, width)"))
    if len(window) != 2 or not np.isfinite(window).all() or window[1] < 1:
        raise ValueError(
            "window must be 'auto', 'none' or (center, width) with a width of "
            f"at least 1. Received: {window}."
        )


DEFAULTS = ImageOptions()


class Prepared(typing.NamedTuple):
    """An image as it goes into the records.

    `notes` are of fundus_field.NOT_FOUND, dicom.BURNED_IN and
    dicom.SECONDARY_CAPTURE.
    """

    data: bytes  # JPEG or PNG.
    width: int
    height: int
    channels: int  # 1 or 3.
    bit_depth: int  # 8 or 16.
    kept: bool  # The compressed image data are those of the raw file.
    pixels: np.ndarray  # (H, W) or (H, W, 3), which `data` encodes.
    notes: tuple[str, ...]  # What should be known of the image.

    @property
    def decoded(self):
        """The pixels that `data` decodes to.

        Of JPEG that was encoded anew they are not quite `pixels`, and what is
        trained on is what is in the file.
        """
        if self.kept:
            return self.pixels
        return encoding.decoded(self.data, self.pixels)


def prepare(raw, options=DEFAULTS):
    """Checks, turns upright, resizes and encodes one image.

    A JPEG or PNG file that is upright, grey or RGB, and of the wanted size
    keeps its compressed data and loses its metadata, if it is sure that
    TensorFlow decodes it alike. Other images are encoded anew: JPEG files as
    JPEG, everything else without loss as PNG.

    Args:
        raw: bytes of an image file, or array (H, W) or (H, W, 3) of uint8 or
            uint16.
        options: an ImageOptions.

    Raises:
        ImageError: the image is damaged or of a kind that cannot be used, or
            the result shows nothing of it.
        ValueError: it is DICOM and pydicom is not installed.
    """
    if isinstance(raw, np.ndarray):
        _refuse_window(options)
        limits.check_frame(1, options.frame)
        limits.check_size(*raw.shape[1::-1])
        return _from_array(raw, options)
    if not raw.startswith(_JPEG) and dicom.is_dicom(raw):
        pixels, notes = dicom.read(
            raw, window=options.window, frame=options.frame
        )
        return _from_array(pixels, options, notes)
    _refuse_window(options)
    return _from_file(raw, options)


def _refuse_window(options):
    if not isinstance(options.window, str):
        raise ImageError("not DICOM, and the window is given for DICOM files")


def _from_file(raw, options):
    file = decoding.ImageFile(raw, frame=options.frame)
    is_wanted = _is_wanted(file.width, file.height, options)
    if is_wanted and (kept := file.kept()):
        data, picture = kept
        return _prepared(data, np.asarray(picture), kept=True)
    reduction = _reduction(file, options)
    picture = file.picture(reduction)
    notes = ()
    if options.fundus != "none":
        pixels, notes = _photograph_in(file, picture, reduction, options)
    elif is_wanted:
        pixels = np.asarray(picture)
    else:
        extent = (file.width / reduction, file.height / reduction)
        pixels = _resized(picture, options, extent)
    limits.check_variation(pixels, lambda: file.again().is_varied())
    return _encoded(file.upright(pixels), file.is_jpeg, notes)


def _photograph_in(file, picture, reduction, options):
    """Returns the square of a file's fundus photograph, and notes."""
    pixels = np.asarray(picture)
    disc = _disc(pixels)
    finer = disc and _reduction_of(2 * disc.radius * reduction, options)
    if disc and finer < reduction:  # A disc in the midst of much black.
        pixels = np.asarray(file.again().picture(finer))
        disc = disc.scaled(reduction / finer)
    return _photograph(pixels, disc, options)


def _from_array(pixels, options, notes=()):
    stored = pixels
    if options.fundus != "none":
        pixels, found = _photograph(pixels, _disc(pixels), options)
        notes += found
    elif not _is_wanted(*pixels.shape[1::-1], options):
        pixels = _resized(pixels, options)
    limits.check_variation(pixels, lambda: not limits.is_constant(stored))
    return _encoded(pixels, False, notes)


def _reduction(file, options):
    """Returns at which fraction of its size to decode a file at first.

    Most discs are as wide as the photograph is high.
    """
    if not file.is_jpeg:
        return 1
    sides = (file.width, file.height)
    is_fit = options.resize_mode == "fit"
    return _reduction_of((max if is_fit else min)(sides), options)


def _reduction_of(side, options):
    return decoding.reduction(side / (options.image_size or side))


def _is_wanted(width, height, options):
    """Whether nothing is to be done to the pixels, except turning them."""
    return options.fundus == "none" and (
        options.image_size is None or width == height == options.image_size
    )


def _resized(pixels, options, extent=None):
    return resizing.resize(
        pixels,
        image_size=options.image_size,
        mode=options.resize_mode,
        extent=extent,
    )


def _disc(pixels):
    if pixels.dtype != np.uint8:
        raise ImageError("16 bits, and photographs of the fundus have 8")
    return fundus_field.find(pixels)


def _photograph(pixels, disc, options):
    """Returns the square of a fundus photograph, and notes."""
    if disc:
        square = fundus_field.cut(pixels, disc, image_size=options.image_size)
    else:
        side = options.image_size or min(pixels.shape[:2])
        square = resizing.resize(pixels, image_size=side, mode="crop")
    if options.fundus == "graham":
        square = fundus_field.graham(square, masked=bool(disc))
    return square, () if disc else (fundus_field.NOT_FOUND,)


def _encoded(pixels, as_jpeg, notes):
    data = encoding.encode(pixels, as_jpeg=as_jpeg)
    return _prepared(data, pixels, kept=False, notes=notes)


def _prepared(data, pixels, *, kept, notes=()):
    height, width = pixels.shape[:2]
    return Prepared(
        data,
        width,
        height,
        channels=1 if pixels.ndim == 2 else pixels.shape[2],
        bit_depth=8 * pixels.dtype.itemsize,
        kept=kept,
        pixels=pixels,
        notes=notes,
    )
