"""Tests of the ultrasound images of the breast."""

import pandas as pd
import pytest

from data_prep import sources
from tests.data_prep import trees, trees_revisiting


def read(place, **options):
    manifest = sources.get("busi")(input=place, **options)
    manifest.check()
    return manifest


@pytest.fixture
def root(tmp_path):
    return trees_revisiting.make_busi(tmp_path)["input"]


@pytest.mark.parametrize("kind", ["directory", "zip", "tar"])
def test_masks_are_left_out_and_normal_is_not_malignant(root, kind, caplog):
    manifest = read(trees.packed(root, kind))
    assert (manifest.name, manifest.task) == ("busi", "multiclass")
    assert manifest.classes == ("benign", "malignant")
    counts = manifest.table["label"].value_counts().to_dict()
    assert counts == {"benign": 12 + 4, "malignant": 8}
    assert not manifest.table["image"].str.contains("mask").any()
    assert not manifest.has_patients
    assert "patients" in manifest.source["no_patients"]
    assert (
        "busi is not as it was published, images may be missing: benign: 12 "
        "instead of 437, malignant: 8 instead of 210, normal: 4 instead of 133."
    ) in caplog.text


def test_the_three_folders(root):
    manifest = read(root, label_set="diagnosis")
    assert manifest.classes == ("benign", "malignant", "normal")
    counts = manifest.table["label"].value_counts().to_dict()
    assert counts == trees_revisiting.BUSI_COUNTS
    with pytest.raises(ValueError, match="'x'; known: malignancy, diagnosis"):
        read(root, label_set="x")


def test_any_order_and_any_place(root):
    inner = read(root / trees_revisiting.BUSI).table
    outer = read(trees.packed(root, "zip")).table
    outer["image"] = outer["image"].str.removeprefix("Dataset_BUSI_with_GT/")
    pd.testing.assert_frame_equal(inner, outer)


@pytest.mark.parametrize(
    "path, message",
    [
        (
            "benign/benign.png",
            "outside of the folders.* 'Dataset_.*/benign.png'",
        ),
        ("normal/benign (1).png", "outside of the folders of this"),
        ("other/other (1).png", "outside of the folders of this"),
    ],
)
def test_images_that_cannot_be_placed(root, path, message):
    trees.write_image(root / trees_revisiting.BUSI / path, 1)
    with pytest.raises(ValueError, match=message):
        read(root)


def test_folders_that_are_absent(root):
    for file in (root / trees_revisiting.BUSI / "normal").iterdir():
        file.unlink()
    with pytest.raises(ValueError, match="no images in normal. Expected"):
        read(root)
    with pytest.raises(ValueError, match="of this data set.*: 0 of them"):
        read(root / trees_revisiting.BUSI / "benign")
    with pytest.raises(FileNotFoundError, match="no file or directory"):
        read(root / "nowhere")


FOLD = {
    "train": [
        ("../../../data/breast/malignant (1).png", "malignant"),
        ("../../../data/breast/benign (2).png", "benign"),
    ],
    "val": [("../../../data/breast/malignant (3).png", "malignant")],
    "test": [
        ("../../../data/breast/normal (4).png", "benign"),
        ("../../../data/breast/benign (437).png", "benign"),
    ],
}


def test_published_folds(root, tmp_path, caplog):
    folds = trees_revisiting.write_folds(tmp_path / "data" / "breast", FOLD)
    folds["folds"] = tmp_path / "data"  # That of all data sets.
    manifest = read(root, **folds)
    rows = manifest.table[["image", "label", "split"]].to_numpy().tolist()
    assert rows == [
        [f"Dataset_BUSI_with_GT/{image}", label, split]
        for image, label, split in [
            ("benign/benign (2).png", "benign", "train"),
            ("malignant/malignant (1).png", "malignant", "train"),
            ("malignant/malignant (3).png", "malignant", "val"),
            ("normal/normal (4).png", "benign", "test"),
        ]
    ]
    assert manifest.bad == (("benign (437)", "absent"),)
    assert manifest.source["fold"] == 1
    assert "20 images of" in caplog.text and "left out" in caplog.text
    with pytest.raises(ValueError, match="goes with --label_set=malignancy"):
        read(root, label_set="diagnosis", **folds)


def test_folds_of_another_data_set(root, tmp_path):
    rows = {
        split: [("../../../data/thyroid/1_1.jpg", "benign")] for split in FOLD
    }
    folds = trees_revisiting.write_folds(tmp_path / "folds", rows)
    with pytest.raises(ValueError, match="none of the data set 'breast': '../"):
        read(root, **folds)
    rows = FOLD | {"test": [("data/breast/normal (4).png", "normal")]}
    folds = trees_revisiting.write_folds(tmp_path / "folds", rows)
    with pytest.raises(ValueError, match="1 images have another class in the"):
        read(root, **folds)
