"""Stored values of a grey DICOM image -> the values that a viewer shows.

In the order of the standard (PS3.3 C.11.1, C.11.2, C.7.6.3.1.2): modality LUT
or rescaling, VOI LUT or window, and MONOCHROME1 inverted last. Padding counts
nowhere and becomes black (C.7.5.1.1.2). Own arithmetic, because pydicom's
look-up overflows for small data types; tests compare both.
"""

import numpy as np

from transfusion_tf.images import dicom_values
from transfusion_tf.images.limits import ImageError

_VALUE_MACRO = "PixelValueTransformationSequence"
_WINDOW_MACRO = "FrameVOILUTSequence"
_WAY_OUT = "--window=none takes the stored values instead"
_WORDS = 2**16


def shown(stored, header, *, window, frame):
    """Returns (H, W) as shown, over the full range of uint8 or uint16.

    Args:
        stored: (H, W) integers of at most 16 bits, as they are stored, of
            which HighBit and BitsStored say what is the value.
        header: pydicom Dataset of the image.
        window: "auto": the file's VOI LUT, else its (first) window, else from
            the smallest to the largest value; "none": the range that the
            stored bits can express; (center, width): this window, in units
            after the modality LUT (Hounsfield units in CT).
        frame: index of the frame, for settings that differ between frames.

    Returns:
        uint8 for at most 8 stored bits, else uint16.

    Raises:
        ImageError: a setting makes no sense; the message names the element.
        Other kinds that a damaged header leads to: AttributeError, TypeError,
        ValueError, struct.error.
    """
    # What every word becomes is worked out once, not for every pixel.
    words = stored.astype(np.uint16)
    is_there = np.bincount(words.ravel(), minlength=_WORDS) > 0
    distinct = np.flatnonzero(is_there)
    values = dicom_values.of(distinct, header)
    is_image = ~dicom_values.is_padding(distinct, values, header)
    dtype = np.uint8 if header.BitsStored <= 8 else np.uint16
    table = np.zeros(_WORDS, dtype)
    if is_image.any():
        shares = _shares(values[is_image], header, window, frame)
        if header.PhotometricInterpretation == "MONOCHROME1":
            shares = 1 - shares
        top = np.iinfo(dtype).max
        table[distinct[is_image]] = (shares * top).round()
    return table[words]


def _shares(stored, header, window, frame):
    """Returns (n,) shares of the output's range of (n,) stored values."""
    if window == "none":
        return _unwindowed(stored, header, frame)
    if header.get("ModalityLUTSequence"):
        values, _ = _looked_up(stored, header, "ModalityLUTSequence")
    else:
        slope, intercept = _rescaling(header, frame)
        values = stored * slope + intercept
    if window == "auto":
        return _own_view(values, header, frame)
    return _windowed(values, *window)


def _unwindowed(stored, header, frame):
    """Returns shares of the range that the stored bits can express."""
    if header.get("ModalityLUTSequence"):
        values, largest = _looked_up(stored, header, "ModalityLUTSequence")
        return _linear(values, 0, largest)
    low, high = dicom_values.ends(header)
    shares = _linear(stored, low, high)
    try:
        slope, _ = _rescaling(header, frame)
    except ImageError:
        return shares  # Which is what the way out promises.
    return shares if slope > 0 else 1 - shares


def _rescaling(header, frame):
    """Returns slope and intercept; ImageError if they make no sense."""
    settings = _of_frame(header, frame, _VALUE_MACRO, "RescaleSlope")
    slope, intercept = (
        dicom_values.number(settings, keyword, default, _WAY_OUT)
        for keyword, default in (("RescaleSlope", 1), ("RescaleIntercept", 0))
    )
    if slope == 0:
        raise ImageError(f"RescaleSlope is 0; {_WAY_OUT}")
    return slope, intercept


def _own_view(values, header, frame):
    if header.get("VOILUTSequence"):
        values, largest = _looked_up(values, header, "VOILUTSequence")
        return values / largest
    settings = _of_frame(header, frame, _WINDOW_MACRO, "WindowCenter")
    center, width = (
        dicom_values.number(settings, keyword, None, _WAY_OUT)
        for keyword in ("WindowCenter", "WindowWidth")
    )
    if center is None or width is None:
        return _linear(values, values.min(), values.max())
    function = settings.get("VOILUTFunction") or "LINEAR"
    return _windowed(values, center, width, function)


def _windowed(values, center, width, function="LINEAR"):
    """Returns shares of the output range, PS3.3 C.11.2.1.2 and C.11.2.1.3."""
    if function not in ("LINEAR", "LINEAR_EXACT", "SIGMOID"):
        raise ImageError(
            "VOILUTFunction is none of LINEAR, LINEAR_EXACT and SIGMOID; "
            f"{_WAY_OUT}"
        )
    if width < 1 if function == "LINEAR" else width <= 0:
        least = "at least 1" if function == "LINEAR" else "above 0"
        raise ImageError(
            f"the window's width is {width:g}, and WindowWidth must be "
            f"{least}; {_WAY_OUT}"
        )
    if function == "SIGMOID":
        return 1 / (
            1 + np.exp(np.clip(-4 * (values - center) / width, -99, 99))
        )
    if function == "LINEAR":
        center, width = center - 0.5, width - 1
    return _linear(values, center - width / 2, center + width / 2)


def _linear(values, low, high):
    """Returns 0 up to `low`, 1 above `high`, between them in proportion."""
    if low == high:
        return (values > low).astype(float)
    return np.clip((values - low) / (high - low), 0, 1)


def _looked_up(values, header, sequence):
    """Returns values from the first table of `sequence`, and their limit."""
    item = header[sequence].value[0]
    try:
        count, first, bits = (int(n) for n in item.LUTDescriptor)
        table = _table(item.LUTData, count or _WORDS, header)
    except (AttributeError, TypeError, ValueError):
        table = ()
    if not len(table):
        raise ImageError(
            f"{sequence} has no LUTDescriptor of three numbers or no LUTData"
            + (f"; {_WAY_OUT}" if sequence.startswith("VOI") else "")
        )
    if first >= 2**15 and values.min() < 0:
        first -= _WORDS  # Signed, but read without knowing it.
    places = np.clip(np.rint(values) - first, 0, len(table) - 1)
    bits = _bits(table, bits, is_shown=sequence.startswith("VOI"))
    return table[places.astype(np.int64)], 2**bits - 1


def _table(data, count, header):
    """Returns (N,) the entries of a table, at most `count`."""
    order = "<" if header.original_encoding[1] else ">"
    if isinstance(data, bytes):
        wide = len(data) >= 2 * count
        return np.frombuffer(data, f"{order}u2" if wide else np.uint8)[:count]
    table = np.atleast_1d(np.asarray(data))
    if len(table) == -(-count // 2):  # Two entries of 8 bits in each word.
        table = table.astype(f"{order}u2").view(np.uint8)
    return table[:count]


def _bits(table, declared, *, is_shown):
    """Returns how many bits the entries of a table have.

    What its descriptor says, unless entries are larger; or it says 16 (the
    bits of a word, not of an entry) where all grey values are used that are
    shown, and they need no more than 14.
    """
    needed = max(1, int(table.max()).bit_length())
    by_habit = is_shown and declared == 16 and needed <= 14
    return needed if by_habit or declared < needed else declared


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
