"""What a compressed DICOM image is, by its own bytes (pydicom's `encaps`).

Headers err: a transfer syntax of JPEG on JPEG 2000, 16 bits allocated to 8.
Decoders would believe them, and lose bits or take memory for 2**32 squared
pixels.
"""

import struct
import typing

from transfusion_tf.images import jpeg_parts, limits

_ENCAPSULATED = "1.2.840.10008.1.2.4."
RLE = "1.2.840.10008.1.2.5"
_JPEG = b"\xff\xd8"
_JPEG_2000 = b"\xff\x4f\xff\x51"  # Start of codestream, then its size.
# Kind of codestream -> the ends of the syntaxes that may hold it; the first
# is taken where the header says something else.
_JPEG_LOSSY = ("50", "51", "52", "53", "54", "55", "56")
_LOSSLESS = ("70", "57", "58")
_JPEG_LS = ("81", "80")
_IN_JPEG_2000 = ("90", "91", "92", "93", "201", "202", "203")


class Codestream(typing.NamedTuple):
    """What the first bytes of a compressed image say."""

    width: int
    height: int
    samples: int  # Of a pixel.
    bits: int  # Of a sample.
    syntaxes: tuple  # Transfer syntaxes that may hold it, the likeliest first.


def of(header, frame):
    """Returns the Codestream of a frame; None if the pixels are not of one.

    Args:
        header: pydicom Dataset with pixels.
        frame: index of the frame.

    Raises:
        limits.ImageError: compressed as its header says, it is neither JPEG
            nor JPEG 2000.
        Many other kinds, if it is damaged.
    """
    from pydicom import encaps

    syntax = header.file_meta.TransferSyntaxUID
    if not (syntax == RLE or syntax.startswith(_ENCAPSULATED)):
        return None
    data = encaps.get_frame(
        header.PixelData,
        frame,
        number_of_frames=int(header.get("NumberOfFrames") or 1),
    )
    if data[:2] == _JPEG:
        return _of_jpeg(data)
    if _JPEG_2000 in data[:4096]:  # Perhaps in a JP2 file.
        return _of_jpeg_2000(data)
    families = _JPEG_LOSSY, _LOSSLESS, _JPEG_LS, _IN_JPEG_2000
    if not any(syntax in _syntaxes(ends) for ends in families):
        return None  # RLE, or video.
    raise limits.ImageError(
        "PixelData is neither JPEG nor JPEG 2000, and TransferSyntaxUID says "
        "that it is; damaged or cut off"
    )


def believe(header, found):
    """Corrects a header by the Codestream of its image.

    Raises ImageError if the size is another one.
    """
    from pydicom import uid

    if found[:3] != (header.Columns, header.Rows, header.SamplesPerPixel):
        raise limits.ImageError(
            "the compressed image is of another size than the header says "
            "(Rows, Columns, SamplesPerPixel)"
        )
    if header.file_meta.TransferSyntaxUID not in found.syntaxes:
        header.file_meta.TransferSyntaxUID = uid.UID(found.syntaxes[0])
    allocated = 8 if found.bits <= 8 else 16
    if header.BitsAllocated != allocated:
        header.BitsAllocated = allocated
    # More bits than are there would make the image dark.
    header.BitsStored = min(header.BitsStored, found.bits)
    header.HighBit = header.BitsStored - 1


def _of_jpeg(data):
    marker, bits, width, height, samples = jpeg_parts.frame_header(data)
    ends = _JPEG_LOSSY if bits == 8 else _JPEG_LOSSY[1:]
    if marker == 0xF7:
        ends = _JPEG_LS
    elif marker in (0xC3, 0xC7, 0xCB, 0xCF):
        ends = _LOSSLESS
    return Codestream(width, height, samples, bits, _syntaxes(ends))


def _of_jpeg_2000(data):
    start = data.index(_JPEG_2000) + 8
    right, bottom, left, top = struct.unpack_from(">4I", data, start)
    samples, bits = struct.unpack_from(">HB", data, start + 32)
    return Codestream(
        right - left,
        bottom - top,
        samples,
        (bits & 0x7F) + 1,  # The upper bit is the sign.
        _syntaxes(_IN_JPEG_2000),
    )


def _syntaxes(ends):
    return tuple(f"{_ENCAPSULATED}{end}" for end in ends)
