"""Tests of what a viewer shows of stored grey values."""

import numpy as np
import pytest

pydicom = pytest.importorskip("pydicom")

from pydicom import pixels  # noqa: E402

from transfusion_tf.images import dicom_grey  # noqa: E402

STORED = np.arange(4096).reshape(64, 64)


def header(bits=12, *, signed=False, **elements):
    dataset = pydicom.Dataset()
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.BitsStored = bits
    dataset.PixelRepresentation = int(signed)
    for keyword, value in elements.items():
        setattr(dataset, keyword, value)
    dataset.set_original_encoding(False, True)
    return dataset


def table(values, *, first, bits, vr="US", order="<"):
    item = pydicom.Dataset()
    item.LUTDescriptor = [len(values) % 2**16, first, bits]
    if vr == "OW":
        values = np.asarray(values, f"{order}u2").tobytes()
    item.add_new("LUTData", vr, values)
    return [item]


def shown(stored, dataset, window="auto"):
    return dicom_grey.shown(stored, dataset, window=window, frame=0)


@pytest.mark.parametrize("function", ["LINEAR", "LINEAR_EXACT", "SIGMOID"])
@pytest.mark.parametrize("slope", [1, 2.5])
def test_windows_as_pydicom_applies_them(function, slope):
    dataset = header(
        WindowCenter=900,
        WindowWidth=1000,
        VOILUTFunction=function,
        RescaleSlope=slope,
        RescaleIntercept=-1024,
    )
    low, high = -1024, 4095 * slope - 1024
    units = pixels.apply_modality_lut(STORED, dataset)
    expected = (pixels.apply_windowing(units, dataset) - low) / (high - low)
    np.testing.assert_allclose(
        shown(STORED, dataset), expected * 65_535, atol=0.5 + 1e-6
    )


def test_a_narrow_window_is_a_threshold():
    dataset = header(WindowCenter=100, WindowWidth=1)
    found = shown(STORED, dataset).ravel()
    np.testing.assert_array_equal(np.unique(found), [0, 65_535])
    assert found.argmax() == 100  # PS3.3 C.11.2.1.2: above center - 0.5.


@pytest.mark.parametrize("vr", ["US", "OW"])
@pytest.mark.parametrize("first", [0, 100])
def test_tables_as_pydicom_applies_them(vr, first):
    curve = (np.sqrt(np.arange(3000)) * 18).astype(int).tolist()
    dataset = header(
        VOILUTSequence=table(curve, first=first, bits=10, vr=vr),
        # The table goes before the window.
        WindowCenter=1,
        WindowWidth=2,
    )
    expected = pixels.apply_voi(STORED.astype(np.int32), dataset)
    np.testing.assert_array_equal(
        shown(STORED, dataset), (expected / 1023 * 65_535).round()
    )
    dataset = header(
        ModalityLUTSequence=table(curve, first=first, bits=16, vr=vr)
    )
    expected = pixels.apply_modality_lut(STORED.astype(np.int32), dataset)
    np.testing.assert_array_equal(shown(STORED, dataset, "none"), expected)
    np.testing.assert_array_equal(
        shown(STORED, dataset, (500, 400)),
        ((((expected - 499.5) / 399) + 0.5).clip(0, 1) * 65_535).round(),
    )


def test_tables_of_other_byte_orders_and_signs():
    curve = np.arange(0, 60_000, 15)  # 4,000 entries.
    big = header(
        VOILUTSequence=table(curve, first=0, bits=16, vr="OW", order=">")
    )
    big.set_original_encoding(False, False)
    np.testing.assert_array_equal(
        shown(STORED, big), curve[STORED.clip(0, 3999)]
    )
    # -2000, which a reader that does not know the sign takes for 63,536.
    signed = header(
        signed=True, VOILUTSequence=table(curve.tolist(), first=63_536, bits=16)
    )
    stored = STORED - 2048
    np.testing.assert_array_equal(
        shown(stored, signed), curve[(stored + 2000).clip(0, 3999)]
    )


def test_a_table_of_8_bits_with_many_entries():
    # Pydicom's own look-up wraps around at the 256th entry.
    curve = (np.arange(4096) // 16).tolist()
    dataset = header(VOILUTSequence=table(curve, first=0, bits=8))
    np.testing.assert_array_equal(shown(STORED, dataset), (STORED // 16) * 257)


@pytest.mark.parametrize(
    "bits, declared",
    [
        (12, 0),
        (12, 8),
        (12, 10),
        (12, 12),
        (12, 16),
        (10, 16),
        (14, 8),
        (16, 8),
        (16, 16),
        (15, 16),
        (8, 8),
        (8, 0),
    ],
)
@pytest.mark.parametrize("vr", ["US", "OW"])
def test_bits_of_a_table_are_those_that_it_uses(bits, declared, vr):
    curve = (STORED.ravel() * (2**bits - 1) // 4095).tolist()
    dataset = header(VOILUTSequence=table(curve, first=0, bits=declared, vr=vr))
    top = 2 ** (16 if declared == 16 and bits > 14 else bits) - 1
    expected = np.reshape(curve, STORED.shape) / top * 65_535
    np.testing.assert_array_equal(shown(STORED, dataset), expected.round())


def test_two_entries_of_8_bits_in_a_word():
    curve = np.arange(256)[::-1].astype(np.uint8)
    item = pydicom.Dataset()
    item.LUTDescriptor = [256, 0, 8]
    item.add_new("LUTData", "US", curve.view("<u2").tolist())
    stored = np.arange(256).reshape(16, 16)
    found = shown(stored, header(8, VOILUTSequence=[item]))
    np.testing.assert_array_equal(found, 255 - stored)


@pytest.mark.parametrize("missing", ["LUTDescriptor", "LUTData"])
@pytest.mark.parametrize("sequence", ["VOILUTSequence", "ModalityLUTSequence"])
def test_tables_without_a_part_are_named(sequence, missing):
    (item,) = table([1, 2, 3], first=0, bits=8)
    del item[missing]
    with pytest.raises(ValueError, match=f"^{sequence} has no LUTDescriptor"):
        shown(STORED, header(**{sequence: [item]}))


def test_8_stored_bits_give_8_bits():
    stored = np.arange(256).reshape(16, 16)
    for window in ("auto", "none"):
        found = shown(stored, header(8), window)
        assert found.dtype == np.uint8
        np.testing.assert_array_equal(found, stored)
    inverted = header(8, PhotometricInterpretation="MONOCHROME1")
    np.testing.assert_array_equal(shown(stored, inverted), 255 - stored)


def test_an_image_of_one_value():
    stored = np.full((4, 4), 7)
    assert (shown(stored, header()) == 0).all()


@pytest.mark.parametrize(
    "elements",
    [
        {"WindowCenter": 4, "WindowWidth": 0.5},
        {"WindowCenter": 4, "WindowWidth": 0, "VOILUTFunction": "SIGMOID"},
        {"WindowCenter": 4, "WindowWidth": 9, "VOILUTFunction": "CURVE"},
        {"RescaleSlope": float("nan")},
    ],
)
def test_settings_that_make_no_sense(elements):
    dataset = header()
    for keyword, value in elements.items():
        element = pydicom.DataElement(keyword, "FD", 0.0)
        if keyword == "VOILUTFunction":
            element = pydicom.DataElement(keyword, "CS", value)
        else:
            element.value = value
        dataset.add(element)
    with pytest.raises(ValueError, match="window|function|finite"):
        shown(STORED, dataset)
