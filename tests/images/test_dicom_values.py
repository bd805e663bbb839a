"""Tests of numbers in DICOM headers and of what stored words stand for."""

import numpy as np
import pytest

pydicom = pytest.importorskip("pydicom")

from tests.dicoms import radiograph  # noqa: E402
from transfusion_tf.images import dicom_values, prepare  # noqa: E402

VALUES = (np.arange(48 * 64).reshape(48, 64) % 4000) + 50


def shown(words, **elements):
    options = prepare.ImageOptions(window=elements.pop("window", "auto"))
    return prepare.prepare(radiograph(words, **elements), options).pixels


def spread(values, is_image):
    """Values over the whole range of those of the image; the rest is 0."""
    low, high = values[is_image].min(), values[is_image].max()
    shares = (values - low) / (high - low)
    return np.where(is_image, (shares * 65_535).round(), 0)


@pytest.mark.parametrize("high_bit", [11, 12, 13, 15])
def test_values_lie_below_the_high_bit(high_bit):
    words = VALUES << (high_bit - 11)
    found = shown(words, HighBit=high_bit, window="none")
    np.testing.assert_array_equal(found, (VALUES / 4095 * 65_535).round())
    if high_bit < 15:  # Bits beside them are overlays, in old files.
        overlaid = words | 1 << 15
        again = shown(overlaid, HighBit=high_bit, window="none")
        np.testing.assert_array_equal(again, found)


@pytest.mark.parametrize("is_extended", [False, True])
def test_signs_are_those_of_the_stored_bits(is_extended):
    values = VALUES - 2048
    words = values & (0xFFFF if is_extended else 0xFFF)
    found = shown(words, PixelRepresentation=1, window="none")
    np.testing.assert_array_equal(found, (VALUES / 4095 * 65_535).round())


IS_IMAGE = np.indices((48, 64)).sum(0) > 20


@pytest.mark.parametrize("kind", ["MONOCHROME1", "MONOCHROME2"])
@pytest.mark.parametrize(
    "padding, elements",
    [
        (0, {"PixelPaddingValue": 0}),
        (4095, {"PixelPaddingValue": 4095}),
        # As a whole word, where the pixels have 12 bits.
        (65_535, {"PixelPaddingValue": 65_535}),
        # A range, in either order.
        (3, {"PixelPaddingValue": 0, "PixelPaddingRangeLimit": 9}),
        (3, {"PixelPaddingValue": 9, "PixelPaddingRangeLimit": 0}),
    ],
)
def test_padding_counts_nowhere_and_is_black(kind, padding, elements):
    words = np.where(IS_IMAGE, VALUES, padding)
    elements = {"PhotometricInterpretation": kind, **elements}
    expected = spread(VALUES, IS_IMAGE)
    if kind == "MONOCHROME1":
        expected = np.where(IS_IMAGE, 65_535 - expected, 0)
    np.testing.assert_allclose(shown(words, **elements), expected, atol=1)
    for window in ("none", (2000, 1000)):
        assert (shown(words, **elements, window=window)[~IS_IMAGE] == 0).all()


def test_signed_padding():
    values = VALUES - 2048
    words = np.where(IS_IMAGE, values, -2000) & 0xFFFF
    is_image = IS_IMAGE & (values != -2000)
    # Not always written with its sign.
    for padding in (-2000, 63_536):
        found = shown(
            words,
            PixelPaddingValue=padding,
            PixelRepresentation=1,
            BitsStored=16,
            HighBit=15,
        )
        np.testing.assert_allclose(found, spread(values, is_image), atol=1)


def test_an_image_of_padding_only():
    words = np.full((48, 64), 7)
    assert (shown(words, PixelPaddingValue=7) == 0).all()


@pytest.mark.parametrize(
    "value, expected",
    [("12.5", 12.5), ("1\\2", 1), ([3, 4], 3), ("", "none"), (None, "none"),
     ([], "none"), (7, 7)],
)  # fmt: skip
def test_numbers(value, expected):
    found = dicom_values.number({"Key": value}, "Key", "none", "")
    assert found == expected


@pytest.mark.parametrize("value", ["1,5", "a", "nan", float("inf"), ["x"]])
def test_what_is_no_number(value):
    with pytest.raises(prepare.ImageError, match="^Key is not a number; wait$"):
        dicom_values.number({"Key": value}, "Key", None, "wait")
