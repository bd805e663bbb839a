"""Tests of the mammograms: tables, repeated images, three layouts."""

import io

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from data_prep import sources
from data_prep.sources import cbis_ddsm
from tests.data_prep import trees, trees_revisiting
from transfusion_tf.data import splits
from transfusion_tf.images import prepare

MASS = "csv/mass_case_description_{}_set.csv"


def read(place, **options):
    manifest = sources.get("cbis_ddsm")(input=place, **options)
    manifest.check()
    return manifest


@pytest.fixture(params=["dicom", "jpeg", "flat"])
def layout(request, tmp_path):
    return trees_revisiting.make_cbis(tmp_path, request.param)["input"]


@pytest.fixture
def root(tmp_path):
    return trees_revisiting.make_cbis(tmp_path, "flat")["input"]


def stem(image):
    return image.rpartition("/")[2].removesuffix(".png")


def test_whole_mammograms_and_labels_of_all_layouts(layout, caplog):
    manifest = read(layout)
    assert manifest.classes == ("BENIGN", "MALIGNANT")
    rows = manifest.table
    # 24 images of one abnormality and 5 others, of which 3 have several.
    assert len(rows) == 29 and rows["image"].is_unique
    assert rows["split"].value_counts().to_dict() == {"train": 19, "test": 10}
    labels = rows.groupby("patient")["label"].agg(sorted)
    assert labels["P_00001"] == ["BENIGN", "MALIGNANT"]  # Of its two views.
    assert labels["P_00005"] == ["BENIGN"]  # Without callback.
    assert labels["P_00038"] == ["BENIGN", "MALIGNANT"]  # Mass, calcification.
    assert splits.patients_in_common(rows["patient"], rows["split"]) == 0
    assert not manifest.bad
    prepared = prepare.prepare(manifest.store.read(rows["image"][0]))
    assert prepared is not None
    assert "train: 19 instead of 2,458, test: 10 instead of 645" in caplog.text


def test_each_layout_has_the_same_image_for_a_row(tmp_path):
    """The tree gives each image a grey value of its own, 8 apart."""
    greys = {}
    for kind in ("jpeg", "flat"):
        root = trees_revisiting.make_cbis(tmp_path / kind, kind)["input"]
        manifest = read(root)
        files = map(manifest.store.read, manifest.table["image"])
        greys[kind] = [
            Image.open(io.BytesIO(f)).getpixel((0, 0)) for f in files
        ]
    np.testing.assert_allclose(greys["jpeg"], greys["flat"], atol=3)
    assert len(set(greys["flat"])) == 29


def test_the_order_of_files_does_not_matter(root):
    again = read(trees.packed(root, "zip"))
    pd.testing.assert_frame_equal(read(root).table, again.table)


def test_one_kind_alone(root, caplog):
    for path in (root / "csv").glob("calc*"):
        path.unlink()
    table = read(root).table
    assert table["image"].map(stem).str.startswith("Mass-").all()
    assert len(table) == 15
    (root / MASS.format("test")).unlink()
    with pytest.raises(ValueError, match="no file mass_case_description_test"):
        read(root)
    (root / MASS.format("train")).unlink()
    with pytest.raises(ValueError, match="no table mass_case_.* or the like"):
        read(root)


def test_images_that_are_absent(root):
    (root / "images" / "Mass-Test_P_00038_LEFT_CC.png").unlink()
    assert read(root).bad == (("Mass-Test_P_00038_LEFT_CC", "absent"),)


def test_an_image_that_could_be_two_files(root):
    trees.write_image(root / "Mass-Test_P_00038_LEFT_CC" / "1-1.png", 1)
    with pytest.raises(ValueError, match="2 files that could be .*P_00038_LE"):
        read(root)


@pytest.mark.parametrize(
    "old, new, message",
    [
        ("MALIGNANT", "MALIGN", "rows with another pathology than BENIGN, BEN"),
        ("pathology", "diagnosis", "no column 'pathology'; .*diagnosis, subtl"),
        ("P_00001,3", ",3", "3 rows without a patient"),
        (
            "Mass-Training_P_00001_LEFT_CC/1.3.6.1.4/",
            "Mass-Training_P_00001_LEFT_CC/",
            "2 rows whose image file path is not <name>/<study>/",
        ),
    ],
)
def test_tables_that_do_not_fit(root, old, new, message):
    path = root / MASS.format("train")
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(ValueError, match=message) as raised:
        read(root)
    assert "\n" not in str(raised.value)


def test_rows_of_an_image_that_differ(root):
    path = root / MASS.format("train")
    lines = path.read_text().replace("P_00001,3", "P_00002,3", 1)
    path.write_text(lines)
    with pytest.raises(ValueError, match="rows of 1 images differ in their pa"):
        read(root)


FOLDER = "../../../data/mammograms/images"
FOLD = {
    "train": [  # One malignant abnormality, as in the tables.
        (f"{FOLDER}/Mass-Training_P_00001_LEFT_CC.png", "MALIGNANT"),
        (f"{FOLDER}/Mass-Training_P_00001_LEFT_CC.png", "BENIGN"),
        (f"{FOLDER}/Mass-Training_P_00001_LEFT_MLO.png", "BENIGN"),
    ],
    "val": [(f"{FOLDER}/Calc-Training_P_00005_RIGHT_CC.png", "BENIGN")] * 3,
    "test": [
        (f"{FOLDER}/Calc-Test_P_00038_LEFT_CC.png", "MALIGNANT"),
        (f"{FOLDER}/Mass-Test_P_00038_LEFT_CC.png", "BENIGN"),
    ],
}


def test_published_folds(layout, tmp_path):
    folds = trees_revisiting.write_folds(tmp_path / "folds", FOLD)
    rows = read(layout, **folds).table
    assert sorted(rows[["patient", "label", "split"]].to_numpy().tolist()) == [
        ["P_00001", "BENIGN", "train"],
        ["P_00001", "MALIGNANT", "train"],
        ["P_00005", "BENIGN", "val"],
        ["P_00038", "BENIGN", "test"],
        ["P_00038", "MALIGNANT", "test"],
    ]


@pytest.mark.parametrize(
    "rows, message",
    [
        ({"val": FOLD["train"][:1]}, "in more than one split: 'Mass-Training"),
        ({"val": [(FOLD["val"][0][0], "NORMAL")]}, "of unknown classes: 'Calc"),
    ],
)
def test_folds_that_do_not_fit(root, tmp_path, rows, message):
    folds = trees_revisiting.write_folds(tmp_path / "folds", FOLD | rows)
    with pytest.raises(ValueError, match=message):
        read(root, **folds)


def test_published_numbers_are_those_of_all_mammograms():
    # Of 3,568 rows 465 repeat an image.
    assert sum(cbis_ddsm.PUBLISHED.values()) == 3_568 - 465
