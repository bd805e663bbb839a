"""Whether the compressed data of a JPEG are all there, and nothing else.

Libjpeg, and so Pillow and TensorFlow, makes grey blocks of missing data and
passes over what follows the last block; it says so in warnings that neither
hands on. Here this is seen from how the data are read.
"""

import io

import numpy as np
from PIL import Image

from transfusion_tf.images import limits

_JPEG = ("JPEG",)  # Of Pillow's formats.
# More compressed data than libjpeg reads ahead, of codes that are as long as
# can be: where an image lacks data, they do not do instead.
_FILLER = b"\xfe" * 16
# So many printable bytes at the end of compressed data are worth a look.
_TAIL = 4
# What becomes of blocks for which data are missing, and how many pixels.
_MISSING, _SIDE = 128, 8


class Stream(io.BytesIO):
    """A JPEG file of one scan that tells whether all of it is needed.

    Attributes:
        was_needed: whether the last byte of the compressed data was read.
    """

    def __init__(self, data, end):
        """Takes a whole file, and where its compressed data end."""
        super().__init__(data)
        self._last, self.was_needed = end - 1, False

    def read(self, size=-1):
        """Reads as a file does, but the last byte only when asked again."""
        place = self.tell()
        if place >= self._last:
            self.was_needed = True
        elif size < 0 or place + size > self._last:
            size = self._last - place
        return super().read(size)


def check_end(data, end):
    """Raises OSError if a JPEG of one scan lacks compressed data.

    Libjpeg would forgive it before an end of the image: in the place of that
    stands _FILLER, and it asks for more than there is.
    """
    with Image.open(io.BytesIO(data[:end] + _FILLER), formats=_JPEG) as image:
        image.draft(None, (1, 1))  # All codes are read all the same.
        image.load()


def has_needless_text(data, end, image):
    """Whether compressed data go on after the last block.

    Libjpeg reads some bytes ahead, and of several scans all: this finds what
    `Stream` does not, if it may be text. The image is the same without it.

    Args:
        data: a whole JPEG file.
        end: where the compressed data of a scan end.
        image: the decoded image, of Pillow.
    """
    tail = data[end - _TAIL : end].replace(b"\0", b" ")
    if not (tail.isascii() and tail.decode().isprintable()):
        return False
    shorter = data[: end - _TAIL] + data[end:]
    with limits.refusing_damage():
        with Image.open(io.BytesIO(shorter), formats=_JPEG) as other:
            return np.array_equal(np.asarray(other), np.asarray(image))


def ends_in_grey(image, reduction):
    """Whether the last block of a decoded image looks like a missing one.

    Args:
        image: a Pillow image.
        reduction: at which fraction, 1/n, it was decoded.
    """
    width, height = image.size
    corner = image.getpixel((width - 1, height - 1))
    values = corner if isinstance(corner, tuple) else (corner,)
    if any(value != _MISSING for value in values):
        return False  # So it is for nearly all images, at little cost.
    side = max(1, _SIDE // reduction)
    # What is surely in the last block, whatever the size of the image.
    left, top = (width - 1) // side * side, (height - 1) // side * side
    extrema = image.crop((left, top, width, height)).getextrema()
    bands = extrema if isinstance(extrema[0], tuple) else (extrema,)
    return all(band == (_MISSING, _MISSING) for band in bands)
