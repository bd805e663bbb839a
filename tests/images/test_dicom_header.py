"""Tests of DICOM headers with which pixels mean nothing: named, never guessed.

What else is read of headers is tested with the images, in test_dicom.py.
"""

import numpy as np
import pytest

pytest.importorskip("pydicom")

from tests.dicoms import changed, radiograph, raw_of  # noqa: E402
from transfusion_tf.images import prepare  # noqa: E402

WORDS = np.arange(48 * 64).reshape(48, 64) % 4096


@pytest.mark.parametrize(
    "keyword",
    [
        "PhotometricInterpretation",
        "SamplesPerPixel",
        "Columns",
        "BitsAllocated",
        "BitsStored",
        "PixelRepresentation",
    ],
)
def test_missing_elements_are_named(keyword):
    with pytest.raises(prepare.ImageError) as raised:
        prepare.prepare(radiograph(WORDS, **{keyword: None}))
    assert str(raised.value).startswith(f"{keyword} is missing or empty in")
    assert "add it, or leave the file out" in str(raised.value)


@pytest.mark.parametrize(
    "elements, message",
    [
        ({"PhotometricInterpretation": ""}, "Interpretation is missing or em"),
        ({"PhotometricInterpretation": "CMYK"}, "is none of MONOCHROME1, MON"),
        ({"PhotometricInterpretation": "RGB"}, "SamplesPerPixel does not go"),
        ({"SamplesPerPixel": 4}, "neither grey nor three colours"),
        ({"Columns": [64, 64]}, "Columns is not one whole number"),
        ({"PixelRepresentation": 2}, "PixelRepresentation is neither 0 nor"),
        ({"BitsStored": 0}, "BitsStored is 0, HighBit 11 and BitsAllocated 16"),
        ({"HighBit": 16}, "BitsStored is 12, HighBit 16 and BitsAllocated 16"),
        ({"HighBit": 7}, "BitsStored is 12, HighBit 7 and BitsAllocated 16"),
        ({"BitsAllocated": 12}, "BitsAllocated is 12; 1, 8 and 16 are read"),
        ({"BitsAllocated": 32}, "pixel values beyond 16 bits"),
        ({"NumberOfFrames": "many"}, "NumberOfFrames is not a number; mend"),
        ({"RescaleSlope": "1,5"}, "RescaleSlope is not a number; --window=n"),
        ({"RescaleSlope": "0"}, "RescaleSlope is 0; --window=none takes the"),
        ({"WindowCenter": "a", "WindowWidth": 9}, "WindowCenter is not a num"),
        ({"WindowCenter": 9, "WindowWidth": "1,5"}, "WindowWidth is not a nu"),
        ({"WindowCenter": 9, "WindowWidth": 0.04}, "width is 0.04, and Windo"),
        (
            {"WindowCenter": 9, "WindowWidth": 9, "VOILUTFunction": "CURVE"},
            "VOILUTFunction is none of LINEAR, LINEAR_EXACT and SIGMOID; --w",
        ),
        ({"PixelData": bytes(999)}, "PixelData cannot be decoded, or is shor"),
    ],
)
def test_elements_that_make_no_sense_are_named(elements, message):
    with pytest.raises(prepare.ImageError, match=message) as raised:
        prepare.prepare(radiograph(WORDS, **elements))
    assert "Error)" not in str(raised.value)


@pytest.mark.parametrize(
    "elements",
    [
        {"RescaleSlope": "0"},
        {"RescaleSlope": "1,5"},
        {"WindowCenter": "a", "WindowWidth": 0},
        {"WindowCenter": 9, "WindowWidth": 9, "VOILUTFunction": "CURVE"},
    ],
)
def test_the_way_out_is_one(elements):
    raw = radiograph(WORDS, **elements)
    found = prepare.prepare(raw, prepare.ImageOptions(window="none")).pixels
    np.testing.assert_array_equal(found, (WORDS / 4095 * 65_535).round())


def test_a_missing_high_bit_is_the_usual_one():
    found = prepare.prepare(radiograph(WORDS, HighBit=None)).pixels
    np.testing.assert_array_equal(
        found, prepare.prepare(radiograph(WORDS)).pixels
    )


def test_colours_with_another_high_bit():
    raw = changed("SC_rgb_rle_16bit.dcm", BitsStored=12)
    with pytest.raises(prepare.ImageError, match="HighBit is 15 in colours of"):
        prepare.prepare(raw)
    prepare.prepare(raw_of("SC_rgb_rle_16bit.dcm"))
