"""Tests of the knees: tables, slices, folds."""

import copy

import numpy as np
import pandas as pd
import pytest

from data_prep import sources
from tests.data_prep import trees, trees_revisiting

ROOT = trees_revisiting.MRNET


def read(place, **options):
    manifest = sources.get("mrnet")(input=place, **options)
    manifest.check()
    return manifest


@pytest.fixture
def root(tmp_path):
    return trees_revisiting.make_mrnet(tmp_path)["input"]


@pytest.mark.parametrize("kind", ["directory", "zip"])
def test_the_middle_slices_with_three_findings(root, kind, caplog):
    manifest = read(trees.packed(root, kind))
    assert manifest.task == "multilabel"
    assert manifest.classes == ("abnormal", "acl", "meniscus")
    rows = manifest.table.set_index("patient")
    # 1131 has 3 + 1131 % 5 = 4 slices.
    assert rows.loc["1131", "image"] == f"{ROOT}/valid/sagittal/1131.npy/2"
    assert rows.groupby("split").size().to_dict() == {"train": 24, "val": 4}
    store = copy.deepcopy(manifest.store)
    # Planes are written one after the other: 1131 is the 72 + 8 + 2nd.
    pixels = store.read(rows.loc["1131", "image"])
    assert (pixels[0, 0], pixels[1, 1]) == (200 + 2, 82)
    assert "train: 24 instead of 1,130, val: 4 instead of 120" in caplog.text


def test_validation_labels_are_those_of_their_own_tables(root):
    rows = read(root).table.set_index("patient")
    found = rows.loc[
        ["1130", "1131", "1132", "1133"], ["abnormal", "acl", "meniscus"]
    ]
    assert found.to_numpy().tolist() == [
        [1, 0, 0],  # Whose meniscus valid-abnormal.csv would have called 1.
        [1, 1, 1],
        [1, 0, 1],
        [0, 0, 0],
    ]


def test_tears(root):
    manifest = read(root, label_set="tears")
    assert manifest.classes == ("normal", "acl", "meniscus")
    labels = manifest.table.set_index("patient")["label"]
    assert labels["1130":"1133"].tolist() == [
        "normal",
        "acl",
        "meniscus",
        "normal",
    ]


@pytest.mark.parametrize(
    "slices, expected",
    [
        (None, [2]),
        ("middle", [2]),
        ("all", [0, 1, 2, 3]),
        ("1", [1]),
        ("2", [1, 2]),
        ("3", [0, 1, 2]),
        ("9", [0, 1, 2, 3]),
    ],
)
def test_slices(root, slices, expected):
    table = read(root, slices=slices, plane="axial").table
    images = table.loc[table["patient"] == "1131", "image"]
    assert images.tolist() == [
        f"{ROOT}/valid/axial/1131.npy/{number}" for number in expected
    ]


def test_the_order_of_files_does_not_matter(root):
    first = read(root, slices="all").table
    again = read(trees.packed(root, "zip"), slices="all").table
    pd.testing.assert_frame_equal(first, again)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"slices": "some"}, "must be middle, all or a number.*: some"),
        ({"slices": "0"}, "Received: 0"),
        ({"plane": "oblique"}, "'oblique'; known: axial, coronal, sagittal"),
        ({"label_set": "acl"}, "'acl'; known: findings, tears"),
        ({"first_slice": 1}, "--first_slice goes with --folds"),
        ({"folds": "x"}, "--folds and --fold go together"),
        ({"folds": "x", "fold": 1, "slices": "all"}, "gives plane, slices and"),
    ],
)
def test_options_that_do_not_go_together(root, options, message):
    with pytest.raises(ValueError, match=message):
        read(root, **options)


@pytest.mark.parametrize(
    "old, new, message",
    [
        ("1131,1", "1131,2", "1 rows without 0 or 1. Received: '1131, 2'"),
        ("1131,1\n", "", "valid-meniscus.csv and that of abnormal .*: '1131'"),
        ("1131,1", "1130,1", "1 rows of an exam that stood before"),
    ],
)
def test_tables_that_do_not_fit(root, old, new, message):
    path = root / ROOT / "valid-meniscus.csv"
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(ValueError, match=message) as raised:
        read(root)
    assert "\n" not in str(raised.value)
    path.unlink()
    with pytest.raises(ValueError, match="no file valid-meniscus.csv"):
        read(root)


def test_volumes_that_are_absent_unknown_or_damaged(root):
    folder = root / ROOT / "valid" / "sagittal"
    volume = np.load(folder / "1130.npy")
    (folder / "1130.npy").rename(folder / "1199.npy")
    np.save(folder / "1131.npy", np.array([[{}]], object), allow_pickle=True)
    np.save(folder / "1132.npy", volume.astype(np.float32))
    path = folder / "1133.npy"
    path.write_bytes(path.read_bytes()[:-1])
    manifest = read(root)
    assert set(manifest.table["split"]) == {"train"}
    reasons = dict(manifest.bad)
    folder = f"{ROOT}/valid/sagittal"
    assert reasons["1130"] == "absent"
    assert reasons[f"{folder}/1199.npy"] == "no label"
    assert "allow_pickle=False" in reasons[f"{folder}/1131.npy"]
    assert "but float32 (3, 8, 8)" in reasons[f"{folder}/1132.npy"]
    assert "damaged .npy file" in reasons[f"{folder}/1133.npy"]
    assert len(reasons) == 5


FOLDER = "../../../data/knee/images"
# Slices counted from 0; 0003 has 6 of them, both tears.
FOLD = {
    "train": [
        (f"{FOLDER}/acl/0003_sagittal_1.000000.png", "acl"),
        (f"{FOLDER}/meniscus/0003_sagittal_1.000000.png", "meniscus"),
        (f"{FOLDER}/meniscus/0003_sagittal_5.000000.png", "meniscus"),
        (f"{FOLDER}/acl/0002_sagittal_1.000000.png", "normal"),
        (f"{FOLDER}/meniscus/0002_sagittal_1.000000.png", "meniscus"),
    ],
    "val": [(f"{FOLDER}/acl/0004_sagittal_3.000000.png", "normal")],
    # By valid-abnormal.csv a tear of the meniscus, which it is not.
    "test": [(f"{FOLDER}/meniscus/1130_sagittal_1.000000.png", "meniscus")],
}


def test_published_folds_with_the_right_labels(root, tmp_path, caplog):
    folds = trees_revisiting.write_folds(tmp_path / "knee", FOLD)
    manifest = read(root, **folds)
    assert manifest.classes == ("normal", "acl", "meniscus")
    rows = manifest.table.sort_values("image")
    sagittal = f"{ROOT}/train/sagittal"
    assert rows[["image", "label", "split", "patient"]].to_numpy().tolist() == [
        [f"{sagittal}/0002.npy/1", "meniscus", "train", "0002"],
        [f"{sagittal}/0003.npy/1", "acl", "train", "0003"],
        [f"{sagittal}/0003.npy/5", "meniscus", "train", "0003"],
        [f"{sagittal}/0004.npy/3", "normal", "val", "0004"],
        [f"{ROOT}/valid/sagittal/1130.npy/1", "normal", "test", "1130"],
    ]
    assert "1 rows of the fold, of 1 exams, have another class" in caplog.text
    assert not manifest.bad


def test_slices_of_folds_that_are_counted_from_1(root, tmp_path):
    rows = FOLD | {
        "val": [(f"{FOLDER}/acl/0004_sagittal_7.000000.png", "normal")]
    }
    folds = trees_revisiting.write_folds(tmp_path / "knee", rows)
    manifest = read(root, first_slice=1, **folds)
    images = manifest.table["image"]
    assert f"{ROOT}/train/sagittal/0004.npy/6" in set(images)
    assert f"{ROOT}/train/sagittal/0003.npy/0" in set(images)
    assert read(root, **folds).bad == (("0004_sagittal_7", "absent"),)


def test_a_slice_in_two_splits_of_a_fold(root, tmp_path):
    rows = FOLD | {"val": FOLD["train"][1:2]}
    folds = trees_revisiting.write_folds(tmp_path / "knee", rows)
    with pytest.raises(ValueError, match="in more than one split: '0003_sagit"):
        read(root, **folds)
