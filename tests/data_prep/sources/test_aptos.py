"""Tests of APTOS 2019: its table, its folders, no patients."""

import shutil

import pytest

from data_prep import sources
from data_prep.sources import aptos
from tests.data_prep.trees import packed, write_image
from tests.data_prep.trees_transfusion import APTOS, make_aptos


def read(place, **options):
    manifest = sources.get("aptos")(input=place, **options)
    manifest.check()
    return manifest


@pytest.mark.parametrize("kind", ["directory", "zip", "tar"])
def test_grades_of_the_training_images(tmp_path, kind):
    manifest = read(packed(make_aptos(tmp_path / "raw"), kind))
    assert (manifest.task, manifest.classes) == ("ordinal", tuple("01234"))
    rows = manifest.table.set_index("image")["label"].to_dict()
    assert rows == {f"train_images/{i}.png": str(g) for i, g in APTOS}
    assert not {"split", "patient"} & set(manifest.table)


def test_the_table_may_be_elsewhere(tmp_path):
    root = make_aptos(tmp_path / "raw")
    table = shutil.move(root / "train.csv", tmp_path / "grades.csv")
    manifest = read(root / "train_images", labels=table)
    assert len(manifest.table) == len(APTOS)
    with pytest.raises(ValueError, match="no table train.csv. Give it with -"):
        read(root)
    with pytest.raises(FileNotFoundError, match="no file .*as --labels has it"):
        read(root, labels=tmp_path / "nowhere.csv")


def test_absent_and_unnamed_images(tmp_path, caplog):
    root = make_aptos(tmp_path / "raw")
    (root / "train_images" / f"{APTOS[0][0]}.png").unlink()
    write_image(root / "train_images" / "ffffffffffff.png", 3)
    manifest = read(root)
    assert manifest.bad == ((APTOS[0][0], "absent"),)
    assert "1 images stand in no table" in caplog.text
    assert "grade 2: 0 instead of 999" in caplog.text
    shutil.rmtree(root / "train_images")
    with pytest.raises(ValueError, match="None of the images of train.csv is"):
        read(root)


@pytest.mark.parametrize(
    "old, new, message",
    [
        ("diagnosis", "level", "no column 'diagnosis'; it has id_code, level"),
        (
            ",4",
            ",7",
            "'diagnosis' has .*'001639a390f0: 7'. Allowed: 0, 1, 2",
        ),
        (",4", ",", "'001639a390f0: '"),
    ],
)
def test_tables_of_another_version(tmp_path, old, new, message):
    root = make_aptos(tmp_path / "raw")
    text = (root / "train.csv").read_text()
    (root / "train.csv").write_text(text.replace(old, new))
    with pytest.raises(ValueError, match=message) as raised:
        read(root)
    assert "\n" not in str(raised.value)


def test_published_counts():
    assert sum(aptos.PUBLISHED.values()) == 3_662
