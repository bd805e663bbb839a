"""Tests of what the audit is told of records and of raw images."""

import dataclasses
import zipfile

import numpy as np
import pytest
from PIL import Image

from data_prep import sources
from tests.data import damaged_records
from transfusion_tf.audit import audit, image_facts
from transfusion_tf.data import records
from transfusion_tf.images import fingerprints, prepare


def files_of_one_image(root):
    """A grey image as PNG and JPEG in two splits; two others, one damaged."""
    rng = np.random.default_rng(0)
    image, other = (
        Image.fromarray(noise.astype(np.uint8)).resize((40, 40))
        for noise in rng.integers(0, 256, (2, 9, 9))
    )
    for path, picture in {
        "train/cat/DOE1_a.png": image,
        "train/dog/DOE2_a.jpg": image,
        "test/cat/DOE1_b.png": image,
        "test/dog/DOE3_a.png": other,
    }.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        picture.save(root / path)
    (root / "train/dog/DOE4_a.png").write_bytes(b"damaged")
    return root


def manifest_of(root):
    """The manifest of the files, with patients."""
    return sources.get("image_folder")(
        input=str(root), patient_pattern=r"(DOE\d)"
    )


@pytest.mark.parametrize("num_workers", [1, 2])
def test_facts_of_a_manifest(tmp_path, num_workers):
    manifest = manifest_of(files_of_one_image(tmp_path))
    found = image_facts.of_manifest(manifest, num_workers=num_workers)
    assert found.left_out == 1
    assert found.counts == {
        "train": {"cat": 1, "dog": 1},
        "test": {"cat": 1, "dog": 1},
    }
    summary = audit.audit(found.table, on_leak="report").summary
    assert summary["leaking"] == {"train": 1}
    assert summary["exact_pairs"] == {"train-test": 1}
    assert summary["near_pairs"] == {"train-train": 1, "train-test": 1}
    assert summary["patients_in_common"] == {"train-test": 1}
    ids = set(found.table["id"])
    (repeated,) = (name for name in ids if name.endswith("-2"))
    assert repeated.removesuffix("-2") in ids and len(ids) == 4
    for row in found.table.to_dict("records"):
        pixels = found.image_of(row["id"])
        assert fingerprints.pixel_hash(pixels) == row["pixels"]


def test_images_are_prepared_as_for_records(tmp_path):
    manifest = manifest_of(files_of_one_image(tmp_path))
    options = prepare.ImageOptions(image_size=8)
    found = image_facts.of_manifest(manifest, image_options=options)
    assert found.image_of(found.table["id"][0]).shape == (8, 8)
    assert set(found.table["pixels"]).isdisjoint(
        image_facts.of_manifest(manifest).table["pixels"]
    )


def test_without_splits_all_is_train_and_without_images_it_is_told(tmp_path):
    manifest = manifest_of(files_of_one_image(tmp_path))
    table = manifest.table.drop(columns=["split", "patient"])
    plain = dataclasses.replace(manifest, table=table)
    found = image_facts.of_manifest(plain)
    assert set(found.table["split"]) == {"train"}
    assert "patient" not in found.table
    damaged = table[table["image"].str.contains("DOE4")]
    with pytest.raises(ValueError, match="None of the images can be read"):
        image_facts.of_manifest(dataclasses.replace(manifest, table=damaged))


def test_facts_of_records_are_those_of_the_raw_images(tiny_npz, tiny_dataset):
    raw = image_facts.of_manifest(sources.get("npz")(input=str(tiny_npz)))
    found = image_facts.of_records(records.open_records(tiny_dataset))
    columns = ["id", "split", "label", "pixels", "perceptual"]
    expected, read = (
        part.table[columns].sort_values("id").to_numpy().tolist()
        for part in (raw, found)
    )
    assert read == expected and len(read) == 260
    assert found.counts == raw.counts
    for image_id in found.table["id"][::50]:
        np.testing.assert_array_equal(
            found.image_of(image_id), raw.image_of(image_id)
        )


def test_an_image_that_cannot_be_read_names_its_shard(tiny_dataset, tmp_path):
    def change(place, features):
        if place == 3:
            features["image"] = b"none"

    opened = damaged_records.rewrite(tiny_dataset, tmp_path / "tiny", change)
    with pytest.raises(ValueError, match="hard .*tiny-val.tfrecord.*Convert"):
        image_facts.of_records(opened)


def test_chest_x_rays(shared):
    """Equal ones, two of each patient of two splits, and some of the others."""
    path = shared / "data" / "kermany_chest_224.zip"
    manifest = sources.get("kermany_chest")(input=str(path))
    table = manifest.table
    with zipfile.ZipFile(path) as archive:
        crcs = {info.filename: info.CRC for info in archive.infolist()}
    is_equal = table["image"].map(crcs).duplicated(keep=False)
    is_first = ~table.duplicated(["split", "patient"])
    is_common = table.groupby("patient")["split"].transform("nunique") == 2
    is_sixth = table.index % 6 == 0
    table = table[is_equal | (is_first & is_common) | is_sixth]
    manifest = dataclasses.replace(manifest, table=table)
    table = image_facts.of_manifest(manifest, num_workers=1).table
    summary = audit.audit(table, on_leak="report").summary
    assert summary["exact_groups"] == 30
    assert summary["exact_pairs"] == {"train-train": 28, "test-test": 6}
    assert summary["leaking"] == {}
    assert summary["patients_in_common"] == {"train-test": 264}
