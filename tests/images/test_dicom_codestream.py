"""Tests of compressed DICOM images whose header says something else of them."""

import io

import numpy as np
import pytest
from PIL import Image

pydicom = pytest.importorskip("pydicom")

from pydicom import encaps, uid  # noqa: E402

from tests.dicoms import raw_of, written  # noqa: E402
from transfusion_tf.images import prepare  # noqa: E402

GREY = np.add.outer(np.arange(48) * 2, np.arange(64) * 2).astype(np.uint8)


def compressed(pixels, file_format, syntax, **elements):
    """A DICOM file of an image that Pillow has compressed."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(
        buffer,
        file_format,
        **({"no_jp2": True} if file_format == "JPEG2000" else {"quality": 100}),
    )
    dataset = pydicom.dcmread(io.BytesIO(raw_of("MR_small_jp2klossless.dcm")))
    dataset.Rows, dataset.Columns = pixels.shape[:2]
    dataset.PixelRepresentation = 0
    for keyword, value in elements.items():
        setattr(dataset, keyword, value)
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.PixelData = encaps.encapsulate([buffer.getvalue()])
    return written(dataset)


BITS8 = {"BitsAllocated": 8, "BitsStored": 8, "HighBit": 7}


def test_8_bits_in_16_allocated():
    for syntax in (uid.JPEGBaseline8Bit, uid.JPEGExtended12Bit):
        for stored in (8, 12, 16):
            raw = compressed(
                GREY,
                "JPEG",
                syntax,
                BitsAllocated=16,
                BitsStored=stored,
                HighBit=stored - 1,
            )
            prepared = prepare.prepare(raw, prepare.ImageOptions(window="none"))
            assert prepared.bit_depth == 8
            np.testing.assert_allclose(prepared.pixels, GREY, atol=2)


@pytest.mark.parametrize(
    "syntax",
    [
        uid.JPEGBaseline8Bit,
        uid.JPEGExtended12Bit,
        uid.JPEGLosslessSV1,
        uid.JPEGLSLossless,
        uid.RLELossless,
        uid.JPEG2000Lossless,
    ],
)
def test_jpeg_2000_is_what_its_codestream_says(syntax):
    wide = (GREY.astype(np.uint16) * 257)[:, ::-1]
    raw = compressed(
        wide, "JPEG2000", syntax, BitsAllocated=16, BitsStored=16, HighBit=15
    )
    found = prepare.prepare(raw, prepare.ImageOptions(window="none")).pixels
    np.testing.assert_array_equal(found, wide)


@pytest.mark.parametrize(
    "syntax", [uid.JPEG2000, uid.JPEGLosslessSV1, uid.RLELossless]
)
def test_jpeg_is_what_its_codestream_says(syntax):
    raw = compressed(GREY, "JPEG", syntax, **BITS8)
    found = prepare.prepare(raw, prepare.ImageOptions(window="none")).pixels
    np.testing.assert_allclose(found, GREY, atol=2)


def test_neither_of_them():
    dataset = pydicom.dcmread(io.BytesIO(raw_of("JPEG2000.dcm")))
    dataset.PixelData = encaps.encapsulate([b"something else altogether"])
    with pytest.raises(prepare.ImageError, match="neither JPEG nor JPEG 2000"):
        prepare.prepare(written(dataset))
