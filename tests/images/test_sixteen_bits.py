"""16 bits from the raw file to what enters the model."""

import dataclasses
import io
import pathlib

import numpy as np
import pandas as pd
import pytest

from transfusion_tf.config.run import DataConfig
from transfusion_tf.conversion import convert
from transfusion_tf.data import augment, manifest, pipeline, records
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


OPTIONS = prepare.ImageOptions(image_size=100)


@pytest.fixture(scope="module")
def store():
    file = pydicom.data.get_testdata_file("CT_small.dcm", download=False)
    return Scans(pathlib.Path(file).read_bytes())


@pytest.fixture(scope="module")
def opened(store, tmp_path_factory):
    table = pd.DataFrame(
        {
            "image": [str(i) for i in range(NUMBER)],
            "label": ["a", "b"] * (NUMBER // 2),
        }
    )
    root = convert.convert(
        manifest.Manifest("scans", "multiclass", ("a", "b"), table, store),
        tmp_path_factory.mktemp("scans"),
        convert.ConvertOptions(image_options=OPTIONS, num_workers=1),
    )
    return records.open_records(root)


def check_depth(image):
    assert 0 <= image.min() and image.max() <= 255
    assert (image == image[..., :1]).all()  # Grey.
    assert len(np.unique(image)) > 4 * 256


def test_more_than_256_grey_levels_reach_the_model(opened, store):
    assert (opened.card.channels, opened.card.bit_depth) == (1, 16)
    expected = {
        prepare.prepare(store.read(str(i)), OPTIONS).pixels.tobytes()
        for i in range(NUMBER)
    }
    for size in (100, 64):  # As stored, and resized on the way.
        (batch,) = pipeline.evaluation(
            opened, "test", batch_size=NUMBER, image_size=size
        ).as_numpy_iterator()
        for image in batch["image"]:
            check_depth(image)
            if size == 100:
                stored = (image[..., 0] * 257).round().astype(np.uint16)
                assert stored.tobytes() in expected


@pytest.mark.parametrize(
    "augmentations", [("chest",), ("brightness", "contrast", "light")]
)
def test_augmentation_keeps_depth_grey_and_labels(opened, augmentations):
    data = DataConfig(augment=augmentations)
    augment.check(data, channels=1, image_size=100)
    (batch,) = (
        pipeline.training(
            opened,
            batch_size=opened.num_examples("train"),
            image_size=100,
            seed=0,
            augmentations=data.augment,
            ranges=data.ranges,
        )
        .take(1)
        .as_numpy_iterator()
    )
    for image in batch["image"]:
        check_depth(image)
    index = pipeline.read_index(opened, "train")
    labels = dict(zip(index["id"], index["label"], strict=True))
    assert len(labels) == len(batch["id"]) > 4
    for name, label in zip(
        batch["id"].astype(str), batch["label"], strict=True
    ):
        assert labels[name] == label
