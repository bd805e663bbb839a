"""The elements of a DICOM file, read with pydicom (the extra `dicom`)."""

import contextlib
import importlib.util
import io
import logging
import struct
import zlib

from transfusion_tf.images import limits

_DEFLATED = b"1.2.840.10008.1.2.1.99"
_MAX_INFLATED = 2**28
_NUMBERS = (
    "Rows",
    "Columns",
    "SamplesPerPixel",
    "BitsAllocated",
    "BitsStored",
    "PixelRepresentation",
)
_ONE_SAMPLE = ("MONOCHROME1", "MONOCHROME2", "PALETTE COLOR")
_KINDS = (
    *_ONE_SAMPLE,
    "RGB",
    "YBR_FULL",
    "YBR_FULL_422",
    "YBR_ICT",
    "YBR_RCT",
)
_LONG_VRS = (b"OB", b"OD", b"OF", b"OL", b"OW", b"SQ", b"UN", b"UT")


def is_dicom(raw):
    """Whether the bytes `raw` are a DICOM file.

    With the prefix of PS3.10, or as older archives hold them without it,
    starting with group 2 or 8. Names of files tell nothing.
    """
    if raw[128:132] == b"DICM":
        return True
    little = raw[:1] in (b"\2", b"\x08") and raw[1:2] == raw[3:4] == b"\0"
    big = raw[:3] == b"\0\x08\0"
    # Explicit: two letters; implicit: a length below 65,536.
    explicit = raw[4:6].isalpha() and raw[4:6].isupper()
    return (little and (explicit or raw[6:8] == b"\0\0")) or (big and explicit)


def require_pydicom():
    """Raises ValueError if pydicom is not installed.

    Not an ImageError: no image is at fault, and none would do better.
    """
    if importlib.util.find_spec("pydicom") is None:
        raise ValueError(
            "DICOM files need pydicom: pip install 'transfusion_tf[dicom]'."
        )


@contextlib.contextmanager
def refusing_damage(what):
    """Turns what pydicom raises into ImageError, and keeps it from logging.

    Its warnings and errors quote values of the file.

    Args:
        what: that cannot be read, for the message.
    """
    from pydicom import errors

    logger = logging.getLogger("pydicom")
    before = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        with limits.refusing_damage(lambda error: what):
            yield
    except (errors.BytesLengthException, errors.InvalidDicomError):
        raise limits.ImageError(f"damaged or cut off ({what})") from None
    finally:
        logger.setLevel(before)


def check_image(header):
    """Raises ImageError, naming the element, for images that are not read."""
    if "PixelData" not in header or "Rows" not in header:
        # Compressed pixels that are cut off are not read at all.
        raise limits.ImageError(
            "a DICOM file without an image, or cut off before it"
        )
    for keyword in _NUMBERS:
        _check_number(header, keyword)
    kind = header.get("PhotometricInterpretation")
    if not kind:
        raise _absent("PhotometricInterpretation")
    if kind not in _KINDS:
        raise limits.ImageError(
            f"PhotometricInterpretation is none of {', '.join(_KINDS)}"
        )
    limits.check_size(header.Columns, header.Rows)
    if header.BitsStored > 16 or header.BitsAllocated > 16:
        raise limits.ImageError("pixel values beyond 16 bits")
    _check_samples(header, kind)
    _check_bits(header)


def _check_number(header, keyword):
    value = header.get(keyword)
    if value is None or value == "":
        raise _absent(keyword)
    if not isinstance(value, int) or value < 0:
        raise limits.ImageError(f"{keyword} is not one whole number; mend it")


def _absent(keyword):
    return limits.ImageError(
        f"{keyword} is missing or empty in the DICOM header, and without it "
        "the pixels mean nothing; add it, or leave the file out"
    )


def _check_samples(header, kind):
    samples = header.SamplesPerPixel
    if samples not in (1, 3):
        raise limits.ImageError("neither grey nor three colours")
    if samples != (1 if kind in _ONE_SAMPLE else 3):
        raise limits.ImageError(
            "SamplesPerPixel does not go with PhotometricInterpretation; "
            "mend one of them"
        )
    if samples == 3 and header.get("PlanarConfiguration", 0) not in (0, 1):
        raise limits.ImageError("PlanarConfiguration is neither 0 nor 1")


def _check_bits(header):
    stored, allocated = header.BitsStored, header.BitsAllocated
    if header.PixelRepresentation > 1:
        raise limits.ImageError("PixelRepresentation is neither 0 nor 1")
    if allocated not in (1, 8, 16):
        raise limits.ImageError(
            f"BitsAllocated is {allocated}; 1, 8 and 16 are read"
        )
    if header.get("HighBit") is None:
        header.HighBit = stored - 1
    _check_number(header, "HighBit")
    if not 1 <= stored <= header.HighBit + 1 <= allocated:
        raise limits.ImageError(
            f"BitsStored is {stored}, HighBit {header.HighBit} and "
            f"BitsAllocated {allocated}, which do not fit together"
        )
    if header.SamplesPerPixel == 3 and header.HighBit != stored - 1:
        raise limits.ImageError(
            f"HighBit is {header.HighBit} in colours of {stored} bits; "
            f"{stored - 1} can be read"
        )


def read(raw, keywords, *, until_pixels=False):
    """Returns a pydicom Dataset with the elements `keywords` of the file.

    Args:
        raw: bytes of the file.
        keywords: names of elements; the values of others are not read.
        until_pixels: whether to stop before the pixels.

    Raises:
        Many kinds of exception, if the file is damaged.
    """
    import pydicom

    _check_deflated(raw)
    header = pydicom.dcmread(
        io.BytesIO(raw),
        specific_tags=list(keywords),
        stop_before_pixels=until_pixels,
        force=True,
    )
    if not header.file_meta.get("TransferSyntaxUID"):
        implicit, little = header.original_encoding
        header.file_meta.TransferSyntaxUID = (
            pydicom.uid.ImplicitVRLittleEndian
            if implicit
            else pydicom.uid.ExplicitVRLittleEndian
            if little
            else pydicom.uid.ExplicitVRBigEndian
        )
    return header


def _check_deflated(raw):
    """Raises ImageError if the data set inflates to an absurd size.

    Pydicom would inflate it without a limit.
    """
    place, syntax = 132 if raw[128:132] == b"DICM" else 0, b""
    while raw[place : place + 2] == b"\2\0":
        if raw[place + 4 : place + 6] in _LONG_VRS:
            start = place + 12
            (length,) = struct.unpack_from("<I", raw, place + 8)
        else:
            start = place + 8
            (length,) = struct.unpack_from("<H", raw, place + 6)
        if raw[place + 2 : place + 4] == b"\x10\0":
            syntax = raw[start : start + length].rstrip(b"\0 ")
        place = start + length
    if syntax == _DEFLATED:
        inflate = zlib.decompressobj(-zlib.MAX_WBITS)
        inflate.decompress(raw[place:], _MAX_INFLATED)
        if inflate.unconsumed_tail:
            raise limits.ImageError("absurdly large (deflated DICOM)")
