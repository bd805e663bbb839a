"""What a file may ask of the machine, and the errors when it asks for more.

Shared by all readers: a header is believed only so far. Images have a number
of pixels; other data may grow as compression lets real data grow.
"""

import contextlib
import struct
import warnings
import zlib

from PIL import Image

# Where Pillow begins to warn: a quarter of a gigabyte as RGB. A file of some
# kilobytes can claim 65,535 x 65,535 pixels; the largest radiographs and
# fundus photographs have a third of this.
MAX_PIXELS = 2**28 // 3

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


def check_size(width, height):
    """Raises ImageError for sizes that no image of the trade has."""
    if width < 1 or height < 1:
        raise ImageError(f"damaged or cut off (size {width} x {height})")
    if width * height > MAX_PIXELS:
        raise ImageError(_TOO_LARGE)


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


@contextlib.contextmanager
def refusing_damage(describe=lambda error: type(error).__name__):
    """Turns what readers raise on damaged files into ImageError.

    Warnings are silenced: they are about odd metadata, which is dropped. Only
    Pillow's about size, given wherever it meets one, is an error.

    Args:
        describe: function from the exception to a few words. The default
            leaves the exception's own text out, which may quote the file.
    """
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
