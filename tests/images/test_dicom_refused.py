"""DICOM files that are refused, and how: one line, nothing of a patient."""

import importlib.util
import io
import struct
import zlib

import pytest

pydicom = pytest.importorskip("pydicom")

from pydicom import encaps, uid  # noqa: E402

from tests.dicoms import changed, prepared, raw_of, written  # noqa: E402
from transfusion_tf.images import dicom, dicom_header, prepare  # noqa: E402

NO_IMAGE = "^a DICOM file without an image, or cut off before it$"
JPEG_LOSSLESS = "SC_rgb_jpeg_gdcm.dcm"


@pytest.mark.parametrize(
    "raw",
    [b"", b"\x89PNG\r\n\x1a\n" + bytes(200), b"\xff\xd8\xff\xe0", b"II*\0abc"],
)
def test_what_is_not_dicom(raw):
    assert not dicom.is_dicom(raw)


def test_nothing_of_the_file_is_logged(caplog, recwarn):
    for name in ("badVR.dcm", "examples_ybr_color.dcm"):
        with pytest.raises(prepare.ImageError):
            prepared(raw_of(name))
    assert not caplog.records and not recwarn.list
    dataset = pydicom.dcmread(io.BytesIO(raw_of("badVR.dcm")))
    with pytest.warns(UserWarning, match="Invalid value"):
        str(dataset.NumberOfFrames)
    assert caplog.records  # Which it would be.


@pytest.mark.parametrize(
    "raw, message",
    [
        (raw_of("MR_truncated.dcm"), "^damaged or cut off"),
        (raw_of("badVR.dcm"), "^pixel values beyond 16 bits$"),
        (raw_of("rtplan.dcm"), NO_IMAGE),
        (raw_of("rtdose_1frame.dcm"), "^pixel values beyond 16 bits$"),
        (changed(Rows=30_000, Columns=30_000), "^absurdly large"),
        (changed(Rows=0), "^damaged or cut off"),
        (changed(Rows=None), NO_IMAGE),
        (changed(Columns=129), "^damaged or cut off"),
        (
            changed(PhotometricInterpretation="SECRET"),
            "^PhotometricInterpretation is none of MONOCHROME1, MONOCHROME2,",
        ),
        (
            changed(WindowCenter=1, WindowWidth=0),
            "^the window's width is 0, .*; --window=none takes the stored",
        ),
        (
            # Whose codestream claims to be 3,722,445,056 pixels wide.
            raw_of("JPEG2000-embedded-sequence-delimiter.dcm"),
            "^the compressed image is of another size than the header says ",
        ),
        (
            changed("SC_rgb_jpeg_dcmtk.dcm", Rows=50),
            "^the compressed image is of another size than the header says ",
        ),
        (raw_of("CT_small.dcm")[:5000], NO_IMAGE),
        (raw_of("CT_small.dcm")[:-1000], "^damaged or cut off"),
        (raw_of("MR_small_RLE.dcm")[:-1000], NO_IMAGE),
        (raw_of("JPEG2000.dcm")[:-90], NO_IMAGE),
    ],
)
def test_files_that_cannot_be_used(raw, message):
    with pytest.raises(prepare.ImageError, match=message) as raised:
        prepared(raw)
    assert "\n" not in str(raised.value) and "SECRET" not in str(raised.value)


def test_a_deflated_bomb(monkeypatch):
    monkeypatch.setattr(dicom_header, "_MAX_INFLATED", 2**20)
    deflated = raw_of("image_dfl.dcm")
    dataset = pydicom.dcmread(io.BytesIO(deflated))
    del dataset.PixelData
    head = written(dataset)
    start = 132 + 12 + struct.unpack_from("<I", head, 140)[0]
    compress = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    packed = compress.compress(bytes(2**20 + 1)) + compress.flush()
    bomb = head[:start] + packed
    assert len(bomb) < 2**13
    with pytest.raises(prepare.ImageError, match="^absurdly large"):
        prepared(bomb)
    with pytest.raises(prepare.ImageError, match="^absurdly large"):
        dicom.patient_of(bomb)


@pytest.mark.skipif(
    importlib.util.find_spec("libjpeg") is not None,
    reason="pylibjpeg-libjpeg is installed and reads them",
)
@pytest.mark.parametrize(
    "name, message",
    [
        (
            JPEG_LOSSLESS,
            "needs a decoder for JPEG Lossless, .*: "
            "pip install pylibjpeg pylibjpeg-libjpeg$",
        ),
        ("JPGExtended.dcm", "pip install pylibjpeg pylibjpeg-libjpeg$"),
        ("MR_small_jpeg_ls_lossless.dcm", "pip install pyjpegls$"),
    ],
)
def test_missing_decoders_are_named(name, message):
    with pytest.raises(prepare.ImageError, match=message):
        prepared(raw_of(name))


def test_a_syntax_without_a_decoder():
    dataset = pydicom.dcmread(io.BytesIO(raw_of("JPEG2000.dcm")))
    dataset.file_meta.TransferSyntaxUID = uid.MPEG2MPML
    # With its codestream it would be read, whatever the header says.
    dataset.PixelData = encaps.encapsulate([bytes(100)])
    with pytest.raises(prepare.ImageError, match="no decoder of pydicom reads"):
        prepared(written(dataset))


def test_pydicom_is_named_where_it_is_missing(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    for read in (prepare.prepare, dicom.patient_of):
        with pytest.raises(ValueError, match=r"'transfusion_tf\[dicom\]'") as e:
            read(raw_of("CT_small.dcm"))
        assert not isinstance(e.value, prepare.ImageError)  # Stops at once.


def test_compressed_frames_are_checked_one_by_one():
    frames = [
        bytes(
            encaps.get_frame(
                pydicom.dcmread(io.BytesIO(raw_of(name))).PixelData,
                0,
                number_of_frames=1,
            )
        )
        for name in ("SC_rgb_jpeg_dcmtk.dcm", "SC_rgb_jpeg.dcm")
    ]
    raw = changed(
        "SC_rgb_jpeg_dcmtk.dcm",
        NumberOfFrames=2,
        PixelData=encaps.encapsulate(frames),
    )
    assert prepared(raw, frame=0).pixels.shape == (100, 100, 3)
    with pytest.raises(prepare.ImageError, match="of another size"):
        prepared(raw, frame=1)  # 256 x 256.
