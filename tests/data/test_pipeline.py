"""Records to batches: order, exactness, pixels."""

import dataclasses
import shutil

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from data_prep.sources import image_folder
from transfusion_tf import names
from transfusion_tf.conversion import convert
from transfusion_tf.data import decoded, pipeline, records
from transfusion_tf.images import fingerprints, prepare


@pytest.fixture(scope="module")
def opened(tiny_dataset):
    return records.open_records(tiny_dataset)


def train_ids(opened, num_batches=10, **settings):
    """Ids of the first batches, (num_batches, batch_size) str."""
    settings = {"seed": 0, "batch_size": 16, **settings}
    batches = pipeline.training(opened, image_size=16, **settings)
    batches = batches.take(num_batches)
    found = [batch["id"] for batch in batches.as_numpy_iterator()]
    return np.array(found).astype(str)


@pytest.mark.parametrize("read", ["training", "evaluation", "parsed", "kept"])
def test_nothing_is_tuned_for_whose_end_a_process_would_wait(opened, read):
    how = {"batch_size": 16, "image_size": 16}
    if read == "training":
        batches = pipeline.training(opened, seed=0, **how).take(3)
    elif read == "evaluation":
        batches = pipeline.evaluation(opened, "test", **how)
    elif read == "parsed":
        batches = pipeline.parsed(opened, "test", 16).batch(16)
    else:
        count = opened.num_examples("test")
        images = decoded.DecodedImages(
            opened, "test", image_size=16, num_images=count
        )
        batches = images.batches(16)
    assert batches.options().autotune.enabled is False


@pytest.mark.parametrize("batch_size", [16, 50, 200])
def test_batches_are_cut_from_one_permutation_after_the_other(
    opened, batch_size
):
    found = train_ids(opened, 800 // batch_size, batch_size=batch_size)
    index = pipeline.read_index(opened, "train")
    assert len(index["id"]) == opened.num_examples("train") == 160
    epochs = found.reshape(5, 160)
    for order in epochs:
        assert sorted(order) == sorted(index["id"])
    assert len({order.tobytes() for order in epochs}) == 5


def test_order_is_a_function_of_the_seed(opened):
    first = train_ids(opened, seed=1)
    tf.random.set_seed(5)
    np.testing.assert_array_equal(train_ids(opened, seed=1), first)
    tf.random.set_seed(0)
    np.testing.assert_array_equal(train_ids(opened, seed=1), first)
    assert (train_ids(opened, seed=2) != first).mean() > 0.5


@pytest.mark.parametrize("batch_size", [50, 400])
def test_taking_up_a_run_gives_its_remaining_batches(opened, batch_size):
    whole = train_ids(opened, 12, batch_size=batch_size)
    for first_step in (1, 7, 11):
        rest = train_ids(
            opened,
            12 - first_step,
            batch_size=batch_size,
            first_step=first_step,
        )
        np.testing.assert_array_equal(rest, whole[first_step:])


def parts_of(count, batch_size=7):
    """Rows of a batch for each of `count` devices, by hand."""
    bounds = {2: (0, 3, 7), 3: (0, 2, 4, 7)}[count]
    assert bounds[-1] == batch_size
    return list(zip(bounds[:-1], bounds[1:], strict=True))


def part_ids(opened, parts, *, num_batches, **settings):
    """Ids of the parts, one list after the other."""
    found = pipeline.training(
        opened, seed=0, batch_size=7, image_size=16, parts=parts, **settings
    ).take(num_batches * len(parts))
    return [
        [i.decode() for i in part["id"]] for part in found.as_numpy_iterator()
    ]


@pytest.mark.parametrize("count", [2, 3])
def test_parts_hold_every_example_once_in_the_same_order(opened, count):
    # 53 images: neither the batches nor the devices divide an epoch.
    keep = set(pipeline.read_index(opened, "train")["id"][:53])
    batches = 23  # Three epochs, and a batch that spans two of them.
    whole = train_ids(opened, batches, batch_size=7, keep_ids=keep).ravel()
    parts = part_ids(
        opened, parts_of(count), num_batches=batches, keep_ids=keep
    )
    assert [len(part) for part in parts[:count]] == [
        last - first for first, last in parts_of(count)
    ]
    order = sum(parts, [])
    assert order == whole.tolist()
    for epoch in range(3):
        assert set(order[epoch * 53 : (epoch + 1) * 53]) == keep


@pytest.mark.parametrize("first_step", [0, 9])
def test_workers_read_their_rows_alone(opened, first_step):
    whole = train_ids(opened, 4, batch_size=7, first_step=first_step)
    for first, last in parts_of(3):
        found = part_ids(
            opened, [(first, last)], num_batches=4, first_step=first_step
        )
        assert found == whole[:, first:last].tolist()


def test_a_subset_holds_only_its_ids(opened):
    keep = set(pipeline.read_index(opened, "train")["id"][:40])
    found = train_ids(opened, 5, keep_ids=keep)
    for order in found.reshape(2, 40):
        assert set(order) == keep


def test_a_subset_is_looked_for_once(opened, tmp_path):
    root = tmp_path / "copy"
    shutil.copytree(opened.root, root)
    copy = records.open_records(root)
    keep = set(pipeline.read_index(copy, "train")["id"][:10])
    batches = pipeline.training(
        copy, batch_size=10, image_size=16, seed=0, keep_ids=keep
    ).as_numpy_iterator()
    next(batches)
    for path in copy.shard_paths("train"):
        path.unlink()
    for _ in range(20):
        assert set(next(batches)["id"].astype(str)) == keep


def augmented(opened, num_batches, **settings):
    """(id, image) of the first batches in their order, augmented."""
    batches = pipeline.training(opened, image_size=16, **settings)
    return [
        pair
        for batch in batches.take(num_batches).as_numpy_iterator()
        for pair in zip(batch["id"], batch["image"], strict=True)
    ]


def test_augmentation_follows_the_example_and_its_epoch_not_its_place(opened):
    chosen = (*names.RECIPES["chest"], "brightness", "contrast", "erasing")
    settings = {"seed": 0, "augmentations": ("vertical_flip", *chosen)}
    first = augmented(opened, 20, batch_size=16, **settings)
    second = augmented(opened, 4, batch_size=96, first_step=0, **settings)
    resumed = augmented(opened, 1, batch_size=128, first_step=1, **settings)
    for (name, image), (other_name, other) in (
        *zip(first, second, strict=False),
        *zip(first[128:], resumed, strict=False),
    ):
        assert name == other_name
        np.testing.assert_array_equal(image, other)
    again = dict(first[160:])
    same = [np.array_equal(image, again[name]) for name, image in first[:160]]
    assert np.mean(same) < 0.3


def test_draws_of_one_seed_do_not_come_again_in_another(opened):
    def flipped(seed, epoch):
        raw = dict(augmented(opened, 1, seed=0, batch_size=160))
        drawn = augmented(
            opened,
            1,
            seed=seed,
            batch_size=160,
            first_step=epoch,
            augmentations=("horizontal_flip",),
        )
        return {name: (image != raw[name]).any() for name, image in drawn}

    # Seed and epoch were once joined to seed * 1_000_003 + epoch.
    one, other = flipped(0, 1_000_003), flipped(1, 0)
    # Binomial(160, 1/2): standard deviation 6.3.
    assert 52 < sum(one[name] == other[name] for name in one) < 108


@pytest.mark.parametrize("difference", [-1, 1])
def test_records_that_hold_another_number_than_their_card_says(
    opened, difference, monkeypatch
):
    # As of shards that are too large, or too far away, to be looked through.
    monkeypatch.setattr(records, "_MOST_LOOKED_THROUGH", 0)
    shards = [dict(shard) for shard in opened.card.shards["train"]]
    shards[0]["examples"] += difference
    with pytest.raises(tf.errors.FailedPreconditionError, match="expected"):
        train_ids(with_train_shards(opened, shards), 11)


def test_without_training_images(opened):
    with pytest.raises(ValueError, match="has no training images"):
        train_ids(with_train_shards(opened, []))


def with_train_shards(opened, shards):
    """`opened` with another list of shards for train in its data card."""
    all_shards = {**opened.card.shards, "train": shards}
    card = dataclasses.replace(opened.card, shards=all_shards)
    return dataclasses.replace(opened, card=card)


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
        seen[fingerprints.content_hash(raw)] = prepare.prepare(raw).pixels
    manifest = image_folder.manifest(input=tmp_path / "raw")
    root = convert.convert(
        manifest, tmp_path / "out", convert.ConvertOptions(num_workers=1)
    )
    opened = records.open_records(root)
    for split in opened.card.shards:
        batches = pipeline.evaluation(
            opened, split, batch_size=3, image_size=32
        )
        for batch in pipeline.numpy_batches(batches):
            for image, name in zip(batch["image"], batch["id"], strict=True):
                expected = np.atleast_3d(seen[name]) + np.zeros(3)
                np.testing.assert_array_equal(image, expected)
