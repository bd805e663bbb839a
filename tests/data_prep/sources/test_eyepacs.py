"""Tests of EyePACS: tables, folders, patients, splits."""

import shutil

import pandas as pd
import pytest

from data_prep import sources
from data_prep.sources import eyepacs
from tests.data_prep.trees import packed, write_image
from tests.data_prep.trees_transfusion import (
    EYEPACS_TEST,
    EYEPACS_TRAIN,
    make_eyepacs,
)
from transfusion_tf.data import official_splits, splits


def read(place, **options):
    manifest = sources.get("eyepacs")(input=place, **options)
    manifest.check()
    return manifest


def shape(manifest):
    """{image's name: (grade, split, patient)}, wherever the image is."""
    return {
        row.image.rpartition("/")[2]: (row.label, row.split, row.patient)
        for row in manifest.table.itertuples()
    }


@pytest.mark.parametrize("kind", ["directory", "zip", "tar"])
def test_grades_eyes_and_splits(tmp_path, kind):
    manifest = read(packed(make_eyepacs(tmp_path / "raw"), kind))
    assert (manifest.task, manifest.classes) == ("ordinal", tuple("01234"))
    expected = {
        f"{name}.jpeg": (str(grade), "train", name.split("_")[0])
        for name, grade in EYEPACS_TRAIN
    } | {
        f"{name}.jpeg": (
            str(grade),
            {"Public": "val", "Private": "test"}[usage],
            name.split("_")[0],
        )
        for name, grade, usage in EYEPACS_TEST
    }
    assert shape(manifest) == expected
    assert not official_splits.sharing(manifest.table).any()
    # Not the copy that the competition shows apart.
    assert not manifest.table["image"].str.startswith("sample").any()


def test_tables_by_their_other_names_and_images_anywhere(tmp_path):
    root = make_eyepacs(tmp_path / "raw")
    expected = shape(read(root))
    (root / "labels").mkdir()
    for old, new in (
        ("trainLabels.csv", "labels/trainLabels15.csv"),
        ("retinopathy_solution.csv", "labels/testLabels15.csv"),
        ("train", "resized_train"),
        ("test", "deep/er"),
    ):
        (root / new).parent.mkdir(exist_ok=True)
        shutil.move(root / old, root / new)
    assert shape(read(root)) == expected


def test_labels_may_be_beside_the_images(tmp_path, caplog):
    root = make_eyepacs(tmp_path / "raw")
    expected = shape(read(root))
    beside = tmp_path / "beside"
    beside.mkdir()
    solution = beside / "solution, with Usage.csv"
    shutil.move(root / "retinopathy_solution.csv", solution)
    assert shape(read(root, labels=solution)) == expected
    without = read(root)  # The test images have no grade then.
    assert set(without.table["split"]) == {"train"}
    assert "6 images stand in no table of labels" in caplog.text
    shutil.move(solution, beside / "retinopathy_solution.csv")
    shutil.move(root / "trainLabels.csv", beside / "trainLabels.csv")
    assert shape(read(root, labels=beside)) == expected
    train = read(root / "train", labels=beside)  # Or train.zip alone.
    assert len(train.table) == len(EYEPACS_TRAIN) and train.bad == ()
    assert "None of the 6 images of retinopathy_solution.csv" in caplog.text


def test_an_absent_image_is_counted_and_told(tmp_path, caplog):
    root = make_eyepacs(tmp_path / "raw")
    (root / "train" / "13_left.jpeg").unlink()
    manifest = read(root)
    assert manifest.bad == (("13_left", "absent"),)
    assert "train 4: 0 instead of 708" in caplog.text


@pytest.mark.parametrize(
    "file, old, new, message",
    [
        (
            "trainLabels.csv",
            "level",
            "grade",
            "no column 'level'; it has image",
        ),
        (
            "trainLabels.csv",
            ",4",
            ",5",
            "'level' has .*'13_left: 5'. Allowed: 0",
        ),
        (
            "retinopathy_solution.csv",
            "Public",
            "Open",
            "'Usage' .*'2_left: Open",
        ),
        (
            "trainLabels.csv",
            "10_right",
            "10_left",
            "more than one row: '10_left",
        ),
    ],
)
def test_tables_of_another_version(tmp_path, file, old, new, message):
    root = make_eyepacs(tmp_path / "raw")
    text = (root / file).read_text()
    (root / file).write_text(text.replace(old, new))
    with pytest.raises(ValueError, match=message) as raised:
        read(root)
    assert "\n" not in str(raised.value)


def test_archives_in_parts_are_told(tmp_path):
    root = make_eyepacs(tmp_path / "raw")
    for folder in ("train", "test", "sample"):
        shutil.rmtree(root / folder)
    (root / "train.zip.001").write_bytes(b"PK")
    with pytest.raises(ValueError, match="no images <n>_left.*'train.zip.001'"):
        read(root)


def test_what_is_absent_or_twice(tmp_path):
    root = make_eyepacs(tmp_path / "raw")
    write_image(root / "cropped" / "10_left.jpeg", 3)
    with pytest.raises(
        ValueError, match="two images 10_left: 'cropped/10_left"
    ):
        read(root)
    shutil.rmtree(root / "cropped")
    (root / "other").mkdir()
    (root / "other" / "trainLabels.csv").write_text("image,level\n10_left,1\n")
    with pytest.raises(ValueError, match="different tables 'trainLabels.csv' "):
        read(root)
    shutil.rmtree(root / "other")
    (root / "trainLabels.csv").write_text("image,level\n99_left,1\n")
    (root / "retinopathy_solution.csv").unlink()
    with pytest.raises(ValueError, match="None of the images of trainLabels"):
        read(root)
    (root / "trainLabels.csv").unlink()
    with pytest.raises(ValueError, match="has no table trainLabels.csv or tra"):
        read(root)
    with pytest.raises(FileNotFoundError, match="no file or directory"):
        read(tmp_path / "nowhere")


def test_published_counts():
    found = {s: sum(n.values()) for s, n in eyepacs.PUBLISHED.items()}
    assert found == {"train": 35_126, "val": 10_906, "test": 42_670}


def test_new_splits_keep_both_eyes_together(tmp_path):
    pairs = [
        (f"{n}_{eye}", n % 5) for n in range(60) for eye in ("left", "right")
    ]
    root = make_eyepacs(tmp_path / "raw", pairs, [("99_left", 0, "Public")])
    table = read(root).table.drop(columns="split")
    labels = pd.get_dummies(table["label"]).to_numpy(bool)
    split, _ = splits.complete(
        table.assign(id=table["image"]), labels, splits.SplitOptions(seed=0)
    )
    assert set(split) == {"train", "val", "test"}
    assert splits.patients_in_common(table["patient"], split) == 0
