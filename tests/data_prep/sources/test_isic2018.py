"""Tests of the dermatoscopic images: tables, lesions, parts."""

import pandas as pd
import pytest

from data_prep import sources
from data_prep.sources import isic2018
from tests.data_prep import trees, trees_revisiting
from transfusion_tf.data import splits

TABLE = "ISIC2018_Task3_{0}_GroundTruth/ISIC2018_Task3_{0}_GroundTruth.csv"


def read(place, **options):
    manifest = sources.get("isic2018")(input=place, **options)
    manifest.check()
    return manifest


@pytest.fixture
def root(tmp_path):
    return trees_revisiting.make_isic(tmp_path)["input"]


@pytest.mark.parametrize("kind", ["directory", "zip"])
def test_tables_tell_diagnosis_and_lesion(root, kind, caplog):
    manifest = read(trees.packed(root, kind))
    assert manifest.classes == trees_revisiting.ISIC_CLASSES
    rows = manifest.table.set_index("image")
    first = "ISIC2018_Task3_Training_Input/ISIC_0024306.jpg"
    # 24306 // 2 = 12153 = 1736 * 7 + 1: the second class.
    assert rows.loc[first].to_dict() == {
        "label": "NV",
        "split": "train",
        "patient": "HAM_0012153",
    }
    assert rows["split"].value_counts().to_dict() == {
        "train": 28,
        "val": 7,
        "test": 7,
    }
    train = rows[rows["split"] == "train"]
    assert train.groupby("patient").size().tolist() == [2] * 14
    others = rows[rows["split"] != "train"]
    assert others["patient"].nunique() == 14
    assert not manifest.bad
    assert splits.patients_in_common(rows["patient"], rows["split"]) == 0
    assert "train NV: 4 instead of 6,705" in caplog.text
    assert "val: 7 instead of 193, test: 7 instead of 1,512" in caplog.text


def test_published_numbers_are_those_of_the_classes():
    assert sum(isic2018.PUBLISHED["train"].values()) == 10_015


def test_training_alone_and_no_lesions(tmp_path, caplog):
    root = trees_revisiting.make_isic(tmp_path, ["Training"])["input"]
    (root / isic2018.GROUPINGS).unlink()
    manifest = read(root)
    assert set(manifest.table["split"]) == {"train"}
    assert not manifest.has_patients
    assert isic2018.GROUPINGS in manifest.source["no_patients"]
    assert f"no {isic2018.GROUPINGS}: images of one" in caplog.text
    assert "val" not in caplog.text


def test_images_without_a_table_are_told(root, caplog):
    (root / TABLE.format("Test")).unlink()
    assert set(read(root).table["split"]) == {"train", "val"}
    assert "images of Test but no ISIC2018_Task3_Test_Ground" in caplog.text


def test_images_that_are_absent_or_unknown(root):
    folder = root / "ISIC2018_Task3_Training_Input"
    (folder / "ISIC_0024306.jpg").unlink()
    trees.write_image(folder / "ISIC_0099999.jpg", 1)
    manifest = read(root)
    assert manifest.bad == (
        ("ISIC_0024306", "absent"),
        ("ISIC2018_Task3_Training_Input/ISIC_0099999.jpg", "no label"),
    )


@pytest.mark.parametrize(
    "old, new, message",
    [
        ("0.0,1.0", "1.0,1.0", "24 rows that are not 1 for one diagnosis"),
        ("0.0", "0.1", "not 1 for one diagnosis and 0 for others. Received: "),
        ("VASC", "SCC", "no column 'VASC'; .* DF, SCC"),
        ("ISIC_0024307", "ISIC_0024306", "1 rows that stood before.*24306"),
    ],
)
def test_tables_that_do_not_fit(root, old, new, message):
    path = root / TABLE.format("Training")
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(ValueError, match=message) as raised:
        read(root)
    assert "\n" not in str(raised.value)


def test_a_lesion_that_is_missing(root):
    path = root / isic2018.GROUPINGS
    path.write_text(path.read_text().replace("ISIC_0024306", "ISIC_1"))
    with pytest.raises(ValueError, match="no lesion for 1 training images: 'I"):
        read(root)


def test_without_the_table_of_training(root):
    (root / TABLE.format("Training")).unlink()
    with pytest.raises(ValueError, match="no file ISIC2018_Task3_Training_Gr"):
        read(root)


def test_published_folds(root, tmp_path):
    folder = "../../../data/ISIC2018/ISIC2018_Task3_Training_Input"
    numbers = {"train": 24_306, "val": 24_308, "test": 24_310}
    rows = {
        split: [(f"{folder}/ISIC_{n:07d}.jpg", label)]
        for (split, n), label in zip(
            numbers.items(), ("NV", "BCC", "AKIEC"), strict=True
        )
    }
    folds = trees_revisiting.write_folds(tmp_path / "isic", rows, number=2)
    table = read(root, **folds).table
    assert table["split"].tolist() == ["train", "val", "test"]
    assert table["patient"].nunique() == 3
    image = root / "ISIC2018_Task3_Training_Input" / "ISIC_0024308.jpg"
    image.unlink()
    assert read(root, **folds).bad == (("ISIC_0024308", "absent"),)


def test_any_order(root):
    first = read(root).table
    again = read(trees.packed(root, "zip")).table
    pd.testing.assert_frame_equal(first, again)
