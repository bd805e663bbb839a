"""Tests of CheXpert: tables, views, labels, patients, parts of the archive."""

import shutil

import pandas as pd
import pytest

from data_prep import sources
from data_prep.sources import chexpert
from tests.data_prep.trees import packed
from tests.data_prep.trees_transfusion import (
    CHEXPERT,
    CHEXPERT_COLUMNS,
    make_chexpert,
    write_csv,
)
from transfusion_tf.config.run import RunConfig
from transfusion_tf.data import records
from transfusion_tf.training import setup

FIVE = [
    "Atelectasis",
    "Cardiomegaly",
    "Consolidation",
    "Edema",
    "Pleural Effusion",
]
SMALL = "CheXpert-v1.0-small"


def read(place, **options):
    manifest = sources.get("chexpert")(input=place, **options)
    manifest.check()
    return manifest


@pytest.mark.parametrize("kind", ["directory", "zip", "tar"])
def test_five_labels_patients_and_splits(tmp_path, kind):
    manifest = read(packed(make_chexpert(tmp_path / "raw"), kind))
    assert (manifest.task, manifest.classes) == ("multilabel", tuple(FIVE))
    rows = manifest.table.set_index("image")
    assert rows["split"].value_counts().to_dict() == {
        "train": 9,
        "val": 3,
        "test": 2,
    }
    places = [f"{SMALL}/{s}/{place}.jpg" for s, place, _ in CHEXPERT]
    assert sorted(rows.index) == sorted(places)
    for image, row in rows.iterrows():
        assert row["patient"] == image.split("/")[2]
    both = rows.loc[f"{SMALL}/train/patient00002/study1/view1_frontal.jpg"]
    # Uncertain, negative, blank, uncertain, blank.
    assert both[FIVE].tolist() == [-1, 0, 0, -1, 0]
    assert manifest.source["uncertain"] == dict.fromkeys(FIVE, "ignore")
    assert (manifest.source["blank"], manifest.source["view"]) == (
        "negative",
        "all",
    )


def test_all_labels_and_some(tmp_path):
    root = make_chexpert(tmp_path / "raw")
    manifest = read(root, classes=["all"])
    header = tuple(CHEXPERT_COLUMNS.split(",")[5:])
    assert manifest.classes == header == chexpert.LABELS
    assert manifest.table["Fracture"].sum() == 1
    some = read(root, classes=["Fracture", "Edema"])
    assert some.classes == ("Fracture", "Edema")
    pd.testing.assert_series_equal(some.table["Edema"], manifest.table["Edema"])


@pytest.mark.parametrize(
    "view, number", [("frontal", 12), ("lateral", 2), ("all", 14)]
)
def test_views(tmp_path, view, number):
    root = make_chexpert(tmp_path / "raw")
    table = read(root, view=view).table
    assert len(table) == number
    assert view == "all" or table["image"].str.contains(view).all()


def test_images_of_another_view_need_not_be_there(tmp_path):
    root = make_chexpert(tmp_path / "raw")
    for path in root.rglob("*lateral*"):
        path.unlink()
    assert read(root, view="frontal").bad == ()
    assert [reason for _, reason in read(root).bad] == ["absent"] * 2


def test_policies_of_uncertain_and_blank(tmp_path, caplog):
    root = make_chexpert(tmp_path / "raw")
    manifest = read(root, uncertain=["zeros", "Edema:ones"], blank="missing")
    rows = manifest.table.set_index("image")
    both = rows.loc[f"{SMALL}/train/patient00002/study1/view1_frontal.jpg"]
    assert both[FIVE].tolist() == [0, 0, -1, 1, -1]
    # Of two training images only other labels, or none, are known.
    assert len(rows) == 12 and manifest.bad == ()
    assert "2 images have a value for none of the labels" in caplog.text
    assert manifest.source["uncertain"]["Edema"] == "ones"
    assert manifest.source["blank"] == "missing"


def test_three_classes(tmp_path):
    root = make_chexpert(tmp_path / "raw")
    manifest = read(root, classes=["Edema"], uncertain=["multiclass"])
    assert manifest.task == "multiclass"
    assert manifest.classes == ("negative", "uncertain", "positive")
    labels = manifest.table.set_index("image")["label"]
    assert labels.value_counts().to_dict() == {
        "negative": 9,
        "positive": 4,
        "uncertain": 1,
    }
    assert labels.str.fullmatch("uncertain")[
        f"{SMALL}/train/patient00002/study1/view1_frontal.jpg"
    ]


def test_the_policy_is_on_the_card_and_in_the_runs_config(binary, tmp_path):
    root = make_chexpert(tmp_path / "raw")
    cards = {}
    for way in ("zeros", "ones"):
        done = binary(
            "data_prep/make_tfrecords.py",
            "--source=chexpert",
            f"--input={root}",
            f"--output_dir={tmp_path / way}",
            f"--uncertain=ignore,Edema:{way}",
            "--blank=negative",
            "--view=frontal",
            "--image_size=32",
        )
        assert done.returncode == 0, done.stderr
        cards[way] = records.read_card(tmp_path / way / "1.0.0")
        assert cards[way].source["uncertain"]["Edema"] == way
    assert cards["zeros"].counts["train"]["Edema"] == 1
    assert cards["ones"].counts["train"]["Edema"] == 2
    assert cards["zeros"].fingerprint != cards["ones"].fingerprint
    config = RunConfig.from_flags_dict(
        {"dataset": str(tmp_path / "ones"), "model": "cbr_tiny", "steps": 1}
    )
    source = setup.RunSetup.prepare(config).record()["data"]["source"]
    assert source["kind"] == "chexpert" and source["view"] == "frontal"
    assert source["blank"] == "negative"
    assert source["uncertain"] == {
        label: "ones" if label == "Edema" else "ignore" for label in FIVE
    }


def test_a_policy_that_cannot_be_is_one_line(binary, tmp_path):
    done = binary(
        "data_prep/make_tfrecords.py",
        "--source=chexpert",
        f"--input={make_chexpert(tmp_path / 'raw')}",
        f"--output_dir={tmp_path / 'out'}",
        "--uncertain=multiclass",
    )
    assert done.returncode == 2
    assert "error: --uncertain=multiclass makes three" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_parts_of_the_large_archive_in_one_folder(tmp_path):
    root = make_chexpert(tmp_path / "raw", folder="CheXpert-v1.0")
    expected = read(root).table.drop(columns="image")
    first = root / "CheXpert-v1.0 batch 1 (validate & csv)"
    (root / "CheXpert-v1.0").rename(first)
    for path in sorted((first / "train").iterdir()):
        is_first = path.name < "patient00004"
        batch = "2 (train 1)" if is_first else "3 (train 2)"
        folder = root / f"CheXpert-v1.0 batch {batch}"
        folder.mkdir(exist_ok=True)
        shutil.move(path, folder / path.name)
    found = read(root)
    assert found.bad == ()
    pd.testing.assert_frame_equal(found.table.drop(columns="image"), expected)


def test_the_table_of_test_images_may_be_elsewhere_or_absent(tmp_path):
    root = make_chexpert(tmp_path / "raw")
    expected = read(root).table
    table = root / SMALL / "test_labels.csv"
    for place in (
        tmp_path / "truth.csv",
        tmp_path / "tables" / table.name,
    ):
        place.parent.mkdir(exist_ok=True)
        table.rename(place)
        given = place if place.name == "truth.csv" else place.parent
        found = read(root, labels=given).table
        pd.testing.assert_frame_equal(found, expected)
        table = place
    assert set(read(root).table["split"]) == {"train", "val"}


def change(root, file, old, new):
    path = root / SMALL / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


@pytest.mark.parametrize(
    "file, old, new, message",
    [
        (
            "train.csv",
            "-1.0",
            "2.0",
            "'Atelectasis' has values .*00002.*: 2'. A",
        ),
        ("train.csv", "Edema", "Oedema", "no column 'Edema'; it has Path, Sex"),
        ("valid.csv", "Path", "path", "valid.csv has no column 'Path'"),
        (
            "train.csv",
            "/view1_frontal.jpg",
            "",
            "paths that are not .*view1_frontal.jpg: 'CheXpert-v1.0-small/trai",
        ),
        ("train.csv", "patient00001", "patient00003", "in more than one row"),
    ],
)
def test_tables_of_another_version(tmp_path, file, old, new, message):
    root = make_chexpert(tmp_path / "raw")
    change(root, file, old, new)
    with pytest.raises(ValueError, match=message) as raised:
        read(root)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    "options, message",
    [
        (
            {"classes": ["Oedema"]},
            "--classes has 'Oedema'; .*No Finding, En",
        ),
        ({"view": "oblique"}, "Unknown view 'oblique'; known: frontal, later"),
        ({"uncertain": ["multiclass"]}, "there are 5: Atelectasis, "),
        ({"uncertain": ["Fracture:ones"]}, "a way for 'Fracture'; the labels"),
    ],
)
def test_options_that_cannot_be(tmp_path, options, message):
    with pytest.raises(ValueError, match=message):
        read(make_chexpert(tmp_path / "raw"), **options)


def test_tables_and_images_that_are_absent(tmp_path):
    root = make_chexpert(tmp_path / "raw")
    (root / SMALL / "valid.csv").unlink()
    with pytest.raises(ValueError, match="has no table valid.csv. Give the f"):
        read(root)
    with pytest.raises(FileNotFoundError, match="no file or directory"):
        read(tmp_path / "nowhere")
    root = make_chexpert(tmp_path / "again")
    with pytest.raises(FileNotFoundError, match="no file .*as --labels has"):
        read(root, labels=tmp_path / "nowhere.csv")
    for split in ("train", "valid", "test"):
        shutil.rmtree(root / SMALL / split)
    with pytest.raises(ValueError, match="None of the images of .*train.csv a"):
        read(root)


def test_both_sizes_below_one_folder(tmp_path):
    make_chexpert(tmp_path / "raw")
    make_chexpert(tmp_path / "raw", folder="CheXpert-v1.0")
    with pytest.raises(ValueError, match="two images patient64741/study1/vi"):
        read(tmp_path / "raw")


def test_missing_images_are_counted_and_told(tmp_path, caplog):
    root = make_chexpert(tmp_path / "raw")
    place = "patient00001/study1/view1_frontal.jpg"
    (root / SMALL / "train" / place).unlink()
    manifest = read(root)
    assert manifest.bad == ((place, "absent"),)
    assert "train frontal: 7 instead of 191,027" in caplog.text


def test_published_counts():
    total = {s: sum(n.values()) for s, n in chexpert.PUBLISHED.items()}
    # Irvin et al. 2019: 224,316 images, of which 668 are test images.
    assert total == {"train": 223_414, "val": 234, "test": 668}
    assert sum(total.values()) == 224_316


def test_a_label_of_a_table_is_a_number_of_any_form(tmp_path):
    root = make_chexpert(tmp_path / "raw")
    expected = read(root).table
    for file in ("train.csv", "valid.csv", "test_labels.csv"):
        table = pd.read_csv(root / SMALL / file, dtype=str)
        table = table.fillna("").map(lambda value: value.removesuffix(".0"))
        write_csv(
            root / SMALL / file, ",".join(table.columns), table.to_numpy()
        )
    pd.testing.assert_frame_equal(read(root).table, expected)
