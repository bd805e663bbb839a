"""Tests of the fundus photographs: tables, numbers in comments, real counts."""

import pandas as pd
import pytest

from data_prep import sources
from tests.data_prep import trees
from transfusion_tf.conversion import convert
from transfusion_tf.data import official_splits, records, splits


def read(place):
    manifest = sources.get("idrid")(input=place)
    manifest.check()
    return manifest


@pytest.mark.parametrize("kind", ["directory", "zip"])
def test_tables_and_comments_tell_everything(tmp_path, kind):
    manifest = read(trees.packed(trees.make_fundus(tmp_path / "raw"), kind))
    assert (manifest.name, manifest.task) == ("idrid", "ordinal")
    assert manifest.classes == ("0", "1", "2", "3", "4")
    rows = manifest.table
    assert rows["label"].tolist() == [str(row[2]) for row in trees.FUNDUS]
    assert rows["split"].tolist() == [row[0] for row in trees.FUNDUS]
    assert rows["image"].iloc[0] == (
        "B. Disease Grading/1. Original Images/a. Training Set/IDRiD_001.jpg"
    )
    patients = rows["patient"].tolist()
    assert patients[:2] == ["010820171"] * 2
    assert patients[4:6] == ["7654321"] * 2
    # Without a number each image is a group of its own.
    assert [patients[i] for i in (2, 3, 6)] == [
        rows["image"][i] for i in (2, 3, 6)
    ]
    assert rows[official_splits.sharing(rows)].index.tolist() == [4, 5]


def test_the_order_of_files_does_not_matter(tmp_path):
    root = trees.make_fundus(tmp_path / "raw")
    archive = trees.packed(root, "zip")
    pd.testing.assert_frame_equal(read(root).table, read(archive).table)


def test_the_folder_itself_and_what_systems_and_people_add(tmp_path):
    root = trees.make_fundus(tmp_path / "raw")
    expected = read(root).table.drop(columns=["image", "patient"])
    hidden = tmp_path / "raw" / "__MACOSX" / trees.IDRID / "2. Groundtruths"
    hidden.mkdir(parents=True)
    table = "a. IDRiD_Disease Grading_Training Labels.csv"
    (hidden / table).write_bytes(b"\0")
    path = root / trees.IDRID / "2. Groundtruths" / table
    path.write_bytes(path.read_bytes() + b",,,,,,,,,,,\r\n")
    trees.write_image(
        root / "A. Segmentation/1. Original Images/a. Training Set/IDRiD_9.jpg",
        1,
    )
    for place in (root, root / trees.IDRID, tmp_path):
        again = read(place).table.drop(columns=["image", "patient"])
        pd.testing.assert_frame_equal(again, expected)


def test_no_number_and_no_name_reaches_the_records(tmp_path):
    rows = [
        (
            "train" if i < 40 else "test",
            f"IDRiD_{i:03d}",
            i % 5,
            f"{400_000_000 + i // 2}",
        )
        for i in range(50)
    ]
    root = trees.make_fundus(tmp_path / "raw", rows)
    version = convert.convert(read(root), tmp_path / "out")
    card = records.read_card(version)
    assert card.has_patients and card.patients_in_common == 0
    assert card.splits["test"] == "official"
    assert card.preprocessing["kept"] == 50
    written = b"".join(p.read_bytes() for p in version.iterdir())
    for secret in (b"4000000", b"IDRiD", b"Training Set", b"Groundtruths"):
        assert secret not in written


@pytest.mark.parametrize(
    "grades, message",
    [
        ([("IDRiD_001", 0)], "1 images without a row: 'IDRiD_002'"),
        (
            [("IDRiD_001", 0), ("IDRiD_002", 2), ("IDRiD_777", 1)],
            "1 rows without an image: 'IDRiD_777'",
        ),
        (
            [("IDRiD_001", 0), ("IDRiD_002", 5)],
            "not allowed in 1 rows: 'IDRiD_002: 5'. Allowed: 0, 1, 2, 3, 4",
        ),
        ([("IDRiD_001", ""), ("IDRiD_002", 1)], "'IDRiD_001: '. Allowed"),
        ([("IDRiD_001", "1.0"), ("IDRiD_002", 1)], "'IDRiD_001: 1.0'"),
        (
            [("IDRiD_001", 0), ("IDRiD_002", 2), ("IDRiD_001", 1)],
            "1 rows with a name that stood before: 'IDRiD_001'",
        ),
        ([], "no row beside its header"),
    ],
)
def test_tables_that_do_not_fit(tmp_path, grades, message):
    root = trees.make_fundus(tmp_path / "raw")
    trees.write_grades(root, "test", grades)
    with pytest.raises(ValueError, match=message) as raised:
        read(root)
    assert "\n" not in str(raised.value)


def test_an_image_of_the_other_split_is_not_taken(tmp_path):
    root = trees.make_fundus(tmp_path / "raw")
    trees.image_of(root, "test", "IDRiD_001").unlink()  # Train has one, too.
    with pytest.raises(ValueError, match="1 rows without an image: 'IDRiD_001"):
        read(root)


def test_a_table_without_its_column(tmp_path):
    root = trees.make_fundus(tmp_path / "raw")
    (table,) = (root / trees.IDRID / "2. Groundtruths").glob("b. *.csv")
    table.write_bytes(b"Image name,Grade,,\r\nIDRiD_001,1,,\r\n")
    with pytest.raises(
        ValueError,
        match="no column 'Retinopathy grade'; it has Image name, Grade",
    ):
        read(root)


def test_folders_that_are_absent(tmp_path):
    root = trees.make_fundus(tmp_path / "raw")
    (table,) = (root / trees.IDRID / "2. Groundtruths").glob("b. *.csv")
    table.unlink()
    with pytest.raises(
        ValueError, match="one table '2. Ground.*Testing Labels.csv'.*: 0. Give"
    ):
        read(root)
    with pytest.raises(FileNotFoundError, match="no file or directory"):
        read(tmp_path / "nowhere")


def test_a_damaged_image_is_left_to_the_conversion(tmp_path):
    root = trees.make_fundus(tmp_path / "raw")
    trees.image_of(root, "train", "IDRiD_001").write_bytes(b"\xff\xd8\xff\xfe")
    table = read(root).table
    assert table["patient"][0] == table["image"][0]


def test_the_real_archive(shared):
    table = read(shared / "data" / "idrid_grading_quarter.zip").table
    counts = table.groupby(["split", "label"]).size()
    assert counts["train"].tolist() == [134, 20, 136, 74, 49]
    assert counts["test"].tolist() == [34, 5, 32, 19, 13]
    numbered = table[table["patient"] != table["image"]]
    assert numbered["patient"].str.fullmatch(r"\d+").all()
    assert (len(numbered), numbered["patient"].nunique()) == (354, 226)
    assert table["patient"].nunique() == 226 + 516 - 354
    assert splits.patients_in_common(table["patient"], table["split"]) == 18
    assert not official_splits.keeps(table, splits.DEFAULTS)
    new = table.drop(columns="split").assign(id=table["image"])
    labels = pd.get_dummies(table["label"]).to_numpy(bool)
    split, _ = splits.complete(new, labels, splits.SplitOptions(seed=0))
    assert splits.patients_in_common(table["patient"], split) == 0
