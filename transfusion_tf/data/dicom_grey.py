"""Stored values of a grey DICOM image -> the values that a viewer shows.

In the order of the standard (PS3.3 C.11.1, C.11.2, C.7.6.3.1.2): modality LUT
or rescaling, VOI LUT or window, and MONOCHROME1 inverted last. Own arithmetic,
because pydicom's look-up overflows for small data types; tests compare both.
"""

import numpy as np

_VALUE_MACRO = "PixelValueTransformationSequence"
_WINDOW_MACRO = "FrameVOILUTSequence"


def shown(stored, header, *, window, frame):
    """Returns (H, W) as shown, over the full range of uint8 or uint16.

    Args:
        stored: (H, W) integers of at most 16 bits.
        header: pydicom Dataset of the image.
        window: "auto": the file's VOI LUT, else its (first) window, else from
            the smallest to the largest value; "none": the range that the
            stored bits can express; (center, width): this window, in units
            after the modality LUT (Hounsfield units in CT).
        frame: index of the frame, for settings that differ between frames.

    Returns:
        uint8 for at most 8 stored bits, else uint16.

    Raises:
        What a damaged header leads to: AttributeError, TypeError, ValueError,
        struct.error.
    """
    # What every value becomes is worked out once, not for every pixel.
    low = int(stored.min())
    offsets = stored.astype(np.int32) - low
    is_there = np.zeros(int(offsets.max()) + 1, bool)
    is_there[offsets] = True
    shares = _shares(np.flatnonzero(is_there) + low, header, window, frame)
    if header.PhotometricInterpretation == "MONOCHROME1":
        shares = 1 - shares
    dtype = np.uint8 if header.BitsStored <= 8 else np.uint16
    table = np.zeros(len(is_there), dtype)
    table[is_there] = (shares * np.iinfo(dtype).max).round()
    return table[offsets]


def _shares(stored, header, window, frame):
    """Returns (n,) shares of the output's range of (n,) stored values."""
    values, limits = _modality(stored, header, frame)
    if window == "none":
        return _linear(values, *limits)
    if window == "auto":
        return _own_view(values, header, frame)
    return _windowed(values, *window)


def _modality(stored, header, frame):
    """Returns values in the modality's units, and the smallest and largest."""
    if header.get("ModalityLUTSequence"):
        values, largest = _looked_up(stored, header, "ModalityLUTSequence")
        return values, (0, largest)
    settings = _of_frame(header, frame, _VALUE_MACRO, "RescaleSlope")
    slope = float(_or(settings.get("RescaleSlope"), 1))
    intercept = float(_or(settings.get("RescaleIntercept"), 0))
    bits = header.BitsStored
    ends = (0, 2**bits - 1)
    if header.PixelRepresentation == 1:
        ends = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    limits = sorted(slope * end + intercept for end in ends)
    return stored * slope + intercept, limits


def _own_view(values, header, frame):
    if header.get("VOILUTSequence"):
        values, largest = _looked_up(values, header, "VOILUTSequence")
        return values / largest
    settings = _of_frame(header, frame, _WINDOW_MACRO, "WindowCenter")
    center, width = (
        _first(settings.get(key)) for key in ("WindowCenter", "WindowWidth")
    )
    if center is None or width is None:
        return _linear(values, values.min(), values.max())
    function = settings.get("VOILUTFunction") or "LINEAR"
    return _windowed(values, float(center), float(width), function)


def _windowed(values, center, width, function="LINEAR"):
    """Returns shares of the output range, PS3.3 C.11.2.1.2 and C.11.2.1.3."""
    if width < 1 if function == "LINEAR" else width <= 0:
        raise ValueError("the window's width is too small")
    if function == "SIGMOID":
        return 1 / (
            1 + np.exp(np.clip(-4 * (values - center) / width, -99, 99))
        )
    if function == "LINEAR":
        center, width = center - 0.5, width - 1
    elif function != "LINEAR_EXACT":
        raise ValueError("an unknown VOI LUT function")
    return _linear(values, center - width / 2, center + width / 2)


def _linear(values, low, high):
    """Returns 0 up to `low`, 1 above `high`, between them in proportion."""
    if not np.isfinite([low, high]).all():
        raise ValueError("a range that is not finite")
    if low == high:
        return (values > low).astype(float)
    return np.clip((values - low) / (high - low), 0, 1)


def _looked_up(values, header, sequence):
    """Returns values from the first table of `sequence`, and their limit."""
    item = header[sequence].value[0]
    count, first, bits = item.LUTDescriptor
    count = count or 2**16  # What 16 bits cannot hold is written as 0.
    if first >= 2**15 and values.min() < 0:
        first -= 2**16  # Signed, but read without knowing it.
    table = item.LUTData
    if isinstance(table, bytes):
        order = "<" if header.original_encoding[1] else ">"
        wide = len(table) >= 2 * count
        table = np.frombuffer(table, f"{order}u2" if wide else np.uint8)
    table = np.atleast_1d(np.asarray(table))[:count]
    places = np.clip(np.rint(values) - first, 0, len(table) - 1)
    return table[places.astype(np.int64)].clip(0, 2**bits - 1), 2**bits - 1


def _of_frame(header, frame, macro, key):
    """Returns the item that holds `key`: of the frame, shared, or the header.

    The functional groups of enhanced multi-frame images, PS3.3 C.7.6.16.
    """
    own = header.get("PerFrameFunctionalGroupsSequence") or ()
    shared = header.get("SharedFunctionalGroupsSequence") or ()
    for group in (*own[frame : frame + 1], *shared[:1]):
        for item in group.get(macro) or ():
            if key in item:
                return item
    return header


def _first(value):
    """Returns the first of one or several values; None if there is none."""
    if value is None or isinstance(value, str | float | int):
        return value
    return value[0] if len(value) else None


def _or(value, default):
    return default if value is None else value
