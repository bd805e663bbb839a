"""Tests of turning pixels into JPEG and PNG bytes."""

import io
import struct

import numpy as np
import pytest
from PIL import Image

from transfusion_tf.images import decoding, encoding


def noise(*shape, dtype=np.uint8):
    values = np.random.default_rng(8).integers(
        0, np.iinfo(dtype).max, shape, dtype, endpoint=True
    )
    values.flat[:2] = 0, np.iinfo(dtype).max
    return values


@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 3), (1, 1, 3)])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_png_keeps_every_value(shape, dtype):
    pixels = noise(*shape, dtype=dtype)
    data = encoding.encode(pixels, as_jpeg=False)
    assert data[24] == 8 * pixels.itemsize
    assert struct.unpack_from(">II", data, 16) == shape[1::-1]
    found = np.asarray(decoding.ImageFile(data).picture())
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, pixels)


def test_jpeg_is_for_8_bits():
    data = encoding.encode(noise(16, 16, 3), as_jpeg=True)
    image = Image.open(io.BytesIO(data))
    assert image.format == "JPEG"
    assert [part[1:3] for part in image.layer] == [(1, 1)] * 3  # 4:4:4.
    # Libjpeg's tables at 95: a tenth of the standard's first step, 16.
    assert image.quantization[0][0] == 2
    wide = encoding.encode(noise(4, 4, dtype=np.uint16), as_jpeg=True)
    assert Image.open(io.BytesIO(wide)).format == "PNG"


def test_pixels_that_are_not_in_one_piece():
    pixels = noise(9, 8, 3)[::2, ::-1]
    data = encoding.encode(pixels, as_jpeg=False)
    np.testing.assert_array_equal(
        np.asarray(Image.open(io.BytesIO(data))), pixels
    )
