"""Tests of the ultrasound of the thyroid: XML files, scores, folds."""

import pandas as pd
import pytest

from data_prep import sources
from data_prep.sources import ddti_thyroid
from tests.data_prep import trees, trees_revisiting


def read(place, **options):
    manifest = sources.get("ddti_thyroid")(input=place, **options)
    manifest.check()
    return manifest


@pytest.fixture
def root(tmp_path):
    return trees_revisiting.make_ddti(tmp_path)["input"]


@pytest.mark.parametrize("kind", ["directory", "zip"])
def test_scores_of_4a_and_above_are_malignant(root, kind, caplog):
    manifest = read(trees.packed(root, kind))
    assert manifest.classes == ("benign", "malignant")
    labels = manifest.table.groupby("patient")["label"].agg(set)
    expected = {"2": "benign", "3": "benign"}
    assert labels.to_dict() == {
        case: {expected.get(score, "malignant")}
        for case, (score, _) in trees_revisiting.DDTI.items()
        if score
    }
    # 20 cases, 10 of them with two images, and two with one.
    assert len(manifest.table) == 32 and not manifest.bad
    assert "3 of 35 images of" in caplog.text
    assert "are left out (--missing_tirads)" in caplog.text
    assert "as it was published" not in caplog.text


def test_a_missing_score_as_benign(root, caplog):
    table = read(root, missing_tirads="benign").table.set_index("image")
    assert len(table) == 35
    assert table.loc["102_2.jpg", ["patient", "label"]].tolist() == [
        "102",
        "benign",
    ]
    assert table.loc["103_1.jpg", "label"] == "benign"
    assert "count as benign" in caplog.text
    # By hand: odd cases have two images, even ones one.
    assert "benign: 13 instead of 192, malignant: 22 inst" in caplog.text
    with pytest.raises(ValueError, match="'x'; known: benign, exclude"):
        read(root, missing_tirads="x")


def test_the_order_of_files_does_not_matter(root):
    again = read(trees.packed(root, "zip"))
    pd.testing.assert_frame_equal(read(root).table, again.table)


@pytest.mark.parametrize("score", ["6", "4d", "TR4", "4 a", "3a", "malignant"])
def test_scores_that_are_not_known(root, score):
    path = root / "104.xml"
    path.write_text(path.read_text().replace("4c", score))
    with pytest.raises(ValueError, match=f"'104.xml: {score.lower()}'. Known"):
        read(root)


def test_a_score_that_is_a_megabyte_is_not_shown_whole(root):
    path = root / "104.xml"
    path.write_text(path.read_text().replace("4c", "9" * 2**20))
    with pytest.raises(
        ValueError, match=r"'104.xml: 9+\.\.\.'. Known"
    ) as raised:
        read(root)
    assert len(str(raised.value)) < 500


def test_other_encodings_that_python_knows(root):
    text = "<case><tirads>4a</tirads><name>M\xfcller</name></case>"
    declared = '<?xml version="1.0" encoding="latin-1"?>' + text
    (root / "1.xml").write_bytes(declared.encode("latin-1"))
    table = read(root).table
    assert set(table.loc[table["patient"] == "1", "label"]) == {"malignant"}


@pytest.mark.parametrize("score", ["4", "4A", " 4b ", "5.0"])
def test_scores_as_people_write_them(root, score):
    path = root / "1.xml"
    path.write_text(path.read_text().replace("4a", score))
    table = read(root).table
    assert set(table.loc[table["patient"] == "1", "label"]) == {"malignant"}


@pytest.mark.parametrize(
    "data, message",
    [
        (b"", "1 damaged XML files: '102.xml .no element found"),
        (b"<case><number>102</number>", "no element found"),
        (b"<case></cas>", "mismatched tag"),
        (
            b'<!DOCTYPE c [<!ENTITY a "aaa"><!ENTITY b "&a;&a;">]>'
            b"<case><tirads>&b;</tirads></case>",
            "it has a document type",
        ),
        (
            '<!DOCTYPE c [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
            "<case>&x;</case>".encode("utf-16"),
            "it has a document type",
        ),
        (b"<case>&unknown;</case>", "undefined entity"),
        (b'<?xml version="1.0" encoding="x"?><case/>', "unknown encoding: x"),
        (b'<?xml version="1.0" encoding="hex"?><case/>', "not a text encoding"),
        (b'<?xml version="1.0" encoding="gbk"?><case/>', "multi-byte encodin"),
        (b"<a>" * 10_000, "no element found"),
        (b"\0", "unclosed token"),
    ],
)
def test_xml_files_that_are_not_read(root, data, message):
    (root / "102.xml").write_bytes(data)
    with pytest.raises(ValueError, match=message) as raised:
        read(root)
    assert "\n" not in str(raised.value)


def test_images_that_are_absent_or_of_no_case(root):
    (root / "102_2.jpg").unlink()
    trees.write_image(root / "777_1.jpg", 1)
    assert read(root).bad == (
        ("777_1.jpg", "no label"),
        ("102_2", "absent"),
    )


def test_what_is_there_twice_or_not_at_all(root, tmp_path):
    trees.write_image(root / "more" / "1_1.jpg", 1)
    with pytest.raises(ValueError, match="has an image twice: 'more/1_1.jpg'"):
        read(root)
    trees_revisiting.write(root / "more" / "1.xml", "<case/>")
    with pytest.raises(ValueError, match="the case 1 twice: 'more/1.xml'"):
        read(root)
    for path in root.rglob("*.jpg"):
        path.unlink()
    (root / "more" / "1.xml").unlink()
    with pytest.raises(ValueError, match="no images <case>_<n>.jpg of its 24"):
        read(root)
    with pytest.raises(ValueError, match="no files <case>.xml"):
        read(trees.folder_of(tmp_path / "other", "1_1.jpg"))


FOLD = {
    "train": [
        ("../../../data/thyroid/1_1.jpg", "malignant"),
        ("../../../data/thyroid/1_2.jpg", "malignant"),
        ("../../../data/thyroid/102_1.jpg", "benign"),
    ],
    "val": [("../../../data/thyroid/2_1.jpg", "benign")],
    "test": [("../../../data/thyroid/399_1.jpg", "benign")],
}


def test_published_folds_take_a_missing_score_as_benign(root, tmp_path):
    folds = trees_revisiting.write_folds(tmp_path / "thyroid", FOLD)
    manifest = read(root, **folds)
    rows = manifest.table.set_index("image")[["label", "split"]]
    assert rows.to_dict("index") == {
        "1_1.jpg": {"label": "malignant", "split": "train"},
        "1_2.jpg": {"label": "malignant", "split": "train"},
        "102_1.jpg": {"label": "benign", "split": "train"},
        "2_1.jpg": {"label": "benign", "split": "val"},
    }
    assert manifest.bad == (("399_1", "absent"),)
    with pytest.raises(ValueError, match="go with --missing_tirads=exclude"):
        read(root, missing_tirads="exclude", **folds)


def test_published_numbers_are_those_of_all_images():
    assert sum(ddti_thyroid.PUBLISHED.values()) == 480
