"""One raw image -> the JPEG or PNG bytes that go into the records.

Pillow and NumPy only: worker processes need no TensorFlow for this.
"""

import dataclasses
import io
import struct
import typing
import warnings
import zlib

import numpy as np
from PIL import Image

from transfusion_tf import names
from transfusion_tf.data import segments

RESIZE_MODES = ("stretch", "fit", "crop")
JPEG_QUALITY = 95

_ORIENTATION = 0x0112  # The Exif tag.
_ORIENTATION_UPRIGHT = 1
# What Pillow raises on damaged files, by format and kind of damage. Reading
# from memory, its OSError never means a failing disk.
_DAMAGE = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    IndexError,
    KeyError,
    TypeError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)
_TURNS = {  # Exif orientation -> what makes it upright.
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_GREY16 = ("I;16", "I;16B", "I;16L", "I;16N")
_PNG_GREY, _PNG_COLOUR = 0, 2  # PNG's colour types without alpha or palette.


class ImageError(ValueError):
    """The image cannot be used; the message is the reason, without names."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options:
    """What is done to every image of a data set.

    Attributes:
        image_size: side of the square result in pixels; None keeps the size.
        resize_mode: "stretch" ignores the aspect ratio, "fit" adds black
            margins, "crop" cuts the longer side. All are antialiased.
    """

    image_size: int | None = None
    resize_mode: str = "stretch"

    def __post_init__(self):
        names.check("resize mode", self.resize_mode, RESIZE_MODES)
        if self.image_size is not None and self.image_size < 1:
            raise ValueError(
                f"image_size must be at least 1. Received: {self.image_size}."
            )


DEFAULTS = Options()


class Prepared(typing.NamedTuple):
    """An image as it goes into the records."""

    data: bytes  # JPEG or PNG.
    width: int
    height: int
    channels: int  # 1 or 3.
    bit_depth: int  # 8 or 16.
    kept: bool  # The compressed image data are those of the raw file.


def prepare(raw, options=DEFAULTS):
    """Checks, turns upright, resizes and encodes one image.

    A JPEG or PNG file that is upright, grey or RGB, and of the wanted size
    keeps its compressed data and loses its metadata. Other images are encoded
    anew: JPEG files as JPEG, everything else without loss as PNG.

    Args:
        raw: bytes of an image file, or array (H, W) or (H, W, 3) of uint8 or
            uint16.
        options: an Options.

    Raises:
        ImageError: the image is damaged or of a kind that cannot be used.
    """
    if isinstance(raw, np.ndarray):
        return _encode(_resized(raw, options), as_jpeg=False)
    image = _decoded(raw)
    as_jpeg = image.format in ("JPEG", "MPO")
    orientation = _orientation(image)
    if (
        _is_plain(image, raw)
        and orientation == _ORIENTATION_UPRIGHT
        and options.image_size in (None, *_square_side(image))
    ):
        return _kept(image, raw, as_jpeg=as_jpeg)
    if orientation in _TURNS:
        image = image.transpose(_TURNS[orientation])
    pixels = _resized(_pixels(image, raw), options)
    return _encode(pixels, as_jpeg=as_jpeg)


def resize(pixels, *, image_size, mode):
    """Resizes (H, W) or (H, W, C) uint8 or uint16 to a square, antialiased.

    `mode` is one of RESIZE_MODES, see `Options`.
    """
    height, width = pixels.shape[:2]
    box, new_size = (0, 0, width, height), (image_size, image_size)
    if mode == "crop":
        side = min(width, height)
        left, top = (width - side) / 2, (height - side) / 2
        box = (left, top, left + side, top + side)
    elif mode == "fit":
        scale = image_size / max(width, height)
        new_size = (max(1, round(width * scale)), max(1, round(height * scale)))
    scaled = _scaled(pixels, new_size, box)
    margins = [(image_size - n) for n in scaled.shape[:2]]
    padding = [(m // 2, m - m // 2) for m in margins]
    return np.pad(scaled, padding + [(0, 0)] * (pixels.ndim - 2))


def _resized(pixels, options):
    side = options.image_size
    if side is None or pixels.shape[:2] == (side, side):
        return pixels
    return resize(pixels, image_size=side, mode=options.resize_mode)


def _scaled(pixels, new_size, box):
    """Scales the part `box` of an array to `new_size` (width, height)."""
    bicubic = Image.Resampling.BICUBIC
    if pixels.dtype == np.uint8:
        image = Image.fromarray(np.ascontiguousarray(pixels))
        return np.asarray(image.resize(new_size, bicubic, box))
    if pixels.ndim == 3:  # Pillow has no 16-bit colour: one by one.
        channels = np.moveaxis(pixels, -1, 0)
        return np.stack([_scaled(c, new_size, box) for c in channels], axis=-1)
    image = Image.fromarray(pixels.astype(np.float32))
    values = np.asarray(image.resize(new_size, bicubic, box))
    return values.round().clip(0, np.iinfo(np.uint16).max).astype(np.uint16)


def _decoded(raw):
    """Returns the Pillow image of a file's bytes, wholly decoded."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Odd metadata, which is dropped.
            image = Image.open(io.BytesIO(raw))
            image.load()
            # A burst or panorama's further pictures are JPEG's (MPO) only.
            frames = getattr(image, "n_frames", 1)
    except Image.UnidentifiedImageError:
        raise ImageError("not an image of a known format") from None
    except _DAMAGE as error:
        raise ImageError(f"damaged or cut off ({_reason(error)})") from None
    if frames > 1 and image.format != "MPO":
        raise ImageError(f"holds {frames} images, one is allowed")
    return image


def _orientation(image):
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return image.getexif().get(_ORIENTATION, _ORIENTATION_UPRIGHT)
    except _DAMAGE:
        return _ORIENTATION_UPRIGHT  # Exif that viewers cannot read either.


def _square_side(image):
    return {image.width} if image.width == image.height else ()


def _png_kind(raw):
    """Returns bit depth and colour type of a PNG, or None of other files."""
    if not raw.startswith(segments.PNG_SIGNATURE):
        return None
    return raw[24], raw[25]


def _is_plain(image, raw):
    """Whether the file is one that every decoder of records reads alike."""
    if "transparency" in image.info:
        return False
    if image.format == "PNG":
        depth, colour_type = _png_kind(raw)
        return depth in (8, 16) and colour_type in (_PNG_GREY, _PNG_COLOUR)
    return image.format in ("JPEG", "MPO") and image.mode in ("L", "RGB")


def _kept(image, raw, *, as_jpeg):
    try:
        data = (segments.strip_jpeg if as_jpeg else segments.strip_png)(raw)
    except ValueError as error:
        raise ImageError(f"damaged or cut off ({error})") from None
    if as_jpeg:
        channels, bit_depth = len(image.getbands()), 8
    else:
        bit_depth, colour_type = _png_kind(raw)
        channels = 3 if colour_type == _PNG_COLOUR else 1
    return Prepared(data, *image.size, channels, bit_depth, kept=True)


def _pixels(image, raw):
    """Returns (H, W) or (H, W, 3), uint8 or uint16, of a decoded image."""
    depth, colour_type = _png_kind(raw) or (8, _PNG_GREY)
    if depth == 16 and colour_type != _PNG_GREY:
        raise ImageError(
            "16-bit colour PNG that would have to be resized or turned, for "
            "which only its upper 8 bits can be read"
        )
    if image.mode in _GREY16:
        return np.asarray(image).astype(np.uint16)
    if image.mode == "I":  # 32 bits; 16-bit TIFF comes so, too.
        values = np.asarray(image)
        if values.min() >= 0 and values.max() <= np.iinfo(np.uint16).max:
            return values.astype(np.uint16)
    if image.mode in ("I", "F"):
        raise ImageError("pixel values beyond 16 bits")
    grey = image.mode in ("1", "L", "LA", "La")
    try:
        return np.asarray(image.convert("L" if grey else "RGB"))
    except ValueError:
        raise ImageError(f"colour mode {image.mode} is not known") from None


def _encode(pixels, *, as_jpeg):
    height, width = pixels.shape[:2]
    channels = 1 if pixels.ndim == 2 else pixels.shape[2]
    buffer = io.BytesIO()
    # Made from the bare pixels: Pillow copies comments and profiles of an
    # image that it has read into the file that it writes.
    if pixels.dtype == np.uint16 and channels == 3:
        buffer.write(_png16_colour(pixels))
    elif as_jpeg and pixels.dtype == np.uint8:
        Image.fromarray(pixels).save(
            buffer, "JPEG", quality=JPEG_QUALITY, subsampling="4:4:4"
        )
    else:
        Image.fromarray(np.ascontiguousarray(pixels)).save(buffer, "PNG")
    bit_depth = 8 * pixels.dtype.itemsize
    return Prepared(
        buffer.getvalue(), width, height, channels, bit_depth, kept=False
    )


def _png16_colour(pixels):
    """Returns (H, W, 3) uint16 as PNG, which Pillow cannot write."""
    height, width, _ = pixels.shape
    # Each row starts with its filter type, 0: values as they are.
    rows = pixels.astype(">u2").reshape(height, -1).view(np.uint8)
    rows = np.pad(rows, [(0, 0), (1, 0)])
    header = struct.pack(">IIBBBBB", width, height, 16, _PNG_COLOUR, 0, 0, 0)
    chunks = (
        (b"IHDR", header),
        (b"IDAT", zlib.compress(rows.tobytes())),
        (b"IEND", b""),
    )
    return segments.PNG_SIGNATURE + b"".join(
        struct.pack(">I", len(content))
        + kind
        + content
        + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in chunks
    )


def _reason(error):
    """One line about `error`, without the addresses that Pillow prints."""
    text = " ".join(str(error).split())
    return type(error).__name__ if "<" in text or not text else text
