"""Numbers of a DICOM header, and the values in its stored words."""

import numpy as np

from transfusion_tf.images.limits import ImageError

_WORD = 2**16 - 1


def number(dataset, keyword, default, way_out):
    """Returns the first value of an element as a float.

    Args:
        dataset: pydicom Dataset.
        keyword: of the element.
        default: what is returned where it is missing or empty.
        way_out: what a user can do, for the message.

    Raises:
        ImageError: it is not a finite number.
    """
    try:
        value = dataset.get(keyword)
        if isinstance(value, str):
            value = value.split("\\")[0]
        elif value is not None and not isinstance(value, int | float):
            value = value[0] if len(value) else None
        if value is None or value == "":
            return default
        value = float(value)
    except (ArithmeticError, TypeError, ValueError):
        value = np.nan
    if not np.isfinite(value):
        raise ImageError(f"{keyword} is not a number; {way_out}")
    return value


def ends(header):
    """Returns the smallest and largest value that the stored bits express."""
    bits = header.BitsStored
    if header.PixelRepresentation == 1:
        return -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
    return 0, 2**bits - 1


def of(words, header):
    """Returns the values in stored words (n,), PS3.5 8.1.1.

    BitsStored bits up to HighBit; what is beside them (overlays, in old
    files) does not count.
    """
    bits = header.BitsStored
    high = header.get("HighBit")
    shift = 0 if high is None else int(high) + 1 - bits
    values = (np.asarray(words, np.int64) & _WORD) >> shift & (2**bits - 1)
    if header.PixelRepresentation == 1:
        values -= (values >> (bits - 1)) << bits
    return values


def is_padding(words, values, header):
    """Returns (n,) bool: whether stored words stand for what is no image.

    PixelPaddingValue, or all from there to PixelPaddingRangeLimit. Some
    files write it as a whole word where the pixels have fewer bits.

    Args:
        words: (n,) as stored.
        values: (n,) of what `of` returns.
        header: pydicom Dataset.
    """
    first, last = (
        number(header, keyword, None, "mend or remove it")
        for keyword in ("PixelPaddingValue", "PixelPaddingRangeLimit")
    )
    if first is None:
        return np.zeros(len(values), bool)
    last = first if last is None else last
    # Whether the element is signed is not always what the pixels are.
    is_signed = header.PixelRepresentation == 1
    low, high = np.sort(_in_words([int(first), int(last)], is_signed))
    whole = _in_words(words, is_signed)
    return ((values >= low) & (values <= high)) | (
        (whole >= low) & (whole <= high)
    )


def _in_words(values, is_signed):
    """Returns numbers of 16 bits as words are that have this sign."""
    return (np.asarray(values) & _WORD).astype(
        np.int16 if is_signed else np.uint16
    )
