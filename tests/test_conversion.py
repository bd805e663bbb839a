"""Tests of whole conversions: what comes out, and that nothing else matters."""

import dataclasses
import hashlib
import io
import multiprocessing
import os
import signal
import time

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from transfusion_tf import conversion, shards
from transfusion_tf.data import images, records, splits
from transfusion_tf.data.manifest import Manifest


@dataclasses.dataclass(frozen=True)
class MemoryStore:
    """Images by name; can be slow, to be interrupted in time."""

    images: dict
    seconds: float = 0.0

    def read(self, image):
        """Returns the bytes or array called `image`."""
        time.sleep(self.seconds)
        return self.images[image]


def make_image(seed, *, size=8, file_format="PNG"):
    """A file of noise."""
    pixels = np.random.default_rng(seed).integers(0, 256, (size, size, 3))
    buffer = io.BytesIO()
    Image.fromarray(pixels.astype(np.uint8)).save(buffer, file_format)
    return buffer.getvalue()


def make_manifest(num_images=60, *, patients=True, replaced=None, **changes):
    """Images of two classes, three a patient, two pairs of them identical."""
    images = {f"DOE^JOHN/{i}.png": make_image(i) for i in range(num_images)}
    names = list(images)
    images[names[7]] = images[names[5]]
    images[names[12]] = images[names[5]]
    images |= replaced or {}
    table = pd.DataFrame(
        {
            "image": names,
            "label": np.where(np.arange(num_images) % 3 == 0, "cat", "dog"),
            "patient": [f"DOE^JOHN {i // 3}" for i in range(num_images)],
        }
    )
    manifest = Manifest(
        "pets",
        "multiclass",
        ("cat", "dog"),
        table if patients else table.drop(columns="patient"),
        MemoryStore(images),
        source={"kind": "test"},
    )
    return dataclasses.replace(manifest, **changes)


def contents(root):
    """{file name: SHA-256} of a version directory."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.iterdir())
    }


def examples(root, split):
    """The decoded examples of a split, as tensorflow_datasets reads them."""
    import tensorflow_datasets as tfds

    builder = tfds.builder_from_directory(str(root))
    return list(tfds.as_numpy(builder.as_dataset(split=split)))


@pytest.fixture(scope="module", autouse=True)
def small_shards():
    """Several shards for few images."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("transfusion_tf.data.ids.EXAMPLES_PER_SHARD", 12)
        yield


@pytest.fixture(scope="module")
def converted(small_shards, tmp_path_factory):
    """The version directory of `make_manifest()`."""
    return conversion.convert(
        make_manifest(), tmp_path_factory.mktemp("converted")
    )


def test_tfds_reads_what_the_manifest_says(converted):
    manifest = make_manifest()
    pixels = {
        np.asarray(Image.open(io.BytesIO(data))).tobytes(): name
        for name, data in manifest.store.images.items()
    }
    labels = manifest.table.set_index("image")["label"]
    card = records.read_card(converted)
    seen, patients = [], {}
    for split, number in card.num_examples.items():
        found = examples(converted, split)
        assert len(found) == number
        for example in found:
            name = pixels[example["image"].tobytes()]
            seen.append(example["id"])
            if not example["id"].startswith(examples_of_five(manifest)):
                assert card.classes[example["label"]] == labels[name]
            patients.setdefault(example["patient"], set()).add(split)
    assert len(set(seen)) == len(seen) == 60
    assert len(patients) == 20
    assert all(len(splits) == 1 for splits in patients.values())
    assert patients.keys() <= set(seen)


def examples_of_five(manifest):
    """The id that three identical images share, but for its suffix."""
    data = manifest.store.images["DOE^JOHN/5.png"]
    return hashlib.sha256(data).hexdigest()[:16].encode()


def test_card_tells_what_was_done(converted):
    card = records.open_records(converted, verify=True).card
    assert (card.channels, card.bit_depth, card.image_size) == (3, 8, 8)
    assert card.preprocessing["kept"] == 60
    assert card.grouped_by == "patient" and card.patients_in_common == 0
    assert card.splits["test"].startswith("drawn: 15% of train by patient")
    assert sum(sum(c.values()) for c in card.counts.values()) == 60
    assert card.source.keys() == {"kind", "sha256_of_ids"}
    assert len(card.shards["train"]) == round(card.num_examples["train"] / 12)


def test_no_name_of_the_raw_data_is_left(converted):
    for path in converted.iterdir():
        assert b"DOE" not in path.read_bytes(), path.name
    assert {path.name for path in converted.parent.iterdir()} == {"1.0.0"}


def test_examples_lie_in_the_order_of_their_ids(converted):
    ids = [example["id"] for example in examples(converted, "train")]
    assert ids == sorted(ids)


def test_the_order_of_rows_does_not_matter(converted, tmp_path):
    manifest = make_manifest()
    shuffled = manifest.table.sample(frac=1, random_state=1)
    again = conversion.convert(
        dataclasses.replace(manifest, table=shuffled), tmp_path
    )
    assert contents(again) == contents(converted)


def test_the_number_of_workers_does_not_matter(converted, tmp_path):
    again = conversion.convert(make_manifest(), tmp_path, num_workers=2)
    assert contents(again) == contents(converted)


def convert_slowly(output_dir):
    """A conversion that is killed; in a process of its own."""
    manifest = make_manifest()
    slow = dataclasses.replace(manifest.store, seconds=0.02)
    from transfusion_tf.data import ids

    ids.EXAMPLES_PER_SHARD = 12
    conversion.convert(dataclasses.replace(manifest, store=slow), output_dir)


def test_a_killed_conversion_goes_on(converted, tmp_path, monkeypatch):
    process = multiprocessing.get_context("spawn").Process(
        target=convert_slowly, args=(tmp_path,)
    )
    process.start()
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob(".work-*/*/done/*.json")):
        assert time.monotonic() < deadline and process.is_alive()
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    finished = {p.stem for p in tmp_path.glob(".work-*/*/done/*.json")}
    assert finished and not (tmp_path / "1.0.0").exists()
    written = []
    write_shard = records.write_shard
    monkeypatch.setattr(
        records,
        "write_shard",
        lambda path, rows: written.append(path.name) or write_shard(path, rows),
    )
    again = conversion.convert(make_manifest(), tmp_path)
    assert contents(again) == contents(converted)
    assert written and not finished & set(written)
    assert {path.name for path in tmp_path.iterdir()} == {"1.0.0"}


def test_the_same_again_is_not_made_twice(tmp_path, monkeypatch):
    root = conversion.convert(make_manifest(), tmp_path)
    monkeypatch.setattr(shards, "plan", None)  # Would be called.
    assert conversion.convert(make_manifest(), tmp_path) == root


@pytest.mark.parametrize(
    "settings, changes",
    [
        ({"split_options": splits.Options(seed=1)}, {}),
        ({"image_options": images.Options(image_size=4)}, {}),
        ({}, {"name": "others"}),
        ({}, {"classes": ("dog", "cat")}),
        ({}, {"patients": False}),
        ({}, {"num_images": 57}),
    ],
)
def test_another_conversion_replaces_only_if_told(
    settings, changes, tmp_path, converted
):
    root = conversion.convert(make_manifest(), tmp_path)
    with pytest.raises(ValueError, match="1.0.0 is there already.*--overwrite"):
        conversion.convert(make_manifest(**changes), tmp_path, **settings)
    assert contents(root) == contents(converted)
    conversion.convert(
        make_manifest(**changes), tmp_path, overwrite=True, **settings
    )
    assert contents(root) != contents(converted)
    assert {path.name for path in tmp_path.iterdir()} == {"1.0.0"}


def test_damaged_records_are_made_again(tmp_path, converted):
    root = conversion.convert(make_manifest(), tmp_path)
    next(root.glob("*.tfrecord-00001-of-*")).write_bytes(b"")
    conversion.convert(make_manifest(), tmp_path)
    assert contents(root) == contents(converted)


def bad_images():
    """Three of 60 images that cannot be used, two of them identical."""
    cut = make_image(4)[:100]
    return {
        "DOE^JOHN/4.png": cut,
        "DOE^JOHN/40.png": cut,
        "DOE^JOHN/41.png": b"text",
    }


def test_a_bad_image_is_named_and_nothing_is_left(tmp_path):
    replaced = {"DOE^JOHN/41.png": b"text"}
    with pytest.raises(
        ValueError,
        match="'DOE.JOHN/41.png' cannot be used: "
        "not an image.*--max_bad_fraction",
    ) as raised:
        conversion.convert(make_manifest(replaced=replaced), tmp_path / "out")
    assert "\n" not in str(raised.value)
    assert list(tmp_path.iterdir()) == []


def test_bad_images_are_left_out_as_if_they_had_not_been_there(tmp_path):
    manifest = make_manifest(replaced=bad_images())
    with pytest.raises(ValueError, match="cannot be used"):
        conversion.convert(manifest, tmp_path / "a", max_bad_fraction=2 / 60)
    root = conversion.convert(manifest, tmp_path / "a", max_bad_fraction=0.05)
    good = manifest.table[~manifest.table["image"].isin(bad_images())]
    clean = conversion.convert(
        dataclasses.replace(manifest, table=good), tmp_path / "b"
    )
    own = {"data_card.json", "quarantine.csv"}
    for name, checksum in contents(root).items():
        assert name in own or checksum == contents(clean)[name], name
    quarantine = pd.read_csv(root / records.QUARANTINE)
    assert list(quarantine) == ["id", "reason"]
    cut, _, text = (
        hashlib.sha256(data).hexdigest()[:16] for data in bad_images().values()
    )
    assert set(quarantine["id"]) == {cut, f"{cut}-2", text}
    assert records.read_card(root).quarantined == 3
    assert (
        conversion.convert(  # Is found, not refused.
            manifest, tmp_path / "a", max_bad_fraction=0.05
        )
        == root
    )
    with pytest.raises(ValueError, match="cannot be used"):
        conversion.convert(manifest, tmp_path / "a")
    records.open_records(root, verify=True)


def test_several_labels_16_bits_and_further_columns(tmp_path):
    rng = np.random.default_rng(0)
    arrays = {i: rng.integers(0, 2**16, (6, 5), np.uint16) for i in range(40)}
    table = pd.DataFrame(
        {
            "image": list(arrays),
            "a": 1,
            "b": np.arange(40) % 3 - 1,
            "site": [f"site {i % 2}" for i in range(40)],
            "age": 50,
        }
    )
    manifest = Manifest(
        "scans",
        "multilabel",
        ("b", "a"),
        table,
        MemoryStore(arrays),
        extra_columns=("site",),
    )
    root = conversion.convert(manifest, tmp_path)
    card = records.read_card(root)
    assert (card.channels, card.bit_depth, card.image_size) == (1, 16, None)
    by_id = {
        hashlib.sha256(a.tobytes()).hexdigest()[:16].encode(): i
        for i, a in arrays.items()
    }
    for example in examples(root, "train"):
        i = by_id[example["id"]]
        np.testing.assert_array_equal(example["image"][..., 0], arrays[i])
        assert example["labels"].tolist() == [i % 3 - 1, 1]
        assert example["site"].decode() == f"site {i % 2}"
        assert "age" not in example and "patient" not in example


def test_grey_among_colour_decodes_to_three_channels(tmp_path):
    buffer = io.BytesIO()
    Image.new("L", (8, 8), 77).save(buffer, "PNG")
    name = "DOE^JOHN/0.png"
    manifest = make_manifest(30, replaced={name: buffer.getvalue()})
    root = conversion.convert(manifest, tmp_path)
    card = records.read_card(root)
    assert card.channels == 3 and card.preprocessing["kept"] == 30
    found = [e["image"] for split in card.splits for e in examples(root, split)]
    assert {image.shape for image in found} == {(8, 8, 3)}
    assert sum((image == 77).all() for image in found) == 1


def test_8_and_16_bits_do_not_mix(tmp_path):
    array = np.full((8, 8), 300, np.uint16)
    manifest = make_manifest(30, replaced={"DOE^JOHN/0.png": array})
    with pytest.raises(ValueError, match="29 images have 8 bits and 1 have 16"):
        conversion.convert(manifest, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def with_official_splits(*, by_patient):
    """`make_manifest` with every fourth patient, or image, in test."""
    manifest = make_manifest()
    unit = np.arange(60) // (3 if by_patient else 1)
    split = np.where(unit % 4 == 0, "test", "train")
    return dataclasses.replace(
        manifest, table=manifest.table.assign(split=split)
    )


def num_shared(manifest):
    """The number of patients in both splits, counted one by one."""
    splits_of = {}
    for row in manifest.table.itertuples():
        splits_of.setdefault(row.patient, set()).add(row.split)
    return sum(len(found) > 1 for found in splits_of.values())


def test_official_splits_that_share_patients_are_replaced_and_told(
    tmp_path, caplog
):
    manifest = with_official_splits(by_patient=False)
    with caplog.at_level("WARNING", logger="absl"):
        root = conversion.convert(manifest, tmp_path)
    card, shared = records.read_card(root), num_shared(manifest)
    images = 3 * shared
    told = f"{shared} patients ({images} images) are in more than one"
    (record,) = caplog.records
    assert told in record.getMessage() and shared > 0
    assert "--splits=official keeps them" in record.getMessage()
    assert told in card.source["official_splits"]
    assert card.patients_in_common == 0
    assert card.splits["test"].startswith("drawn: 15% of train by patient")


def test_official_splits_that_share_patients_are_kept_if_asked(
    tmp_path, caplog
):
    manifest = with_official_splits(by_patient=False)
    with caplog.at_level("WARNING", logger="absl"):
        card = records.read_card(
            conversion.convert(
                manifest,
                tmp_path,
                split_options=splits.Options(mode="official"),
            )
        )
    shared = num_shared(manifest)
    assert card.patients_in_common == shared > 0
    assert f"{shared} patients have images in more than one" in caplog.text
    assert card.num_examples["test"] == 15
    assert card.splits["test"] == "official"
    assert "official_splits" not in card.source


def test_official_splits_by_patient_are_kept_unless_others_are_asked_for(
    tmp_path, caplog
):
    manifest = with_official_splits(by_patient=True)
    with caplog.at_level("WARNING", logger="absl"):
        kept = conversion.convert(manifest, tmp_path / "a")
    assert caplog.records == []
    assert records.read_card(kept).num_examples["test"] == 15
    assert records.read_card(kept).splits["test"] == "official"
    # To ask for what happens anyway is no other conversion.
    assert kept == conversion.convert(
        manifest, tmp_path / "a", split_options=splits.Options(mode="official")
    )
    with pytest.raises(ValueError, match="is there already"):
        conversion.convert(
            manifest,
            tmp_path / "a",
            split_options=splits.Options(mode="grouped"),
        )
    card = records.read_card(
        conversion.convert(
            manifest,
            tmp_path / "b",
            split_options=splits.Options(mode="grouped", seed=3),
        )
    )
    assert card.splits["test"].endswith("by patient, stratified, seed 3")
    assert card.patients_in_common == 0


@pytest.mark.parametrize(
    "settings, message",
    [
        (
            {"split_options": splits.Options(mode="official")},
            "--splits=official needs a data set with",
        ),
        ({"num_workers": 0}, "num_workers must be at least 1. Received: 0"),
        ({"max_bad_fraction": 1.0}, "below 1. Received: 1.0"),
    ],
)
def test_settings_that_make_no_sense(settings, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        conversion.convert(make_manifest(), tmp_path / "out", **settings)
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError):
        conversion.convert(make_manifest(), tmp_path / "file")
