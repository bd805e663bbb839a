"""16 bits from the raw file to what enters the model."""

import dataclasses
import io
import pathlib

import numpy as np
import pandas as pd
import pytest

from transfusion_tf.conversion import convert
from transfusion_tf.data import manifest, pipeline, records
from transfusion_tf.images import prepare

pydicom = pytest.importorskip("pydicom")

NUMBER = 24


@dataclasses.dataclass(frozen=True)
class Scans:
    """CT slices that differ in one value each."""

    raw: bytes

    def read(self, image):
        """Returns the DICOM file number `image`."""
        dataset = pydicom.dcmread(io.BytesIO(self.raw))
        values = dataset.pixel_array.copy()
        values[0, 0] += int(image) + 1
        dataset.PixelData = values.tobytes()
        buffer = io.BytesIO()
        dataset.save_as(buffer)
        return buffer.getvalue()


def test_more_than_256_grey_levels_reach_the_model(tmp_path):
    file = pydicom.data.get_testdata_file("CT_small.dcm", download=False)
    store = Scans(pathlib.Path(file).read_bytes())
    table = pd.DataFrame(
        {
            "image": [str(i) for i in range(NUMBER)],
            "label": ["a", "b"] * (NUMBER // 2),
        }
    )
    options = prepare.ImageOptions(image_size=100)
    root = convert.convert(
        manifest.Manifest("scans", "multiclass", ("a", "b"), table, store),
        tmp_path,
        convert.ConvertOptions(image_options=options, num_workers=1),
    )
    opened = records.open_records(root)
    assert (opened.card.channels, opened.card.bit_depth) == (1, 16)
    expected = {
        prepare.prepare(store.read(i), options).pixels.tobytes(): i
        for i in table["image"]
    }
    for size in (100, 64):  # As stored, and resized on the way.
        (batch,) = pipeline.evaluation(
            opened, "test", batch_size=NUMBER, image_size=size
        ).as_numpy_iterator()
        for image in batch["image"]:
            assert 0 <= image.min() and image.max() <= 255
            assert (image == image[..., :1]).all()  # Grey.
            assert len(np.unique(image)) > 4 * 256
            if size == 100:
                stored = (image[..., 0] * 257).round().astype(np.uint16)
                assert stored.tobytes() in expected
