"""Tests of tables as spreadsheets, R, pandas and people write them."""

import pandas as pd
import pytest

from data_prep import sources
from tests.data_prep.trees import folder_of

IMAGES = ("a.png", "b.png", "c.png", "d.png")


def read(tmp_path, text, **options):
    """The manifest of a table over IMAGES; `text` is bytes, or UTF-8."""
    root = folder_of(tmp_path / "raw", *IMAGES)
    labels = tmp_path / "labels.csv"
    labels.write_bytes(text if isinstance(text, bytes) else text.encode())
    manifest = sources.get("csv")(input=root, labels=labels, **options)
    manifest.check()
    return manifest


def column(manifest, name="label"):
    return dict(zip(manifest.table["image"], manifest.table[name], strict=True))


PLAIN = "path,label\na.png,0\nb.png,1\nc.png,0\nd.png,1\n"


@pytest.mark.parametrize(
    "text",
    [
        PLAIN.replace("\n", "\r\n"),
        PLAIN.replace("\n", "\r"),
        "\ufeff" + PLAIN,
        PLAIN.encode("utf-16"),
        PLAIN.replace(",", ";"),
        PLAIN.replace(",", "\t"),
        "sep=;\n" + PLAIN.replace(",", ";"),
        '"path", "label"\n"a.png", "0"\n"b.png" ,"1" \n"c.png", 0\nd.png,"1"\n',
        "path,label,,\na.png,0,,\nb.png,1,,\nc.png,0,,\nd.png,1,,\n,,,\n",
        "path,label,note\na.png,0\nb.png,1,x\nc.png,0\nd.png,1\n",
        "path,label\na.png,0.0\nb.png,1.0\nc.png,0\nd.png,1.\n",
    ],
    ids=lambda text: repr(text[:25]),
)
def test_one_table_in_many_forms(tmp_path, text):
    manifest = read(tmp_path, text)
    assert column(manifest) == dict(zip(IMAGES, "0101", strict=True))
    assert (manifest.classes, manifest.bad) == (("0", "1"), ())


def test_an_encoding_that_is_given(tmp_path):
    text = "path;label\na.png;m\u00e9lanome\nb.png;na\u00efve\n".encode(
        "cp1252"
    )
    with pytest.raises(ValueError, match="not a CSV file in utf-8.*--encoding"):
        read(tmp_path, text)
    manifest = read(tmp_path, text, encoding="cp1252")
    assert manifest.classes == ("m\u00e9lanome", "na\u00efve")


def test_labels_are_compared_in_one_form(tmp_path):
    text = "path,label\na.png,u\u0308ber\nb.png,\u00fcber\nc.png,x\n"
    assert read(tmp_path, text).classes == ("x", "\u00fcber")


def test_what_r_writes(shared, tmp_path, caplog):
    root = folder_of(tmp_path / "raw", *(f"i/{n}.png" for n in range(30)))
    labels = shared / "cases" / "table" / "r.csv"
    manifest = sources.get("csv")(input=root, labels=labels)
    assert manifest.classes == ("a", "b")
    assert manifest.bad == tuple((f"i/{n}.png", "no label") for n in range(5))
    assert "Column 'label': 'NA' is read as missing, in 5 rows" in caplog.text
    # The header is row 1, as in a spreadsheet.
    assert [manifest.rows[image] for image, _ in manifest.bad] == [
        2,
        3,
        4,
        5,
        6,
    ]


@pytest.mark.parametrize(
    "word", ["NA", "nan", "NaN", "N/A", "<NA>", "null", ""]
)
def test_words_for_a_missing_label(tmp_path, word):
    manifest = read(tmp_path, f"path,label\na.png,x\nb.png,{word}\nc.png,y\n")
    assert manifest.bad == (("b.png", "no label"),)
    assert manifest.classes == ("x", "y")
    manifest = read(
        tmp_path, f"path,x,y\na.png,1,{word}\nb.png,0,1\n", task="multilabel"
    )
    assert manifest.label_codes().tolist() == [[1, -1], [0, 1]]


def test_a_class_may_be_called_so(tmp_path):
    text = "path,label\na.png,NA\nb.png,None\n"
    assert read(tmp_path, text, classes=["NA", "None"]).bad == ()


def test_labels_as_r_and_pandas_write_truth(tmp_path):
    text = '"","path","x","y"\n"1","a.png",TRUE,False\n"2","b.png",NA,True\n'
    manifest = read(tmp_path, text, task="multilabel")
    assert manifest.classes == ("x", "y")  # And not the numbers of rows.
    assert manifest.label_codes().tolist() == [[1, 0], [-1, 1]]


def test_patients_that_pandas_wrote_as_float(tmp_path, caplog):
    text = (
        "path,label,patient\na.png,0,3\nb.png,1,3.0\nc.png,0,4.0\nd.png,1,5.5\n"
    )
    found = column(read(tmp_path, text), "patient")
    assert found["a.png"] == found["b.png"] == "3"
    assert "Column 'patient': numbers are written in two ways" in caplog.text
    assert "'3' and '3.0'; they are taken as one (1 rows)" in caplog.text


def test_patients_in_two_spellings_are_told(tmp_path, caplog):
    text = "path,label,patient\na.png,0,P003\nb.png,1,p003\n"
    text += "c.png,0,P3\nd.png,1,Q\n"
    found = column(read(tmp_path, text), "patient")
    assert len(set(found.values())) == 4
    assert (
        "1 patients are written in several ways, and taken as different: "
        "'P003, P3, p003'" in caplog.text
    )


def test_no_patient_is_called_nan(tmp_path):
    text = "path,label,patient\na.png,0,1\nb.png,1,NA\nc.png,0,nan\n"
    with pytest.raises(ValueError, match="2 images have no patient"):
        read(tmp_path, text)


def test_grades_that_pandas_wrote_as_float(tmp_path):
    text = "path,label\na.png,0.0\nb.png,\nc.png,2.0\nd.png,1.0\n"
    assert read(tmp_path, text, task="ordinal").classes == ("0", "1", "2")


@pytest.mark.parametrize(
    "text, options, message",
    [
        ("path,label,label\na.png,1,2\n", {}, "several columns called 'label'"),
        (
            "path,label, label\na.png,1,2\n",
            {},
            "several columns called 'label'",
        ),
        (
            "path,x,x\na.png,1,0\n",
            {"task": "multilabel"},
            "several columns called 'x'. Rename or delete all but one",
        ),
        ('path,label\na.png,"x\ny"\nb.png,z\n', {}, r"line ends.*x\\\\ny"),
        ('path,label\na.png,"x\ty"\nb.png,z\n', {}, r"control char.*x\\\\ty"),
        ("path,label\na.png,1\n", {"patient_pattern": ""}, "pattern is empty"),
        (PLAIN.encode("utf-16-le"), {}, "NUL characters"),
    ],
)
def test_tables_that_are_refused(tmp_path, text, options, message):
    with pytest.raises(ValueError, match=message) as raised:
        read(tmp_path, text, **options)
    assert "\n" not in str(raised.value)


def test_columns_of_published_tables_are_read_alike(tmp_path):
    folds = tmp_path / "folds"
    folds.mkdir()
    for split in ("train", "val", "test"):
        (folds / f"{split}_1.csv").write_text(
            f";path;class\n0;x/chest_xray/{split}/NORMAL/IM-{split}.jpeg;NORMAL\n"
        )
    from data_prep.sources.common import folds as published

    fold = published.read(folds, 1, "chest", r"(?P<key>chest_xray/.+)")
    assert fold.table["split"].tolist() == ["train", "val", "test"]
    pd.testing.assert_index_equal(fold.table.index, pd.RangeIndex(3))
