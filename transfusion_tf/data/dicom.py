"""DICOM files -> pixels, with pydicom (the extra `dicom`).

Only the elements in _USED are read, and of their values only pixels and two
fixed words ever leave this module; reasons quote nothing from the file. The
one exception is `patient_of`, which is for grouping alone.
"""

import struct

import numpy as np

from transfusion_tf.data import dicom_grey, dicom_header, limits, segments

is_dicom = dicom_header.is_dicom

BURNED_IN = "burned_in_annotation"
SECONDARY_CAPTURE = "secondary_capture"

_USED = (
    "BitsAllocated",
    "BitsStored",
    "BluePaletteColorLookupTableData",
    "BluePaletteColorLookupTableDescriptor",
    "BurnedInAnnotation",
    "Columns",
    "ConversionType",
    "ExtendedOffsetTable",
    "ExtendedOffsetTableLengths",
    "GreenPaletteColorLookupTableData",
    "GreenPaletteColorLookupTableDescriptor",
    "HighBit",
    "ModalityLUTSequence",
    "NumberOfFrames",
    "PerFrameFunctionalGroupsSequence",
    "PhotometricInterpretation",
    "PixelData",
    "PixelRepresentation",
    "PlanarConfiguration",
    "RedPaletteColorLookupTableData",
    "RedPaletteColorLookupTableDescriptor",
    "RescaleIntercept",
    "RescaleSlope",
    "Rows",
    "SOPClassUID",
    "SamplesPerPixel",
    "SegmentedBluePaletteColorLookupTableData",
    "SegmentedGreenPaletteColorLookupTableData",
    "SegmentedRedPaletteColorLookupTableData",
    "SharedFunctionalGroupsSequence",
    "VOILUTFunction",
    "VOILUTSequence",
    "WindowCenter",
    "WindowWidth",
)
_SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"  # And its children.
# What to install for compressed pixels, by the start of the transfer syntax
# after 1.2.840.10008.1.2.4. ; RLE is pydicom's own.
_PACKAGES = {
    "5": "pylibjpeg pylibjpeg-libjpeg",  # JPEG.
    "7": "pylibjpeg pylibjpeg-libjpeg",  # JPEG lossless.
    "8": "pyjpegls",
    "9": "pylibjpeg pylibjpeg-openjpeg",  # JPEG 2000.
    "2": "pylibjpeg pylibjpeg-openjpeg",  # High-throughput JPEG 2000.
}
_RLE = "1.2.840.10008.1.2.5"
_ENCAPSULATED = "1.2.840.10008.1.2.4."
_JPEG_2000_SIZE = b"\xff\x4f\xff\x51"  # Start of codestream, then its size.


def read(raw, *, window="auto", frame=None):
    """Returns the pixels of a DICOM file as a viewer shows them, and notes.

    Args:
        raw: bytes of the file.
        window: of grey images, see `dicom_grey.shown`.
        frame: index of the frame, from 0; None: there must be one only.

    Returns:
        (H, W) or (H, W, 3), uint8 for at most 8 stored bits, else uint16; and
        a tuple of BURNED_IN and SECONDARY_CAPTURE where the file says so.

    Raises:
        limits.ImageError: the image is damaged or cannot be used.
        ValueError: pydicom is not installed.
    """
    dicom_header.require_pydicom()
    with dicom_header.refusing_damage():
        header = dicom_header.read(raw, _USED)
        _check(header, frame)
        is_grey = header.PhotometricInterpretation.startswith("MONOCHROME")
        if not is_grey and not isinstance(window, str):
            raise limits.ImageError("in colours, and the window is for grey")
        pixels = _pixels(header, window=window, frame=frame or 0)
        return pixels, _notes(header)


def patient_of(raw):
    """Returns the PatientID, for grouping images only; None if it is empty.

    Opaque text that may tell who the patient is: it must not be written.
    Raises ValueError if `raw` cannot be read as DICOM.
    """
    dicom_header.require_pydicom()
    if not is_dicom(raw):
        raise limits.ImageError("not a DICOM file")
    with dicom_header.refusing_damage():
        header = dicom_header.read(raw, ("PatientID",), until_pixels=True)
        return str(header.get("PatientID") or "").strip() or None


def _check(header, frame):
    """Raises ImageError unless the frame is of a kind that can be used."""
    if "PixelData" not in header or "Rows" not in header:
        # Compressed pixels that are cut off are not read at all.
        raise limits.ImageError(
            "a DICOM file without an image, or cut off before it"
        )
    limits.check_size(header.Columns, header.Rows)
    limits.check_frame(int(header.get("NumberOfFrames") or 1), frame)
    if header.BitsStored > 16 or header.BitsAllocated > 16:
        raise limits.ImageError("pixel values beyond 16 bits")
    if header.SamplesPerPixel not in (1, 3):
        raise limits.ImageError("neither grey nor three colours")
    _check_decoder(header)
    if header.file_meta.TransferSyntaxUID.startswith(_ENCAPSULATED):
        _check_codestream(header, frame or 0)


def _check_decoder(header):
    """Raises ImageError, naming the package, if no decoder is installed."""
    from pydicom import pixels

    syntax = header.file_meta.TransferSyntaxUID
    try:
        decoder = pixels.get_decoder(syntax)
    except NotImplementedError:
        raise limits.ImageError(
            "compressed in a way that no decoder of pydicom reads"
        ) from None
    if not decoder.is_encapsulated:
        return
    plugins = set(decoder.available_plugins)
    more = header.BitsStored > 8 and (
        header.SamplesPerPixel > 1 or syntax.endswith(".51")
    )
    if more and syntax.startswith(_ENCAPSULATED):
        plugins.discard("pillow")  # Has 8 bits for these.
    if not plugins:
        package = _PACKAGES[syntax.removeprefix(_ENCAPSULATED)[0]]
        raise limits.ImageError(
            f"needs a decoder for {syntax.name}: pip install {package}"
        )


def _check_codestream(header, frame):
    """Raises ImageError if the compressed image is not what the header says.

    Decoders would believe it and take memory for up to 2**32 squared pixels.
    """
    from pydicom import encaps

    data = encaps.get_frame(
        header.PixelData,
        frame,
        number_of_frames=int(header.get("NumberOfFrames") or 1),
    )
    if data[:2] == b"\xff\xd8":
        found = segments.jpeg_size(data)
    else:
        start = data.index(_JPEG_2000_SIZE) + 8
        right, bottom, left, top = struct.unpack_from(">4I", data, start)
        (components,) = struct.unpack_from(">H", data, start + 32)
        found = right - left, bottom - top, components
    if found != (header.Columns, header.Rows, header.SamplesPerPixel):
        raise limits.ImageError(
            "the compressed image is of another size than the header says"
        )


def _pixels(header, *, window, frame):
    from pydicom import pixels

    # Pydicom's own decoder of RLE: the fast one (pylibjpeg-rle 2.2) panics on
    # damaged data, which ends the process.
    is_rle = header.file_meta.TransferSyntaxUID == _RLE
    stored = pixels.pixel_array(
        header, index=frame, decoding_plugin="pydicom" if is_rle else ""
    )
    kind = header.PhotometricInterpretation
    if kind == "PALETTE COLOR":
        colours = pixels.apply_color_lut(stored, header)[..., :3]
        # Displays have 8 bits, and so have the indices; tables mostly 16.
        shift = 8 if colours.dtype == np.uint16 else 0
        return (colours >> shift).astype(np.uint8)
    if header.SamplesPerPixel == 3:
        return _colours(stored, header.BitsStored)
    if kind not in ("MONOCHROME1", "MONOCHROME2"):
        raise ValueError("one sample a pixel, but not grey")
    return dicom_grey.shown(stored, header, window=window, frame=frame)


def _colours(stored, bits):
    if bits <= 8:
        return stored.astype(np.uint8)
    scale = np.iinfo(np.uint16).max / (2**bits - 1)
    return (stored * scale).round().clip(0, 2**16 - 1).astype(np.uint16)


def _notes(header):
    kind = str(header.get("SOPClassUID", ""))
    notes = {
        BURNED_IN: header.get("BurnedInAnnotation") == "YES",
        # The conversion type belongs to secondary captures alone.
        SECONDARY_CAPTURE: bool(header.get("ConversionType"))
        or kind == _SECONDARY_CAPTURE
        or kind.startswith(f"{_SECONDARY_CAPTURE}."),
    }
    return tuple(note for note, holds in notes.items() if holds)
