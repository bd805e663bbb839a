"""Tests of reading DICOM: pydicom's own files, and files derived from them."""

import io

import numpy as np
import pytest

pydicom = pytest.importorskip("pydicom")

from pydicom import pixels, uid  # noqa: E402

from tests.dicoms import changed, prepared, raw_of, written  # noqa: E402
from transfusion_tf.images import dicom, prepare  # noqa: E402

SECONDARY_CAPTURES = uid.MultiFrameTrueColorSecondaryCaptureImageStorage


def test_a_ct_as_pydicom_shows_it():
    raw = changed(WindowCenter=[40, -600], WindowWidth=[400, 1500])
    dataset = pydicom.dcmread(io.BytesIO(raw))
    units = pixels.apply_modality_lut(dataset.pixel_array, dataset)
    low, high = -(2**15) - 1024, 2**15 - 1 - 1024  # Of the 16 stored bits.
    for index, window in ((0, "auto"), (0, (40, 400)), (1, (-600, 1500))):
        shown = pixels.apply_voi_lut(units, dataset, index=index)
        expected = (shown - low) / (high - low) * 65_535
        image = prepared(raw, window=window)
        assert image.pixels.dtype == np.uint16
        np.testing.assert_array_equal(image.pixels, expected.round())
        assert image[1:6] == (128, 128, 1, 16, False)
    assert len(np.unique(prepared(raw).pixels)) > 256
    assert np.ptp(prepared(raw).pixels) == 65_535


def test_without_a_window_the_values_span_the_range():
    stored = pydicom.dcmread(io.BytesIO(raw_of("CT_small.dcm"))).pixel_array
    stored = stored.astype(float)
    shares = (stored - stored.min()) / np.ptp(stored)
    found = prepared(raw_of("CT_small.dcm")).pixels
    np.testing.assert_array_equal(found, (shares * 65_535).round())
    # "none": what a stored value becomes does not depend on the others.
    found = prepared(raw_of("CT_small.dcm"), window="none").pixels
    np.testing.assert_array_equal(found, stored + 2**15)


def test_monochrome1_is_inverted_last():
    elements = {"WindowCenter": 40, "WindowWidth": 400}
    plain = prepared(changed(**elements)).pixels
    inverted = changed(PhotometricInterpretation="MONOCHROME1", **elements)
    np.testing.assert_array_equal(prepared(inverted).pixels, 65_535 - plain)
    # Were it inverted first, the window would show other tissue.
    assert (plain == 0).mean() > 0.2 and (plain == 65_535).mean() < 0.1


def test_computed_radiography_of_12_bits_unsigned():
    stored = (np.arange(128 * 128).reshape(128, 128) % 4096).astype("<u2")
    raw = changed(
        Modality="CR",
        PixelRepresentation=0,
        BitsStored=12,
        HighBit=11,
        RescaleSlope=None,
        RescaleIntercept=None,
        PixelData=stored.tobytes(),
    )
    for window in ("auto", "none"):
        found = prepared(raw, window=window).pixels
        np.testing.assert_array_equal(found, (stored / 4095 * 65_535).round())


def test_signed_values_keep_their_order():
    stored = np.linspace(-2000, 2000, 128 * 128).astype("<i2")
    raw = changed(PixelData=stored.tobytes(), PixelPaddingValue=None)
    found = prepared(raw).pixels.ravel().astype(int)
    assert found[0] == 0 and found[-1] == 65_535
    assert (np.diff(found)[np.diff(stored) > 0] > 0).all()


@pytest.mark.parametrize(
    "name, same_as",
    [
        ("MR_small_RLE.dcm", "MR_small.dcm"),
        ("MR_small_jp2klossless.dcm", "MR_small.dcm"),
        ("MR_small_implicit.dcm", "MR_small.dcm"),
        ("MR_small_bigendian.dcm", "MR_small.dcm"),
        ("MR_small_padded.dcm", "MR_small.dcm"),
        ("SC_rgb_rle.dcm", "SC_rgb_dcmtk_+eb+cr.dcm"),
    ],
)
def test_transfer_syntaxes_of_the_same_image(name, same_as):
    found, expected = (
        prepared(raw_of(file)).pixels for file in (name, same_as)
    )
    if found.ndim == 2:
        np.testing.assert_array_equal(found, expected)
    else:  # One of them is JPEG with loss.
        np.testing.assert_allclose(found, expected.astype(int), atol=12)


@pytest.mark.parametrize(
    "name, shape, dtype",
    [
        ("JPEG2000.dcm", (1024, 256), np.uint16),
        ("693_J2KI.dcm", (512, 512), np.uint16),
        ("examples_palette.dcm", (350, 800, 3), np.uint8),
        ("SC_rgb_rle_16bit.dcm", (100, 100, 3), np.uint16),
        ("SC_ybr_full_422_uncompressed.dcm", (100, 100, 3), np.uint8),
        ("image_dfl.dcm", (512, 512), np.uint8),  # Deflated.
        ("liver_1frame.dcm", (512, 512), np.uint8),  # One bit.
    ],
)
def test_kinds_that_are_read(name, shape, dtype):
    found = prepared(raw_of(name)).pixels
    assert (found.shape, found.dtype) == (shape, dtype)
    assert np.ptp(found) > np.iinfo(dtype).max // 2


def test_colours_are_those_of_pydicom():
    for name in ("SC_rgb_dcmtk_+eb+cy+np.dcm", "SC_rgb_small_odd.dcm"):
        dataset = pydicom.dcmread(io.BytesIO(raw_of(name)))
        np.testing.assert_array_equal(
            prepared(raw_of(name)).pixels, pixels.pixel_array(dataset)
        )
    dataset = pydicom.dcmread(io.BytesIO(raw_of("examples_palette.dcm")))
    colours = pixels.apply_color_lut(dataset.pixel_array, dataset)
    np.testing.assert_array_equal(
        prepared(raw_of("examples_palette.dcm")).pixels, colours >> 8
    )


def test_a_window_is_for_grey_images():
    for name in ("SC_rgb_small_odd.dcm", "examples_palette.dcm"):
        with pytest.raises(prepare.ImageError, match="the window is for grey"):
            prepared(raw_of(name), window=(40, 80))
        prepared(raw_of(name), window="none")


def test_one_frame_of_several():
    raw = raw_of("SC_rgb_rle_2frame.dcm")
    with pytest.raises(prepare.ImageError, match="holds 2 images, one is"):
        prepared(raw)
    dataset = pydicom.dcmread(io.BytesIO(raw))
    for frame in (0, 1):
        np.testing.assert_array_equal(
            prepared(raw, frame=frame).pixels, dataset.pixel_array[frame]
        )
    with pytest.raises(prepare.ImageError, match="--frame=2, counted from 0"):
        prepared(raw, frame=2)


def test_settings_of_each_frame():
    dataset = pydicom.dcmread(io.BytesIO(raw_of("CT_small.dcm")))
    stored = dataset.pixel_array
    del dataset.RescaleSlope, dataset.RescaleIntercept
    dataset.NumberOfFrames = 2
    dataset.PixelData = dataset.PixelData * 2

    def group(macro, **elements):
        item, outer = pydicom.Dataset(), pydicom.Dataset()
        for keyword, value in elements.items():
            setattr(item, keyword, value)
        setattr(outer, macro, [item])
        return outer

    dataset.PerFrameFunctionalGroupsSequence = [
        group("FrameVOILUTSequence", WindowCenter=center, WindowWidth=201)
        for center in (1000, 2000)
    ]
    dataset.SharedFunctionalGroupsSequence = [
        group(
            "PixelValueTransformationSequence",
            RescaleSlope=2,
            RescaleIntercept=-100,
        )
    ]
    raw = written(dataset)
    for frame, center in enumerate((1000, 2000)):
        shares = (2.0 * stored - 100 - (center - 0.5)) / 200 + 0.5
        np.testing.assert_array_equal(
            prepared(raw, frame=frame).pixels,
            (shares.clip(0, 1) * 65_535).round(),
        )


def test_files_without_the_prefix():
    raw = raw_of("MR_small.dcm")
    expected = prepared(raw).pixels
    dataset = pydicom.dcmread(io.BytesIO(raw))
    for little, implicit in ((True, True), (True, False), (False, False)):
        dataset = pydicom.dcmread(
            io.BytesIO(
                raw_of("MR_small.dcm" if little else "MR_small_bigendian.dcm")
            )
        )
        bare = pydicom.Dataset()
        bare.update(dataset)
        data = written(bare, implicit_vr=implicit, little_endian=little)
        assert data[128:132] != b"DICM" and dicom.is_dicom(data)
        np.testing.assert_array_equal(prepared(data).pixels, expected)


@pytest.mark.parametrize(
    "elements, notes",
    [
        ({}, ()),
        ({"BurnedInAnnotation": "NO"}, ()),
        ({"BurnedInAnnotation": "YES"}, (dicom.BURNED_IN,)),
        ({"ConversionType": "WSD"}, (dicom.SECONDARY_CAPTURE,)),
        (
            {"SOPClassUID": SECONDARY_CAPTURES},
            (dicom.SECONDARY_CAPTURE,),
        ),
        (
            {"BurnedInAnnotation": "YES", "ConversionType": "DV"},
            (dicom.BURNED_IN, dicom.SECONDARY_CAPTURE),
        ),
    ],
)
def test_notes(elements, notes):
    assert prepared(changed(**elements)).notes == notes


def test_the_patient_is_for_grouping():
    assert dicom.patient_of(raw_of("CT_small.dcm")) == "1CT1"
    assert dicom.patient_of(changed(PatientID="")) is None
    assert dicom.patient_of(changed(PatientID=None)) is None
    # Broken pixels do not matter.
    assert dicom.patient_of(raw_of("MR_truncated.dcm")) == "4MR1"
    for raw in (b"", b"text", b"\x89PNG\r\n\x1a\n"):
        with pytest.raises(ValueError, match="^not a DICOM file$"):
            dicom.patient_of(raw)


def test_nothing_of_the_file_but_pixels_leaves():
    texts = set()
    raw = raw_of("CT_small.dcm")
    dataset = pydicom.dcmread(io.BytesIO(raw))
    for element in dataset.iterall():
        if element.VR in ("PN", "LO", "UI", "DA", "TM", "SH") and element.value:
            texts.add(str(element.value).encode())
    assert len(texts) > 20 and all(text in raw for text in texts)
    image = prepared(raw)
    kept = prepared(raw, image_size=128)
    for data in (image.data, kept.data):
        assert not [t for t in texts if len(t) > 3 and t in data]


def test_a_fundus_photograph_in_dicom():
    y, x = np.mgrid[:90, :120]
    disc = np.hypot(y - 45, x - 70) < 40
    colours = (disc[..., None] * [200, 120, 60]).astype(np.uint8)
    raw = changed(
        "SC_rgb_small_odd.dcm",
        Rows=90,
        Columns=120,
        PixelData=colours.tobytes(),
    )
    image = prepared(raw, fundus="crop")
    assert (image.width, image.height) == (80, 80)
    assert image.notes == (dicom.SECONDARY_CAPTURE,)
    with pytest.raises(prepare.ImageError, match="16 bits"):
        prepared(raw_of("CT_small.dcm"), fundus="crop")
