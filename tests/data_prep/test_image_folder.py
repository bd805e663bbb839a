"""Tests of folders of images: what they tell, and what is refused."""

import pathlib

import pytest

from data_prep import sources
from tests.data_prep.trees import folder_of, packed, write_image


def read(**options):
    return sources.get("image_folder")(**options)


@pytest.mark.parametrize("kind", ["directory", "zip", "tar"])
def test_folders_give_splits_and_classes(tmp_path, kind):
    root = folder_of(
        tmp_path / "raw",
        "set/chest/Train/b/1.PNG",
        "set/chest/Train/a/1.png",
        "set/chest/validation/a/x/2.png",
        "set/chest/TEST/b/3.png",
    )
    (root / "README.txt").write_text("not an image")
    place = packed(root, kind)
    manifest = read(input=place)
    rows = manifest.table.sort_values("image")
    assert rows["split"].tolist() == ["test", "train", "train", "val"]
    assert rows["label"].tolist() == ["b", "a", "b", "a"]
    assert manifest.classes == ("a", "b")
    assert ("sha256" in manifest.source) == (kind != "directory")
    if kind != "directory":
        assert list(tmp_path.iterdir()) in ([root, place], [place, root])


def test_folders_without_splits(tmp_path):
    root = folder_of(tmp_path / "raw", "x/10/1.png", "x/9/1.png", "x/9/2.png")
    manifest = read(input=root)
    assert "split" not in manifest.table
    assert manifest.classes == ("9", "10")


def test_folders_of_grades(tmp_path):
    root = folder_of(tmp_path / "raw", "0/1.png", "1/1.png", "2/2.png")
    manifest = read(input=root, task="ordinal")
    assert (manifest.task, manifest.classes) == ("ordinal", ("0", "1", "2"))


def test_classes_named_by_a_flag(tmp_path):
    root = folder_of(tmp_path / "raw", "b/1.png", "b/2.png")
    manifest = read(input=root, classes=["b", "a"])
    assert manifest.classes == ("b", "a")  # None of a; another set has some.
    assert manifest.label_codes().tolist() == [0, 0]
    with pytest.raises(ValueError, match="--classes does not have: 'b'; it ha"):
        read(input=root, classes=["a", "c"])


def test_dicom_files_are_images(tmp_path):
    root = folder_of(tmp_path / "raw", "a/1.png", "b/1.png")
    (root / "b" / "2.DCM").write_bytes(b"")
    assert read(input=root).table["image"].tolist()[-1] == "b/2.DCM"


@pytest.mark.parametrize(
    "pattern, patients",
    [
        (r"p\d+", ["p1", "p1", "p2"]),
        (r"p(\d+)", ["1", "1", "2"]),
        (r"_(\d)", ["7", "8", "7"]),
    ],
)
def test_patients_in_file_names(tmp_path, pattern, patients):
    root = folder_of(tmp_path / "p9", "a/p1_7.png", "a/p1_8.png", "b/p2_7.png")
    table = read(input=root, patient_pattern=pattern).table
    assert table["patient"].tolist() == patients


@pytest.mark.parametrize(
    "paths, options, message",
    [
        ([], {}, "has no image files"),
        (["a/.hidden.png", "b/text.txt"], {}, "has no image files"),
        (["a/1.png", "a/2.png"], {}, "images of one class only: 'a'"),
        (
            ["train/a/1.png", "test/a/2.png"],
            {},
            "images of one class only: 'a'",
        ),
        (["train/a/1.png", "other/b/2.png"], {}, r"\('train'\) beside others"),
        (
            ["a/1.png", "b/2.png", "3.png"],
            {},
            "outside of the folders.*'3.png'",
        ),
        (["train/1.png", "train/a/2.png"], {}, "outside.*'train/1.png'"),
        (["a/1.png", "b/2.png"], {"task": "multilabel"}, "--source=csv"),
        (["a/1.png", "b/2.png"], {"task": "ordinal"}, "Received 'a', 'b'"),
        (
            ["a/1.png", "b/x.png"],
            {"patient_pattern": r"(\d)"},
            r"no patient in 1 of 2 file names: 'b/x.png'",
        ),
        (
            ["a/1.png", "b/x.png"],
            {"patient_pattern": "("},
            "is not a regular expression",
        ),
    ],
)
def test_folders_that_cannot_be_used(tmp_path, paths, options, message):
    root = tmp_path / "raw"
    root.mkdir()
    for path in map(pathlib.PurePosixPath, paths):
        if path.suffix == ".png":
            write_image(root / path, 1)
    with pytest.raises(ValueError, match=message) as raised:
        read(input=root, **options)
    assert "\n" not in str(raised.value)


def test_missing_input():
    with pytest.raises(FileNotFoundError, match="no file or directory nowhere"):
        read(input="nowhere")
