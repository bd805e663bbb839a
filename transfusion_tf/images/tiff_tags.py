"""What the tags of a TIFF say that Pillow does not look at, or not in time.

Pillow takes signed values for unsigned ones, 16 bits in planes for 8, and the
first image of a stack for all there is. `check` names what is not read.
"""

import io
import re
import struct

from PIL import TiffImagePlugin

from transfusion_tf.images import limits

_BITS, _COMPRESSION, _PHOTOMETRIC, _DESCRIPTION = 258, 259, 262, 270
_SAMPLES, _PLANAR, _COLOUR_MAP, _EXTRA, _FORMAT = 277, 284, 320, 338, 339
_SUBSAMPLING, _STK_PLANES, _DEPTH = 530, 33629, 32997
_NAMES = {
    _BITS: "BitsPerSample",
    _COMPRESSION: "Compression",
    _PHOTOMETRIC: "PhotometricInterpretation",
    _SAMPLES: "SamplesPerPixel",
    _PLANAR: "PlanarConfiguration",
    _COLOUR_MAP: "ColorMap",
    _EXTRA: "ExtraSamples",
    _FORMAT: "SampleFormat",
    _SUBSAMPLING: "YCbCrSubSampling",
    _DEPTH: "ImageDepth",
}
_DEPTHS = (1, 2, 4, 8, 12, 16, 32)
_UNSIGNED, _SIGNED = 1, 2
_WHITE_IS_ZERO, _PALETTE, _YCBCR = 0, 3, 6
# With black as zero, RGB, CMYK and CIE L*a*b*.
_READ = (_WHITE_IS_ZERO, 1, 2, _PALETTE, 5, _YCBCR, 8)
_MEANINGS = {  # PhotometricInterpretation
    4: "a transparency mask",
    9: "ICC L*a*b*",
    10: "ITU L*a*b*",
    32803: "a colour filter array",
    32844: "LogL",
    32845: "LogLuv",
    34892: "linear raw",
}
_FORMATS = {3: "floating point", 4: "undefined", 5: "complex", 6: "complex"}
_IMAGEJ_STACK = re.compile(r"\AImageJ=.*^images=(\d+)", re.DOTALL | re.M)
# How a TIFF begins.
BEGINNINGS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_BIG, _CLASSIC = b"+", 8  # The sign of BigTIFF; bytes of the other's head.
_SHORT = 3  # A type of tags.
_WIDE = 256  # Entries of palettes have 16 bits; some writers use 8 of them.


class Tags:
    """The tags of one image of a TIFF.

    Attributes:
        raw: bytes of the file as Pillow is to read it.
        is_signed: whether values below 0 are possible.
        is_inverted: whether 0 is white and Pillow leaves that to the caller.
        top: the largest value that the bits can express.
        colours: the palette, all reds, greens and then blues, if its entries
            have 8 bits and not the 16 that TIFF asks for; else None.
    """

    def __init__(self, tags, raw):
        """Takes Pillow's dictionary of tags, and the file."""
        self._tags, self.raw = tags, raw
        self._bits = self._all(_BITS, 1)
        if not set(self._bits) <= set(_DEPTHS):
            raise limits.ImageError(
                f"BitsPerSample {max(self._bits)} in a TIFF; "
                f"{', '.join(map(str, _DEPTHS))} are read"
            )
        self._formats = set(self._all(_FORMAT, _UNSIGNED))
        (self._photometric,) = self._all(_PHOTOMETRIC, None)[:1]
        self._is_compressed = self._all(_COMPRESSION, 1) != (1,)
        self._samples = self._all(_SAMPLES, 1)[0]
        self._in_planes = self._all(_PLANAR, 1) == (2,) and self._samples > 1
        self.is_signed = self._formats == {_SIGNED}
        self.top = (1 << self._bits[0]) - 1
        # Of fewer bits, Pillow inverts them itself.
        self.is_inverted = (
            self._photometric == _WHITE_IS_ZERO
            and self._bits[0] in (12, 16)
            and self._formats == {_UNSIGNED}
        )

    @property
    def num_planes(self):
        """In how many parts, each as large as the image, Pillow sees it."""
        is_seen = self._in_planes and not self._is_compressed
        return self._samples if is_seen else 1

    @property
    def colours(self):
        """See the class."""
        entries = self._all(_COLOUR_MAP, _WIDE)
        return entries if max(entries) < _WIDE else None

    def check(self, num_directories):
        """Raises ImageError, naming the tag, for what is not read.

        Args:
            num_directories: how many images the file holds by its directories.
        """
        self._check_stack(num_directories)
        self._check_values()
        self._check_colours()

    def names(self):
        """Returns the values of the tags that decide on how to read it."""
        tags = (_BITS, _PHOTOMETRIC, _FORMAT, _SAMPLES, _EXTRA)
        return ", ".join(
            f"{_NAMES[tag]} {' '.join(map(str, self._all(tag, None)))}"
            for tag in tags
            if tag in self._tags
        )

    def _all(self, tag, default):
        """Returns the values of a tag; ImageError if they are no numbers."""
        values = self._tags.get(tag, default)
        values = values if isinstance(values, tuple) else (values,)
        is_there = values and tag in self._tags
        if is_there and not all(isinstance(value, int) for value in values):
            raise limits.ImageError(f"{_NAMES[tag]} of a TIFF is not a number")
        return values or (default,)

    def _check_stack(self, num_directories):
        counts = [*self._all(_DEPTH, 1)]
        if _STK_PLANES in self._tags:
            planes = self._tags[_STK_PLANES]
            counts.append(len(planes) if isinstance(planes, tuple) else 1)
        stack = _IMAGEJ_STACK.match(str(self._tags.get(_DESCRIPTION, "")))
        if stack and num_directories == 1:
            counts.append(int(stack[1]))
        if (count := max(counts)) > 1:
            raise limits.ImageError(
                f"a stack of {count} images in one directory of a TIFF; save "
                "them as pages or as files of their own"
            )

    def _check_values(self):
        if len(set(self._bits)) > 1 or len(self._formats) > 1:
            raise limits.ImageError(
                "samples of different kinds in a TIFF (BitsPerSample, "
                "SampleFormat)"
            )
        (kind,) = self._formats
        if kind in _FORMATS:
            raise limits.ImageError(
                "pixel values beyond 16 bits, or not whole: "
                f"{_FORMATS[kind]} (SampleFormat {kind})"
            )

    def _check_colours(self):
        kind, bits = self._photometric, self._bits[0]
        if kind is None:
            raise limits.ImageError("a TIFF without PhotometricInterpretation")
        if kind not in _READ:
            meaning = _MEANINGS.get(kind, "unknown")
            raise limits.ImageError(
                f"PhotometricInterpretation {kind} ({meaning}); grey, RGB, "
                "palettes, CMYK, YCbCr and CIE L*a*b* are read"
            )
        if kind == _PALETTE and bits > 8:
            raise limits.ImageError(f"a palette for {bits} bits")
        if self._in_planes and bits > 8:
            raise limits.ImageError(
                f"{bits} bits in planes (PlanarConfiguration 2); with the "
                "colours of a pixel together they can be read"
            )
        if kind == _YCBCR and not self._is_compressed:
            if self._all(_SUBSAMPLING, (2, 2)) != (1, 1):
                raise limits.ImageError(
                    "YCbCr with fewer samples of colours (YCbCrSubSampling), "
                    "not compressed"
                )


def of(raw, frame):
    """Returns the checked Tags of an image of a TIFF.

    Args:
        raw: bytes of the file, which has one of BEGINNINGS.
        frame: which of several images, from 0; None: there must be one.

    Raises:
        limits.ImageError: it is not one image, or of a kind that is not read.
        Many other kinds, if it is damaged.
    """
    file = io.BytesIO(raw)
    head = file.read(16 if _BIG in raw[2:4] else _CLASSIC)
    directory = TiffImagePlugin.ImageFileDirectory_v2(head)
    places = {}  # In order, and quick to ask.
    while directory.next and directory.next not in places:
        places[directory.next] = None
        file.seek(directory.next)
        directory.load(file)
    limits.check_frame(len(places), frame)
    file.seek(list(places)[frame or 0])
    directory.load(file)
    tags = Tags(directory, raw)
    tags.check(len(places))
    if tags.is_inverted and len(head) == _CLASSIC:
        tags.raw = _with_black_as_zero(raw, list(places)[frame or 0])
    return tags


def _with_black_as_zero(raw, place):
    """Returns the file with PhotometricInterpretation 1 at a directory.

    Of white as zero, Pillow reads 16 bits in one order of bytes, and 12 not.
    """
    order = "<" if raw.startswith(b"II") else ">"
    (count,) = struct.unpack_from(f"{order}H", raw, place)
    for entry in range(place + 2, place + 2 + 12 * count, 12):
        if struct.unpack_from(f"{order}H", raw, entry) == (_PHOTOMETRIC,):
            new = struct.pack(f"{order}HHIH", _PHOTOMETRIC, _SHORT, 1, 1)
            return raw[:entry] + new + raw[entry + len(new) :]
    return raw
