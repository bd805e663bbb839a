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


@pytest.mark.parametrize(
    "folders",
    [
        ("Training", "Testing"),
        ("TRAIN", "VALID", "test"),
        ("train_set", "dev-set", "Test Images"),
        ("a. Training Set", "b. Testing Set"),
        ("01_train", "02_val", "03_test"),
        ("train2017", "val2017"),
        ("TrainingData", "ValidationData", "HoldOut"),
        ("development", "held_out", "learn"),
        ("Entra\u00eenement", "Validation", "Test"),
        ("treino", "valida\u00e7\u00e3o", "teste"),
        ("\u8bad\u7ec3\u96c6", "\u9a8c\u8bc1\u96c6", "\u6d4b\u8bd5\u96c6"),
    ],
)
def test_habits_of_calling_splits(tmp_path, folders):
    root = folder_of(
        tmp_path / "raw", *(f"{f}/{c}/1.png" for f in folders for c in "ab")
    )
    manifest = read(input=root)
    assert manifest.classes == ("a", "b")
    spelled = {"train", "val", "test"} if len(folders) == 3 else None
    found = set(manifest.table["split"])
    assert found == spelled if spelled else "train" in found
    assert manifest.table["split"].nunique() == len(folders)


def test_splits_below_the_classes(tmp_path):
    root = folder_of(
        tmp_path / "raw",
        *(
            f"x/{c}/{s}/1.png"
            for c in ("ill", "well")
            for s in ("train", "Test")
        ),
    )
    table = read(input=root).table.set_index("image")
    assert table.loc["x/ill/Test/1.png"].tolist() == ["ill", "test"]
    assert table.loc["x/well/train/1.png"].tolist() == ["well", "train"]


ALIKE = ("early/a/1.png", "early/b/1.png", "late/a/1.png", "late/b/1.png")


@pytest.mark.parametrize("paths", [ALIKE, ALIKE[:3]])
def test_folders_that_look_like_splits_are_asked_for(tmp_path, paths):
    root = folder_of(tmp_path / "raw", *paths)
    with pytest.raises(
        ValueError,
        match=r"the same folders \('a', 'b'\) in each of 'early', 'late'.*"
        "--split_folders=early:SPLIT,late:SPLIT; .*--split_folders=none",
    ) as raised:
        read(input=root)
    assert "\n" not in str(raised.value)
    table = read(input=root, split_folders=["early:train", "late:test"]).table
    assert set(table["split"]) == {"train", "test"}
    assert set(table["label"]) == {"a", "b"}
    manifest = read(input=root, split_folders=["none"])
    assert "split" not in manifest.table
    assert manifest.classes == ("early", "late")


def test_classes_that_are_called_like_splits(tmp_path):
    root = folder_of(tmp_path / "raw", "test/1.png", "control/1.png")
    with pytest.raises(ValueError, match="beside others.*--split_folders"):
        read(input=root)
    manifest = read(input=root, split_folders=["none"])
    assert manifest.classes == ("control", "test")


@pytest.mark.parametrize(
    "paths, options, message",
    [
        (
            ["val/a/1.png", "dev/b/1.png", "train/a/1.png", "train/b/1.png"],
            {},
            "several folders for one split: 'dev', 'train', 'val'",
        ),
        (
            ALIKE,
            {"split_folders": ["early"]},
            "is FOLDER:SPLIT.*Received: early",
        ),
        (ALIKE, {"split_folders": ["early:x"]}, "Received: early:x"),
        (ALIKE, {"split_folders": ["early:train"]}, "no split for 'late'"),
        (["a/1.png", "b/1.png"], {"patient_pattern": ""}, "pattern is empty"),
    ],
)
def test_splits_that_are_not_clear(tmp_path, paths, options, message):
    root = folder_of(tmp_path / "raw", *paths)
    with pytest.raises(ValueError, match=message) as raised:
        read(input=root, **options)
    assert "\n" not in str(raised.value)


def test_folders_of_all_kinds_below_classes_are_no_splits(tmp_path):
    root = folder_of(
        tmp_path / "raw", "a/p1/1.png", "a/p2/1.png", "b/p2/1.png", "b/p3/1.png"
    )
    assert read(input=root).classes == ("a", "b")
    root = folder_of(tmp_path / "two", "a/images/1.png", "b/images/1.png")
    assert read(input=root).classes == ("a", "b")


def test_classes_that_differ_in_case_alone_are_told(tmp_path, caplog):
    root = folder_of(
        tmp_path / "raw", "Normal/1.png", "normal/1.png", "b /1.png"
    )
    assert read(input=root).classes == ("Normal", "b", "normal")
    assert "1 classes are written in several ways" in caplog.text
