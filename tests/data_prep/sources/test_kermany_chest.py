"""Tests of the chest x-rays: folders, patients from names, real counts."""

import shutil

import pandas as pd
import pytest

from data_prep import sources
from tests.data_prep.trees import CHEST, make_chest, packed, write_image
from transfusion_tf.data import official_splits, splits


def read(place, **options):
    manifest = sources.get("kermany_chest")(input=place, **options)
    manifest.check()
    return manifest


@pytest.mark.parametrize("kind", ["directory", "zip", "tar"])
def test_folders_and_names_tell_everything(tmp_path, kind):
    manifest = read(packed(make_chest(tmp_path / "raw"), kind))
    rows = manifest.table.set_index("image").sort_index()
    assert rows.index.tolist() == sorted(f"chest_xray/{f}" for f in CHEST)
    assert manifest.classes == ("NORMAL", "PNEUMONIA")
    assert manifest.name == "kermany_chest"
    for image, row in rows.iterrows():
        assert image.split("/")[1:3] == [row["split"], row["label"]]
    assert rows.groupby("patient").size().to_dict() == {
        "IM-0001": 2,  # With and without NORMAL2, in train and in test.
        "IM-0002": 2,
        "IM-0003": 1,
        "IM-0011": 1,
        "person1": 2,  # Bacteria in train, virus in test; not person11.
        "person2": 2,
        "person11": 1,
    }
    assert rows[official_splits.sharing(rows)][
        "patient"
    ].value_counts().to_dict() == {
        "IM-0001": 2,
        "person1": 2,
    }


def test_the_order_of_files_does_not_matter(tmp_path):
    root = make_chest(tmp_path / "raw")
    tables = [read(packed(root, k)).table for k in ("directory", "zip", "tar")]
    for table in tables[1:]:
        pd.testing.assert_frame_equal(tables[0], table)


def test_the_folder_itself_and_folders_around_it(tmp_path):
    root = make_chest(tmp_path / "a" / "CellData")
    expected = read(root).table.drop(columns="image")
    for place in (root / "chest_xray", tmp_path):
        table = read(place).table.drop(columns="image")
        pd.testing.assert_frame_equal(table, expected)


def test_a_set_of_eyes_beside_it_is_left_alone(tmp_path):
    root = make_chest(tmp_path / "CellData")
    write_image(root / "OCT" / "train" / "NORMAL" / "NORMAL-1-1.jpeg", 1)
    write_image(root / "OCT" / "train" / "DRUSEN" / "DRUSEN-1-1.jpeg", 2)
    assert len(read(tmp_path).table) == len(CHEST)


def test_all_images_twice_and_a_folder_val(tmp_path):
    more = (*CHEST, "val/NORMAL/NORMAL2-IM-1427-0001.jpeg")
    root = make_chest(tmp_path / "raw", more)
    shutil.copytree(root / "chest_xray", tmp_path / "copy")
    shutil.move(tmp_path / "copy", root / "chest_xray" / "chest_xray")
    table = read(root).table
    assert table["split"].value_counts()["val"] == 1
    assert len(table) == len(more)
    inner = root / "chest_xray" / "chest_xray"
    (inner / CHEST[0]).unlink()
    with pytest.raises(ValueError, match="different images in 'chest_xray/' a"):
        read(root)


def test_names_can_be_read_in_another_way(tmp_path):
    table = read(
        make_chest(tmp_path / "raw"),
        patient_pattern=r"person\d+_[a-z]+|(?:NORMAL2-)?IM-\d+",
    ).table
    assert not official_splits.sharing(table).any()
    assert table["patient"].nunique() == 9


@pytest.mark.parametrize(
    "added, message",
    [
        (
            "train/NORMAL/scan7.jpeg",
            "finds no patient in 1 of 12 .*'chest_xray/train/NORMAL/scan7.jpeg",
        ),
        ("train/NORMAL/person1.jpeg", "no patient in 1 of 12"),
        ("train/COVID/person1_virus_1.jpeg", "outside of the folders.*COVID"),
        ("NORMAL/IM-0001-0001.jpeg", "outside of the folders.*y/NORMAL/IM-00"),
        ("train/NORMAL/x/IM-0001-0001.jpeg", "outside of the folders"),
    ],
)
def test_images_that_cannot_be_placed(tmp_path, added, message):
    with pytest.raises(ValueError, match=message) as raised:
        read(make_chest(tmp_path / "raw", (*CHEST, added)))
    assert "\n" not in str(raised.value)


def test_folders_that_are_absent(tmp_path):
    root = make_chest(tmp_path / "raw")
    shutil.rmtree(root / "chest_xray" / "test" / "NORMAL")
    with pytest.raises(ValueError, match="no images in test/NORMAL. Expected"):
        read(root)
    shutil.rmtree(root / "chest_xray")
    with pytest.raises(ValueError, match="no images chest_xray/{train,test}/{"):
        read(root)
    with pytest.raises(FileNotFoundError, match="no file or directory"):
        read(tmp_path / "nowhere")


FOLD = {
    "train": (
        "train/NORMAL/IM-0001-0001.jpeg",
        "test/NORMAL/IM-0011-0001.jpeg",
    ),
    "val": ("train/PNEUMONIA/person2_virus_2.jpeg",),
    "test": (
        "test/PNEUMONIA/person1_virus_6.jpeg",
        "val/NORMAL/NORMAL2-IM-1427-0001.jpeg",  # Absent.
    ),
}


def write_fold(folder, fold=3, **changes):
    """Writes the files of a fold as the authors have them."""
    folder.mkdir(exist_ok=True)
    for split, paths in (FOLD | changes).items():
        rows = [
            f"{i},../../../data/chest_xray/{path},{path.split('/')[1]},0001"
            for i, path in enumerate(paths)
        ]
        text = "\n".join([",path,class,pid", *rows, ""])
        (folder / f"{split}_{fold}.csv").write_text(text)
    return folder


def test_published_folds_take_the_place_of_the_splits(tmp_path, caplog):
    root = make_chest(tmp_path / "raw")
    folds = write_fold(tmp_path / "folds")
    manifest = read(root, folds=folds, fold=3)
    found = manifest.table.set_index("image")["split"].to_dict()
    assert found == {
        f"chest_xray/{path}": split
        for split, paths in FOLD.items()
        for path in paths
        if not path.startswith("val/")
    }
    absent = "chest_xray/val/NORMAL/NORMAL2-IM-1427-0001.jpeg"
    assert manifest.bad == ((absent, "absent"),)
    assert "1 of the 5 images of the fold are not in" in caplog.text
    assert "7 images of" in caplog.text and "left out" in caplog.text
    assert manifest.source["fold"] == 3
    assert set(manifest.table) == {"image", "label", "split", "patient"}


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"val": FOLD["train"][:1]}, "in more than one row: 'chest_xray/train"),
        (
            {"test": ("train/OTHER/IM-0002-0001-0001.jpeg",)},
            None,  # Absent, so no matter.
        ),
        (dict.fromkeys(FOLD, ()), "has no row beside its header"),
        (
            {s: (f"train/NORMAL/no{s}.jpeg",) for s in FOLD},
            "has none of the 3 images of the fold: 'chest_xray/train/",
        ),
    ],
)
def test_folds_that_do_not_fit(tmp_path, changes, message):
    root = make_chest(tmp_path / "raw")
    folds = write_fold(tmp_path / "folds", **changes)
    if message is None:
        assert len(read(root, folds=folds, fold=3).bad) == 1
        return
    with pytest.raises(ValueError, match=message) as raised:
        read(root, folds=folds, fold=3)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("options", [{"folds": "x"}, {"fold": 1}])
def test_folds_and_fold_go_together(tmp_path, options):
    with pytest.raises(ValueError, match="--folds and --fold go together"):
        read(tmp_path, **options)


def test_files_of_folds_that_cannot_be_used(tmp_path):
    root = make_chest(tmp_path / "raw")
    folds = write_fold(tmp_path / "folds")
    with pytest.raises(
        FileNotFoundError,
        match="no file .*train_fold4.csv .nor train_4.csv.; --fold",
    ):
        read(root, folds=folds, fold=4)
    path = folds / "test_3.csv"
    text = path.read_text()
    path.write_text(text.replace("PNEUMONIA,", "NORMAL,"))
    with pytest.raises(
        ValueError, match="1 images have another class in the f"
    ):
        read(root, folds=folds, fold=3)
    path.write_text(text.replace("chest_xray/", ""))
    with pytest.raises(
        ValueError, match="test_3.csv has paths that are none of .* 'chest'"
    ):
        read(root, folds=folds, fold=3)
    path.write_text(text.replace("class", "label"))
    with pytest.raises(
        ValueError, match="no column .class.; it has .*path, label"
    ):
        read(root, folds=folds, fold=3)


def test_the_real_archive(shared):
    table = read(shared / "data" / "kermany_chest_224.zip").table
    assert len(table) == 5_840
    assert table.groupby("split").size().to_dict() == {
        "train": 5_216,
        "test": 624,
    }
    assert table["patient"].nunique() == 2_775
    assert splits.patients_in_common(table["patient"], table["split"]) == 264
    assert official_splits.sharing(table).sum() == 967
    assert not official_splits.keeps(table, splits.DEFAULTS)
    new = table.drop(columns="split").assign(id=table["image"])
    labels = pd.get_dummies(table["label"]).to_numpy(bool)
    split, _ = splits.complete(new, labels, splits.SplitOptions(seed=0))
    assert set(split) == {"train", "val", "test"}
    assert splits.patients_in_common(table["patient"], split) == 0
    shares = labels[split == "test"].sum(axis=0) / labels.sum(axis=0)
    assert abs(shares - 0.15).max() < 0.01


def test_the_published_folds(shared):
    options = {
        "folds": shared / "reference" / "revisiting_transfer_folds",
        "place": shared / "data" / "kermany_chest_224.zip",
    }
    tested = []
    for fold in range(1, 6):
        manifest = read(**options, fold=fold)
        table = manifest.table
        assert (len(table), len(manifest.bad)) == (5_840, 16)
        # Their patients are ours: no fold shares one between its splits.
        assert splits.patients_in_common(table["patient"], table["split"]) == 0
        assert official_splits.keeps(table, splits.DEFAULTS)
        tested += table.loc[table["split"] == "test", "image"].tolist()
    # The test splits, 4,395 images of which 7 are absent, do not overlap.
    assert len(tested) == len(set(tested)) == 4_388


def test_patients_are_those_of_the_published_folds(shared):
    folds = shared / "reference" / "revisiting_transfer_folds"
    published = pd.concat(
        pd.read_csv(folds / f"{split}_1.csv", dtype=str)
        for split in ("train", "val", "test")
    )
    published["image"] = (
        "chest_xray/" + (published["path"].str.partition("chest_xray/")[2])
    )
    table = read(shared / "data" / "kermany_chest_224.zip").table
    both = table.merge(published, on="image")
    assert (len(published), len(both)) == (5_856, 5_840)
    assert (both.groupby("pid")["patient"].nunique() == 1).all()
    assert (both.groupby("patient")["pid"].nunique() == 1).all()


TODAY = (
    "train/NORMAL/NORMAL-28501-0001.jpeg",
    "train/NORMAL/NORMAL-28501-0002.jpeg",
    "train/PNEUMONIA/BACTERIA-30629-0001.jpeg",
    "train/PNEUMONIA/VIRUS-30629-0002.jpeg",
    "train/PNEUMONIA/VIRUS-1949-0001.jpeg",
    "test/NORMAL/NORMAL-4512-0001.jpeg",
    "test/PNEUMONIA/BACTERIA-40699-0001.jpeg",
)


@pytest.mark.parametrize("kind", ["directory", "zip"])
def test_the_archive_as_it_is_downloaded_today(tmp_path, kind):
    make_chest(tmp_path / "raw" / "ZhangLabData" / "CellData", TODAY)
    write_image(
        tmp_path / "raw/ZhangLabData/CellData/OCT/train/DRUSEN/DRUSEN-1-1.jpeg",
        99,
    )
    table = read(packed(tmp_path / "raw", kind)).table
    assert table["split"].value_counts().to_dict() == {"train": 5, "test": 2}
    assert table["label"].value_counts().to_dict() == {
        "NORMAL": 3,
        "PNEUMONIA": 4,
    }
    assert table.groupby("patient").size().to_dict() == {
        "1949": 1,
        "28501": 2,
        "30629": 2,  # The number alone is the patient.
        "40699": 1,
        "4512": 1,
    }
