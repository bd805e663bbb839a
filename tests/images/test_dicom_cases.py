"""DICOM files that went wrong for others, with the right values."""

import numpy as np
import pytest

pytest.importorskip("pydicom")

from transfusion_tf.images import prepare  # noqa: E402

STORED = np.arange(64) * 65  # Of row 20: 0 .. 4,095.
RAMP = (STORED / 4095 * 65_535).round()


@pytest.fixture
def case(shared):
    """Reads a case: prepared pixels."""

    def read(name, **options):
        raw = (shared / "cases/dicom" / f"{name}.dcm").read_bytes()
        return prepare.prepare(raw, prepare.ImageOptions(**options)).pixels

    return read


@pytest.mark.parametrize(
    "name",
    ["voi0_max4095", "voi8_max4095", "voi12_max4095", "voi16_max4095",
     "highbit15", "ts_says_jpeg_but_j2k"],
)  # fmt: skip
def test_ramps(case, name):
    np.testing.assert_array_equal(case(name)[20], RAMP)


def test_values_of_the_cases(case):
    assert case("voi16_max4095")[20, 48] == 49_931
    assert case("highbit15")[20, [0, 9, 16, 32]].tolist() == [
        0, 9362, 16_644, 33_288
    ]  # fmt: skip


def test_palettes_of_8_bits_in_16(case):
    low, shifted = case("pal16_low8"), case("pal16_shift8")
    np.testing.assert_array_equal(low, shifted)
    assert np.ptp(low) == 255


def test_padding(case):
    found = case("padding_mono1")
    is_padding = found[20] == 0
    inner = found[20][~is_padding].astype(int)
    assert (np.diff(inner) < 0).all()  # MONOCHROME1: high values are dark.
    # Over all of the range, which the padding would have compressed to 6%.
    assert inner.max() > 60_000 and inner.min() < 4_000


def test_8_bits_in_16_allocated(case):
    found = case("jpeg_grey_ba16_bs8")
    assert found.dtype == np.uint8 and np.ptp(found) > 250


@pytest.mark.parametrize(
    "name, message",
    [
        ("slope0", "^RescaleSlope is 0; --window=none takes the stored"),
        ("win_w0", "^the window's width is 0, and WindowWidth must be at lea"),
        ("win_comma", "^WindowCenter is not a number; --window=none takes"),
        ("pet_smallslope", "^the window's width is 0.04, and .*; --window=no"),
    ],
)
def test_reasons_with_a_way_out(case, name, message):
    with pytest.raises(prepare.ImageError, match=message):
        case(name)
    assert np.ptp(case(name, window="none")) > 4000


def test_a_missing_element_is_named(case):
    with pytest.raises(prepare.ImageError, match="^PhotometricInterpretation "):
        case("pi_missing")
