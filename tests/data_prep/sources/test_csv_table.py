"""Tests of tables of images: columns, paths, labels, and what is refused."""

import re

import pytest

from data_prep import sources
from tests.data_prep.trees import folder_of, packed


def read(**options):
    return sources.get("csv")(**options)


def read_csv(tmp_path, text, **options):
    """The manifest of a table over four images."""
    root = folder_of(tmp_path / "raw", "a.png", "b.png", "c/d.png", "e_7.png")
    labels = tmp_path / "labels.csv"
    labels.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read(input=root, labels=labels, **options)


def test_csv_as_spreadsheets_write_it(tmp_path):
    text = (
        "\N{BYTE ORDER MARK}path, label,split,patient,note\r\n"
        "./a.png,2, Train,P1,x\r\nc\\d.png,10,valid,P2,\r\n"
    )
    manifest = read_csv(tmp_path, text, extra_columns=["note"])
    manifest.check()
    assert manifest.classes == ("2", "10")
    assert manifest.table["image"].tolist() == ["a.png", "c/d.png"]
    assert manifest.table["split"].tolist() == ["train", "val"]
    assert manifest.table["patient"].tolist() == ["P1", "P2"]
    assert manifest.extra_columns == ("note",)


def test_csv_with_several_labels(tmp_path):
    manifest = read_csv(
        tmp_path,
        "path,edema,effusion,split\na.png,1,,train\nb.png,0.0,-1,train\n",
        task="multilabel",
    )
    manifest.check()
    assert manifest.classes == ("edema", "effusion")
    assert manifest.label_codes().tolist() == [[1, -1], [0, -1]]


def test_columns_named_by_flags(tmp_path):
    manifest = read_csv(
        tmp_path,
        "file,grade,who,part,label,patient\n"
        "a.png,1,P/x,train,no,no\nb.png,0,Q/x,test,no,no\n",
        path_column="file",
        label_column="grade",
        patient_column="who",
        split_column="part",
        patient_pattern=r"^\w",
        task="ordinal",
    )
    manifest.check()
    assert manifest.table.to_dict("list") == {
        "image": ["a.png", "b.png"],
        "label": ["1", "0"],
        "split": ["train", "test"],
        "patient": ["P", "Q"],
    }


def test_the_patient_can_be_a_folder_of_the_path(tmp_path):
    table = read_csv(
        tmp_path,
        "path,label\nc/d.png,1\nc/../c/d.png,1\n",
        patient_column="path",
        patient_pattern=r"c(?=/d)",
        classes=["0", "1"],
    ).table
    assert table["patient"].tolist() == ["c"]


def test_classes_named_by_a_flag(tmp_path):
    text = "path,label\na.png,dog\nb.png,cat\n"
    manifest = read_csv(tmp_path, text, classes=["eel", "dog", "cat"])
    manifest.check()
    assert manifest.classes == ("eel", "dog", "cat")
    assert manifest.label_codes().tolist() == [1, 2]


def test_labels_named_by_a_flag(tmp_path, caplog):
    manifest = read_csv(
        tmp_path,
        "path,age,edema,cyst,cough\n"
        "a.png,61,1,0,\nb.png,62,,1,0\nc/d.png,63,,0,\n",
        task="multilabel",
        classes=["cough", "edema"],
    )
    manifest.check()
    assert manifest.classes == ("cough", "edema")
    assert manifest.label_codes().tolist() == [[-1, 1], [0, -1]]
    assert manifest.bad == ()
    assert "1 images have a value for none of the labels" in caplog.text


def test_rows_that_cannot_be_used_are_told(tmp_path):
    manifest = read_csv(
        tmp_path,
        "path,label\na.png,1\nz.png,2\nb.png,\nc/d.png,2\ny.png,\n",
    )
    manifest.check()
    assert manifest.table["image"].tolist() == ["a.png", "c/d.png"]
    assert manifest.bad == (
        ("z.png", "absent"),
        ("y.png", "absent"),
        ("b.png", "no label"),
    )


def test_an_image_without_any_of_all_labels_is_bad(tmp_path):
    manifest = read_csv(
        tmp_path, "path,x,y\na.png,1,\nb.png,,-1\n", task="multilabel"
    )
    assert manifest.bad == (("b.png", "no label"),)


def test_rows_that_say_the_same_are_merged(tmp_path, caplog):
    table = read_csv(
        tmp_path,
        "path,label,note\na.png,1,x\nb.png,2,\n./a.png,1,y\n",
    ).table
    assert table["image"].tolist() == ["a.png", "b.png"]
    assert "1 rows say once more what others say" in caplog.text


def test_links_out_of_the_directory_are_followed(tmp_path):
    outside = folder_of(tmp_path / "outside", "1.png")
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "z.png").symlink_to(outside / "1.png")
    table = read_csv(tmp_path, "path,label\nz.png,1\na.png,2\n").table
    assert table["image"].tolist() == ["z.png", "a.png"]


def test_csv_in_an_archive(tmp_path):
    place = packed(folder_of(tmp_path / "raw", "x/1.png", "x/2.png"), "zip")
    labels = tmp_path / "l.csv"
    labels.write_text("path,label\nx/1.png,0\nx/2.png,1\n")
    manifest = read(input=place, labels=labels, task="ordinal")
    assert manifest.task == "ordinal"
    assert manifest.source.keys() == {"kind", "sha256", "labels_sha256"}


@pytest.mark.parametrize(
    "text, options, message",
    [
        ("", {}, "is not a CSV file"),
        (b"\xff\xfe\xfa", {}, "is not a CSV file"),
        ("path,label\n", {}, "no row"),
        (
            "path,label\na.png,1,x\n",
            {},
            "is not a CSV file .*Expected 2 fields",
        ),
        ("path,label\na.png,1\nb.png,1,x\n", {}, "Expected 2 fields in line 3"),
        (
            "file,label\na.png,1\n",
            {},
            "no column 'path', as --path_column has it; it has file, label",
        ),
        ("path,grade\na.png,1\n", {}, "no column 'label'.*--task=multilabel"),
        (
            "path,label\na.png,1\n",
            {"extra_columns": ["age"]},
            "no column 'age'",
        ),
        (
            "path,label\ny.png,1\nz.png,2\n",
            {},
            "2 of 2 images are not in .*: 'y.png', 'z.png'. Paths are relat",
        ),
        (
            "path,label\na.png,\nb.png,\n",
            {},
            "None of the 2 images has a label: 'a.png', 'b.png'",
        ),
        ("path,label\na.png,1\n,2\n", {}, "rows without a path"),
        (
            "path,label\na.png,1\n../b.png,2\n",
            {},
            "The table has paths that leave .*: '../b.png'. Paths must be",
        ),
        ("path,label\nc/../../b.png,2\n", {}, "leave .*: '../b.png'"),
        ("path,label\n..\\b.png,2\n", {}, "leave .*: '../b.png'"),
        ("path,label\n/b.png,2\n/c.png,1\n", {}, "'/b.png' and 1 more"),
        ("path,label\nC:\\b.png,2\n", {}, "leave .*: 'C:/b.png'"),
        (
            "path,label\na.png,1\nb.png,1\na.png,2\n",
            {},
            "1 images in several rows that differ in 'label': 'a.png: 1, 2'",
        ),
        ("path,label\na.png,1\n./a.png,\n", {}, "differ in 'label'"),
        (
            "path,x,y\na.png,1,0\na.png,1,1\n",
            {"task": "multilabel"},
            "differ in 'y': 'a.png: 0, 1'",
        ),
        (
            "path,label,split\na.png,1,train\na.png,1,test\n",
            {},
            "differ in 'split': 'a.png: train, test'",
        ),
        (
            "path,label\na.png,1\n",
            {"path_column": "file"},
            "no column 'file', as --path_column has it; it has path, label",
        ),
        (
            "path,label\na.png,1\n",
            {"label_column": "grade"},
            "no column 'grade', as --label_column has it; it has path, lab",
        ),
        (
            "path,label\na.png,1\n",
            {"patient_column": "who"},
            "no column 'who', as --patient_column has it",
        ),
        (
            "path,label\na.png,1\n",
            {"split_column": "part"},
            "no column 'part', as --split_column has it",
        ),
        (
            "path,x\na.png,1\n",
            {"task": "multilabel", "label_column": "x"},
            "--label_column does not go with --task=multilabel",
        ),
        (
            "path,x\na.png,1\n",
            {"task": "multilabel", "classes": ["x", "z"]},
            "no column 'z', as --classes has it; it has path, x",
        ),
        (
            "path,x\na.png,1\n",
            {"task": "multilabel", "classes": ["x", "path"]},
            "--classes has 'path', which other flags or names",
        ),
        (
            "path,label\na.png,1\nb.png,3\n",
            {"classes": ["1", "2"]},
            "labels that --classes does not have: '3'; it has 1, 2",
        ),
        (
            "path,label\na.png,1\n",
            {"classes": ["1", "0"], "task": "ordinal"},
            "are the grades 0,1,...,k in order. Received: 1,0",
        ),
        (
            "path,label,who\na.png,1,P\n",
            {"patient_column": "who", "extra_columns": ["who"]},
            "--extra_columns cannot have 'who': no path and no patient",
        ),
        ("path,label\na.png,1.5\n", {"task": "ordinal"}, "Received '1.5'"),
        (
            "path,x\na.png,maybe\n",
            {"task": "multilabel"},
            "Column 'x'.*'a.png: maybe'. Allowed: 1, 0, and -1",
        ),
        ("path,x\na.png,2\n", {"task": "multilabel"}, "'a.png: 2'"),
        ("path,label,split\na.png,1,odd\n", {}, "'a.png: odd'. Allowed: train"),
        (
            "path,label,patient\na.png,1,P\n",
            {"patient_pattern": "."},
            "--patient_pattern does not go with a table that has a column",
        ),
        (
            "path,label\na.png,1\n",
            {"patient_pattern": r"\d"},
            "no patient in 1",
        ),
    ],
)
def test_csv_that_cannot_be_used(tmp_path, text, options, message):
    with pytest.raises(ValueError, match=re.compile(message, re.DOTALL)):
        read_csv(tmp_path, text, **options)


def test_csv_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError, match="no file .*nothing.csv"):
        read(input=tmp_path, labels=tmp_path / "nothing.csv")
