"""The elements of a DICOM file, read with pydicom (the extra `dicom`)."""

import contextlib
import importlib.util
import io
import logging
import struct
import zlib

from transfusion_tf.data import limits

_DEFLATED = b"1.2.840.10008.1.2.1.99"
_MAX_INFLATED = 2**28
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
def refusing_damage():
    """Turns what pydicom raises into ImageError, and keeps it from logging.

    Its warnings quote values of the file.
    """
    from pydicom import errors

    logger = logging.getLogger("pydicom")
    before = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        with limits.refusing_damage():
            yield
    except (errors.BytesLengthException, errors.InvalidDicomError) as error:
        raise limits.ImageError(
            f"damaged or cut off ({type(error).__name__})"
        ) from None
    finally:
        logger.setLevel(before)


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
