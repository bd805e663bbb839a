"""Records to batches: order, exactness, pixels."""

import numpy as np
import pytest
from PIL import Image

from data_prep.sources import image_folder
from transfusion_tf import conversion
from transfusion_tf.data import ids, images, pipeline, records


@pytest.fixture(scope="module")
def opened(tiny_dataset):
    return records.open_records(tiny_dataset)


def train_ids(opened, **settings):
    settings = {"seed": 0, "epoch": 0, "batch_size": 16, **settings}
    batches = pipeline.training(opened, image_size=16, **settings)
    found = [batch["id"] for batch in batches.as_numpy_iterator()]
    return np.array(found).astype(str)


def test_an_epoch_holds_every_example_once(opened):
    found = train_ids(opened)
    index = pipeline.read_index(opened, "train")
    assert sorted(found.ravel()) == sorted(index["id"])
    assert len(index["id"]) == opened.num_examples("train") == 160


def test_order_is_a_function_of_seed_and_epoch(opened):
    first = train_ids(opened, seed=1, epoch=2)
    np.testing.assert_array_equal(train_ids(opened, seed=1, epoch=2), first)
    for other in ({"seed": 1, "epoch": 3}, {"seed": 2, "epoch": 2}):
        assert (train_ids(opened, **other) != first).mean() > 0.5


def test_taking_up_an_epoch_gives_its_remaining_batches(opened):
    whole = train_ids(opened, epoch=1)
    np.testing.assert_array_equal(
        train_ids(opened, epoch=1, first_step=7), whole[7:]
    )


def test_the_incomplete_batch_is_left_out(opened):
    assert train_ids(opened, batch_size=50).shape == (3, 50)


def test_a_subset_holds_only_its_ids(opened):
    keep = set(pipeline.read_index(opened, "train")["id"][:48])
    assert set(train_ids(opened, keep_ids=keep).ravel()) == keep


def test_augmentation_follows_the_example_not_its_place(opened):
    def images(batch_size):
        batches = pipeline.training(
            opened,
            batch_size=batch_size,
            image_size=16,
            seed=0,
            epoch=4,
            augmentations=("shift", "vertical_flip"),
        )
        return {
            name: image
            for batch in batches.as_numpy_iterator()
            for name, image in zip(batch["id"], batch["image"], strict=True)
        }

    first, second = images(16), images(40)
    assert len(first) == len(second) == 160
    for name, image in first.items():
        np.testing.assert_array_equal(image, second[name])


def test_evaluation_yields_every_example_once_in_a_fixed_order(opened):
    def ids(batch_size):
        dataset = pipeline.evaluation(
            opened, "test", batch_size=batch_size, image_size=16
        )
        batches = list(pipeline.numpy_batches(dataset))
        return np.concatenate([batch["id"] for batch in batches])

    found = ids(16)
    assert len(set(found)) == len(found) == 60
    np.testing.assert_array_equal(ids(7), found)


def test_grey_images_come_as_three_equal_channels_of_the_raw_pixels(
    opened, tiny_npz
):
    import hashlib

    with np.load(tiny_npz) as raw:
        by_id = {
            hashlib.sha256(image.tobytes()).hexdigest()[:16]: image
            for image in raw["val_images"]
        }
    dataset = pipeline.evaluation(opened, "val", batch_size=8, image_size=16)
    for batch in pipeline.numpy_batches(dataset):
        assert batch["image"].dtype == np.float32
        for name, image in zip(batch["id"], batch["image"], strict=True):
            for channel in range(3):
                np.testing.assert_array_equal(image[..., channel], by_id[name])


def test_images_are_resized_to_what_the_network_sees(opened):
    dataset = pipeline.evaluation(opened, "val", batch_size=8, image_size=24)
    batch = next(pipeline.numpy_batches(dataset))
    assert batch["image"].shape == (8, 24, 24, 3)
    assert 0 <= batch["image"].min() and batch["image"].max() <= 255


@pytest.mark.parametrize("file_format", ["JPEG", "PNG"])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_training_sees_what_the_conversion_saw(file_format, mode, tmp_path):
    seen = {}
    noise = np.random.default_rng(0).integers(0, 256, (12, 32, 32, 3), np.uint8)
    for index, pixels in enumerate(noise):
        split = ("train", "val", "test")[index % 3]
        path = (
            tmp_path
            / "raw"
            / split
            / "ab"[index % 2]
            / f"{index}.{file_format.lower()}"
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).convert(mode).save(path, file_format)
        raw = path.read_bytes()
        seen[ids.content_hash(raw)] = images.prepare(raw).pixels
    manifest = image_folder.manifest(input=tmp_path / "raw")
    root = conversion.convert(manifest, tmp_path / "out", num_workers=1)
    opened = records.open_records(root)
    for split in opened.card.shards:
        batches = pipeline.evaluation(
            opened, split, batch_size=3, image_size=32
        )
        for batch in pipeline.numpy_batches(batches):
            for image, name in zip(batch["image"], batch["id"], strict=True):
                expected = np.atleast_3d(seen[name]) + np.zeros(3)
                np.testing.assert_array_equal(image, expected)
