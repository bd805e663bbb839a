"""Images that stay decoded: the bits of those that are decoded anew."""

import dataclasses
import os

import numpy as np
import pytest
from PIL import Image

from data_prep.sources import image_folder
from transfusion_tf.conversion import convert
from transfusion_tf.data import decoded, folds, pipeline, records


@pytest.fixture(scope="module")
def opened(tiny_dataset):
    return records.open_records(tiny_dataset)


def keep(opened, split="train", **settings):
    """The DecodedImages of a split, of all of it if nothing else is said."""
    kept = settings.get("keep_ids")
    count = opened.num_examples(split) if kept is None else len(kept)
    settings = {"image_size": 16, "num_images": count, **settings}
    return decoded.DecodedImages(opened, split, **settings)


def equal_batches(found, expected):
    """Compares two datasets, all columns bit for bit; returns how many."""
    number = 0
    for one, other in zip(found, expected, strict=True):
        number += 1
        assert one.keys() == other.keys()
        for key, values in one.items():
            assert values.dtype == other[key].dtype
            np.testing.assert_array_equal(values, other[key])
    return number


def training(opened, images=None, **settings):
    settings = {"batch_size": 48, "image_size": 16, "seed": 2, **settings}
    batches = pipeline.training(opened, images=images, **settings)
    return batches.take(8).as_numpy_iterator()


@pytest.mark.parametrize(
    ("settings", "on_disk"),
    [
        ({}, False),
        ({}, True),
        ({"image_size": 20}, True),
        ({"first_step": 5, "augmentations": ("shift",)}, False),
        ({"keep_ids": 50, "batch_size": 130}, False),
    ],
)
def test_training_sees_the_same_in_the_same_order(
    opened, tmp_path, settings, on_disk
):
    settings = dict(settings)
    if "keep_ids" in settings:
        ids = pipeline.read_index(opened, "train")["id"]
        settings["keep_ids"] = set(ids[-settings["keep_ids"] :])
    about = {
        key: settings[key]
        for key in ("image_size", "keep_ids")
        if key in settings
    }
    images = keep(opened, folder=tmp_path if on_disk else None, **about)
    found = training(opened, images, **settings)
    assert equal_batches(found, training(opened, **settings)) == 8
    assert not list(tmp_path.iterdir())  # The file has no name.


def test_a_fold_is_kept_as_its_own_images(opened):
    fold = folds.of_records(opened, num_folds=3, fold=2)
    found = training(fold, keep(fold, keep_ids=fold.ids("train")))
    assert equal_batches(found, training(fold)) == 8
    found = keep(fold, "val").batches(7).as_numpy_iterator()
    expected = pipeline.evaluation(fold, "val", batch_size=7, image_size=16)
    assert equal_batches(found, expected.as_numpy_iterator())


@pytest.mark.parametrize("image_size", [16, 12])
def test_sixteen_bits_and_carried_columns_are_kept(image_size, tmp_path):
    rng = np.random.default_rng(0)
    for number in range(9):
        name = f"{('train', 'val', 'test')[number % 3]}/{'ab'[number // 5]}"
        path = tmp_path / "raw" / name / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = rng.integers(0, 2**16, (16, 16), np.uint16)
        Image.fromarray(pixels).save(path)
    manifest = image_folder.manifest(input=tmp_path / "raw")
    options = convert.ConvertOptions(num_workers=1)
    made = convert.convert(manifest, tmp_path / "out", options)
    opened = records.open_records(made)
    assert opened.card.bit_depth == 16
    images = keep(opened, "val", image_size=image_size)
    bytes_each = {16: 2, 12: 4}[image_size] * image_size**2
    count = opened.num_examples("val")
    assert decoded.num_bytes(opened, count, image_size) == count * bytes_each
    expected = pipeline.evaluation(
        opened, "val", batch_size=2, image_size=image_size
    )
    found = images.batches(2).as_numpy_iterator()
    assert equal_batches(found, expected.as_numpy_iterator()) == 2


@pytest.mark.parametrize("difference", [-1, 1])
def test_records_that_hold_another_number_than_their_card_says(
    opened, difference, monkeypatch
):
    monkeypatch.setattr(records, "_MOST_LOOKED_THROUGH", 0)
    shards = [dict(shard) for shard in opened.card.shards["train"]]
    shards[0]["examples"] += difference
    all_shards = {**opened.card.shards, "train": shards}
    card = dataclasses.replace(opened.card, shards=all_shards)
    with pytest.raises(ValueError, match="another number of images"):
        keep(dataclasses.replace(opened, card=card))


def test_a_disk_without_room_is_told_before_anything_is_written(
    opened, tmp_path, monkeypatch
):
    def full(descriptor, start, size):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(OSError, match="No space left"):
        keep(opened, folder=tmp_path)
    assert not list(tmp_path.iterdir())
