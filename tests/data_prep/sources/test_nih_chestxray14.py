"""Tests of the chest x-rays with fourteen findings."""

import numpy as np
import pandas as pd
import pytest

from data_prep import sources
from data_prep.sources import nih_chestxray14
from tests.data_prep import trees, trees_revisiting
from transfusion_tf.data import splits


def read(place, **options):
    manifest = sources.get("nih_chestxray14")(input=place, **options)
    manifest.check()
    return manifest


@pytest.fixture
def root(tmp_path):
    return trees_revisiting.make_nih(tmp_path)["input"]


@pytest.mark.parametrize("kind", ["directory", "zip", "tar"])
def test_findings_patients_and_splits(root, kind, caplog):
    manifest = read(trees.packed(root, kind))
    assert manifest.task == "multilabel" and len(manifest.classes) == 14
    rows = manifest.table.set_index("image")
    codes = rows[list(manifest.classes)]
    # Patient 1, second visit: 1 + 1 is the third of the four texts.
    one = codes.loc["images_002/images/00000001_001.png"]
    assert one[one == 1].index.tolist() == ["Pleural_Thickening"]
    two = codes.loc["images_001/images/00000004_000.png"]
    assert two[two == 1].index.tolist() == ["Cardiomegaly", "Emphysema"]
    assert codes.loc["images_002/images/00000001_000.png"].sum() == 0
    assert codes.sum()["Emphysema"] == 12 and codes.sum()["Mass"] == 0
    assert rows.groupby("split").size().to_dict() == {"train": 36, "test": 12}
    assert rows.groupby("patient").size().tolist() == [3] * 16
    assert splits.patients_in_common(rows["patient"], rows["split"]) == 0
    assert "train: 36 instead of 86,524, test: 12 instead of 25,596" in (
        caplog.text
    )


def test_published_numbers_are_those_of_all_images():
    assert sum(nih_chestxray14.PUBLISHED.values()) == 112_120


def test_some_findings_in_an_order(root):
    manifest = read(root, classes=["Hernia", "Effusion"])
    assert manifest.classes == ("Hernia", "Effusion")
    expected = read(root).table[["Hernia", "Effusion"]]
    np.testing.assert_array_equal(manifest.label_codes(), expected)
    assert "Mass" not in manifest.table
    with pytest.raises(ValueError, match="has 'Covid'; the labels are Atelect"):
        read(root, classes=["Covid"])


def test_the_later_table_goes_first(root):
    first = root / "Data_Entry_2017.csv"
    later = root / "Data_Entry_2017_v2020.csv"
    later.write_text(first.read_text().replace("Hernia", "Mass"))
    assert read(root).table["Mass"].sum() == 12


def test_without_the_lists(root, caplog):
    (root / "test_list.txt").unlink()
    with pytest.raises(ValueError, match="no file test_list.txt"):
        read(root)
    (root / "train_val_list.txt").unlink()
    assert "split" not in read(root).table
    assert "the official split is not known" in caplog.text


def test_images_that_are_absent_or_unknown(root):
    (root / "images_002" / "images" / "00000001_001.png").unlink()
    trees.write_image(root / "images_001" / "images" / "00000099_000.png", 1)
    assert read(root).bad == (
        ("00000001_001.png", "absent"),
        ("images_001/images/00000099_000.png", "no label"),
    )


@pytest.mark.parametrize(
    "file, old, new, message",
    [
        ("Data_Entry_2017.csv", "Hernia", "Hernias", "12 rows with other find"),
        ("Data_Entry_2017.csv", "|", "|No Finding|", "12 rows with other find"),
        ("Data_Entry_2017.csv", "No Finding", "", "12 rows with other findin"),
        ("Data_Entry_2017.csv", "Patient ID", "Patient", "no column 'Patient "),
        ("Data_Entry_2017.csv", "1_001.p", "1_000.p", "that stood before"),
        ("test_list.txt", "00000013_0", "00000012_0", "3 images are in both l"),
        ("test_list.txt", "00000013_0", "00000017_0", "6 images are in the t"),
    ],
)
def test_tables_that_do_not_fit(root, file, old, new, message):
    path = root / file
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(ValueError, match=message) as raised:
        read(root)
    assert "\n" not in str(raised.value)


def test_an_image_in_two_folders(root):
    trees.write_image(root / "images" / "00000001_000.png", 1)
    with pytest.raises(ValueError, match="two images 00000001_000.png: "):
        read(root)


def test_archives_of_something_else(root):
    (root / "Data_Entry_2017.csv").unlink()
    with pytest.raises(ValueError, match="no table Data_Entry_2017_v2020.csv"):
        read(root)


def test_any_order(root):
    first = read(root).table
    again = read(trees.packed(root, "zip")).table
    pd.testing.assert_frame_equal(first, again)
