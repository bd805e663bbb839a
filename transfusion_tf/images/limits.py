"""What a file may ask of the machine, and the errors when it asks for more.

Shared by all readers: a header is believed only so far. Images have a number
of pixels; other data may grow as compression lets real data grow.
"""

import contextlib
import logging
import struct
import warnings
import zlib

from PIL import Image

# Where Pillow begins to warn: a quarter of a gigabyte as RGB. A file of some
# kilobytes can claim 65,535 x 65,535 pixels; the largest radiographs and
# fundus photographs have a third of this.
MAX_PIXELS = 2**28 // 3
MAX_SIDE = 1_000_000  # Of PNG files, as libpng reads them.

# How many times their size in a file data may take in memory. Compressed
# zeros grow a thousandfold; images, labels and weights less than tenfold, even
# where half of them is background.
MAX_GROWTH = 100
# No machine that trains networks is harmed by this much, whatever the file.
HARMLESS_BYTES = 2**28

# What readers raise on damaged files, by format and kind of damage. Reading
# from memory, OSError never means a failing disk.
DAMAGE = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    RuntimeError,  # With NotImplementedError and RecursionError.
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)


# Without a handler, its errors would go to the terminal.
_LOG = logging.getLogger("PIL")
_LOG.addHandler(logging.NullHandler())

_TOO_LARGE = f"absurdly large (more than {MAX_PIXELS:,} pixels)"


class TooLarge(ValueError):
    """Data declare more memory than they are worth; a part of a sentence."""


def check_growth(declared, present):
    """Raises TooLarge for data that would grow out of all proportion.

    Args:
        declared: bytes that they take in memory, as their header says.
        present: bytes that they take in the file.
    """
    if declared > max(HARMLESS_BYTES, MAX_GROWTH * present):
        raise TooLarge(
            f"absurdly large: it declares {declared:,} bytes and holds "
            f"{present:,}"
        )


def check_member(info):
    """Raises TooLarge for a zipfile.ZipInfo that would grow too much."""
    check_growth(info.file_size, info.compress_size)


class ImageError(ValueError):
    """The image cannot be used; the message is the reason, without names."""


class NotKept(ValueError):
    """Not to be copied into records: decoders may not agree about the file.

    Or it hides something. What Pillow makes of it can be encoded anew.
    """


def check_size(width, height):
    """Raises ImageError for implausible sizes."""
    if width < 1 or height < 1:
        raise ImageError(f"damaged or cut off (size {width} x {height})")
    if width * height > MAX_PIXELS:
        raise ImageError(_TOO_LARGE)
    if max(width, height) > MAX_SIDE:
        raise ImageError(
            f"absurdly large (a side of more than {MAX_SIDE:,} pixels)"
        )


def check_frame(count, frame):
    """Raises ImageError unless frame number `frame` of `count` is one image.

    None stands for the only one.
    """
    if frame is None and count > 1:
        raise ImageError(
            f"holds {count} images, one is allowed; --frame=N takes one of them"
        )
    if frame is not None and frame >= count:
        raise ImageError(
            f"holds {count} images; --frame={frame}, counted from 0, is not one"
        )


def is_constant(pixels):
    """Whether all pixels of an array (H, W) or (H, W, channels) are equal."""
    first = pixels[0, 0]
    some = pixels[:: 1 + len(pixels) // 16, :: 1 + pixels.shape[1] // 16]
    return bool((some == first).all() and (pixels == first).all())


def check_variation(pixels, is_varied):
    """Raises ImageError for a result without the variation of its source.

    Behind all other checks: a wrong palette, window or scale, whatever the
    cause, must not end in images that show nothing.

    Args:
        pixels: (H, W) or (H, W, channels), the result.
        is_varied: function that tells whether the stored pixels differ;
            called only where those of the result do not.
    """
    if is_constant(pixels) and is_varied():
        raise ImageError(
            "all pixels of the result are equal, and those stored are not"
        )


@contextlib.contextmanager
def refusing_damage(describe=lambda error: type(error).__name__):
    """Turns what readers raise on damaged files into ImageError.

    Warnings and Pillow's log are silenced: they are about odd metadata, which
    is dropped. Only Pillow's about size, given wherever it meets one, is an
    error.

    Args:
        describe: function from the exception to a few words. The default
            leaves the exception's own text out, which may quote the file.
    """
    is_heard, _LOG.propagate = _LOG.propagate, False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            yield
    except ImageError:
        raise
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise ImageError(_TOO_LARGE) from None
    except DAMAGE as error:
        raise ImageError(f"damaged or cut off ({describe(error)})") from None
    finally:
        _LOG.propagate = is_heard
