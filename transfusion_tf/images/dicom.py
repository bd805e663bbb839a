"""DICOM files -> pixels, with pydicom (the extra `dicom`).

Only the elements in _USED are read, and of their values only pixels and two
fixed words ever leave this module; reasons quote nothing from the file. The
one exception is `patient_of`, which is for grouping alone.
"""

import numpy as np

from transfusion_tf.images import (
    dicom_codestream,
    dicom_grey,
    dicom_header,
    dicom_values,
    limits,
)

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
    "PixelPaddingRangeLimit",
    "PixelPaddingValue",
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
_ENCAPSULATED = "1.2.840.10008.1.2.4."
_HEADER = "the DICOM header cannot be read"
_PIXELS = (
    "PixelData cannot be decoded, or is shorter than Rows, Columns, "
    "SamplesPerPixel and BitsAllocated say"
)
_MEANING = "the elements on what pixel values mean cannot be read"


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
    with dicom_header.refusing_damage(_HEADER):
        header = dicom_header.read(raw, _USED)
        _check(header, frame)
    is_grey = header.PhotometricInterpretation.startswith("MONOCHROME")
    if not is_grey and not isinstance(window, str):
        raise limits.ImageError("in colours, and the window is for grey")
    with dicom_header.refusing_damage(_PIXELS):
        _check_compressed(header, frame or 0)
        stored = _stored(header, frame or 0)
    with dicom_header.refusing_damage(_MEANING):
        if is_grey:
            pixels = dicom_grey.shown(
                stored, header, window=window, frame=frame or 0
            )
        elif header.SamplesPerPixel == 1:
            pixels = _palette_colours(stored, header)
        else:
            pixels = _colours(stored, header.BitsStored)
        limits.check_variation(pixels, lambda: not limits.is_constant(stored))
        return pixels, _notes(header)


def patient_of(raw):
    """Returns the PatientID, for grouping images only; None if it is empty.

    Opaque text that may tell who the patient is: it must not be written.
    Raises ValueError if `raw` cannot be read as DICOM.
    """
    dicom_header.require_pydicom()
    if not is_dicom(raw):
        raise limits.ImageError("not a DICOM file")
    with dicom_header.refusing_damage(_HEADER):
        header = dicom_header.read(raw, ("PatientID",), until_pixels=True)
        return str(header.get("PatientID") or "").strip() or None


def _check(header, frame):
    """Raises ImageError unless the frame is of a kind that can be used."""
    dicom_header.check_image(header)
    frames = dicom_values.number(header, "NumberOfFrames", 1, "mend it")
    limits.check_frame(int(frames) or 1, frame)


def _check_compressed(header, frame):
    """Raises ImageError for compressed pixels that cannot be decoded.

    Corrects the header where the compressed image says otherwise.
    """
    if found := dicom_codestream.of(header, frame):
        dicom_codestream.believe(header, found)
    _check_decoder(header)


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


def _stored(header, frame):
    """Returns the stored pixels: (H, W), or (H, W, 3) of colours."""
    from pydicom import pixels

    syntax = header.file_meta.TransferSyntaxUID
    is_rle = syntax == dicom_codestream.RLE
    bits, high = header.BitsStored, header.HighBit
    if header.SamplesPerPixel == 1 and bits > 1:
        # Whole words: pydicom would cut off what HighBit has put higher, and
        # the padding of files that use all bits for it.
        header.BitsStored = header.BitsAllocated
        header.HighBit = header.BitsAllocated - 1
    # Pydicom's own decoder of RLE: the fast one (pylibjpeg-rle 2.2) panics on
    # damaged data, which ends the process.
    stored = pixels.pixel_array(
        header, index=frame, decoding_plugin="pydicom" if is_rle else ""
    )
    header.BitsStored, header.HighBit = bits, high
    return stored


def _palette_colours(stored, header):
    """Returns (H, W, 3) uint8 from the palette."""
    from pydicom import pixels

    count, first, _ = header.RedPaletteColorLookupTableDescriptor
    entries = np.arange(count or 2**16) + int(first)
    palette = pixels.apply_color_lut(entries, header)[..., :3]
    # Displays have 8 bits, and so have the indices; tables mostly 16, of
    # which some writers use the lower 8 (PS3.3 C.7.6.3.1.5 allows it).
    shift = 8 if palette.max() > np.iinfo(np.uint8).max else 0
    indices = dicom_values.of(stored, header) - int(first)
    colours = (palette >> shift).astype(np.uint8)
    return colours[indices.clip(0, len(palette) - 1)]


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
