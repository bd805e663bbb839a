"""Tests of Messidor-2: adjudicated grades, gradable images, pairs of eyes."""

import pytest

from data_prep import sources
from data_prep.sources import messidor2
from tests.data_prep.trees import packed
from tests.data_prep.trees_transfusion import (
    MESSIDOR2,
    MESSIDOR2_PAIRS,
    make_messidor2,
    write_csv,
)


def read(place, **options):
    manifest = sources.get("messidor2")(input=place, **options)
    manifest.check()
    return manifest


@pytest.mark.parametrize("kind", ["directory", "zip", "tar"])
def test_grades_of_gradable_images_and_examinations(tmp_path, kind, caplog):
    manifest = read(packed(make_messidor2(tmp_path / "raw"), kind))
    assert (manifest.task, manifest.classes) == ("ordinal", tuple("01234"))
    rows = manifest.table.set_index("image")
    # The table writes .jpg, the files end in .JPG.
    assert rows["label"].to_dict() == {
        f"IMAGES/{name.replace('.jpg', '.JPG')}": grade
        for name, grade, _, gradable in MESSIDOR2
        if gradable == "1"
    }
    sizes = rows.groupby("patient").size()
    # Of the second examination one eye is not gradable.
    assert sorted(sizes) == [1, 2, 2]
    assert (
        rows.loc["IMAGES/IM000012.JPG", "patient"]
        == (rows.loc["IMAGES/IM000013.JPG", "patient"])
    )
    assert manifest.source["ungradable"] == 1 and manifest.bad == ()
    assert "1 images are not gradable" in caplog.text


def test_without_the_pairs_patients_are_not_known(tmp_path):
    root = make_messidor2(tmp_path / "raw", pairs=None)
    assert not read(root).has_patients


def test_tables_may_be_beside_the_images(tmp_path):
    root = make_messidor2(tmp_path / "raw")
    expected = read(root).table
    beside = tmp_path / "tables"
    beside.mkdir()
    for name in ("messidor_data.csv", "messidor-2.csv"):
        (root / name).rename(beside / name)
    assert read(root, labels=beside).table.equals(expected)
    grades = beside / "messidor_data.csv"
    assert not read(root, labels=grades).has_patients
    with pytest.raises(ValueError, match="no table messidor_data.csv. Give it"):
        read(root)


def test_images_in_two_pairs_or_none(tmp_path, caplog):
    root = make_messidor2(tmp_path / "raw")
    pairs = (
        *MESSIDOR2_PAIRS[:2],
        (MESSIDOR2_PAIRS[0][0], MESSIDOR2_PAIRS[1][1]),
        MESSIDOR2_PAIRS[0],
    )
    write_csv(root / "messidor-2.csv", "left;right ", pairs, ";")
    patients = read(root).table["patient"].tolist()
    # The first two examinations have an image in common.
    assert len(set(patients[:3])) == 1
    assert len(set(patients)) == 3
    assert "2 images are in no pair of messidor-2.csv" in caplog.text


def test_grades_with_a_decimal_point(tmp_path):
    rows = [
        (name, grade and f"{grade}.0", edema, gradable)
        for name, grade, edema, gradable in MESSIDOR2
    ]
    plain = read(make_messidor2(tmp_path / "a")).table
    assert read(make_messidor2(tmp_path / "b", rows)).table.equals(plain)


def test_an_absent_image_is_counted_and_told(tmp_path, caplog):
    root = make_messidor2(tmp_path / "raw")
    (root / "IMAGES" / "IM000012.JPG").unlink()
    assert read(root).bad == (("im000012.jpg", "absent"),)
    assert "grade 3: 0 instead of 75" in caplog.text


@pytest.mark.parametrize(
    "file, old, new, message",
    [
        (
            "messidor_data.csv",
            "adjudicated_dr_grade",
            "diagnosis",
            "no column 'adjudicated_dr_grade'; it has image_id, diagnosis, ",
        ),
        ("messidor_data.csv", ".jpg,4", ".jpg,6", "'IM000013.jpg: 6'. Allowed"),
        ("messidor_data.csv", ".jpg,4", ".jpg,", "'IM000013.jpg: '. Allowed"),
        ("messidor_data.csv", "0,1\n", "0,yes\n", "gradable' has .*: yes'"),
        ("messidor-2.csv", ";", ",", "has no column 'left', 'right'; it has l"),
    ],
)
def test_tables_of_another_version(tmp_path, file, old, new, message):
    root = make_messidor2(tmp_path / "raw")
    text = (root / file).read_text()
    assert old in text
    (root / file).write_text(text.replace(old, new))
    with pytest.raises(ValueError, match=message) as raised:
        read(root)
    assert "\n" not in str(raised.value)


def test_published_counts():
    # 874 examinations of two eyes, less the four that are not gradable.
    assert sum(messidor2.PUBLISHED.values()) == 2 * 874 - 4
