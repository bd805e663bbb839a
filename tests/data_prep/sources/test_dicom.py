"""Tests of DICOM trees with a table: who is the patient, what is left out."""

import pandas as pd
import pydicom
import pytest
from pydicom.data import get_testdata_file

from data_prep import sources
from tests.data_prep.trees import packed
from transfusion_tf.images import prepare


def write_dicom(path, patient):
    """A CT image of the patient with that PatientID; None: without one."""
    data = pydicom.dcmread(get_testdata_file("CT_small.dcm"))
    if patient is None:
        del data.PatientID
    else:
        data.PatientID = patient
    path.parent.mkdir(parents=True, exist_ok=True)
    data.save_as(path)


@pytest.fixture
def tree(tmp_path):
    """Six files, of which the table names five, and the table."""
    root = tmp_path / "raw"
    write_dicom(root / "s1" / "1", "DOE^JANE")
    write_dicom(root / "s1" / "2", " DOE^JANE ")
    write_dicom(root / "s2" / "1", "ROE")
    write_dicom(root / "s2" / "2", "")
    write_dicom(root / "s3" / "1", None)
    (root / "DICOMDIR.txt").write_text("no image")
    labels = tmp_path / "labels.csv"
    labels.write_text("path,label\ns1/1,0\ns1/2,1\ns2/1,0\ns2/2,1\ns3/1,0\n")
    return root, labels


def read(root, labels, **options):
    manifest = sources.get("dicom")(input=root, labels=labels, **options)
    manifest.check()
    return manifest


@pytest.mark.parametrize("kind", ["directory", "zip", "tar"])
def test_headers_tell_the_patients(tree, kind, caplog):
    root, labels = tree
    manifest = read(packed(root, kind), labels)
    assert manifest.source["kind"] == "dicom"
    table = manifest.table.set_index("image")
    assert table["label"].tolist() == ["0", "1", "0", "1", "0"]
    groups = table["patient"]
    assert groups["s1/1"] == groups["s1/2"]
    assert groups.nunique() == 4  # Without a name each is one of its own.
    assert "2 of 5 headers name no patient" in caplog.text
    assert manifest.bad == ()
    prepare.prepare(manifest.store.read("s1/1"))


def test_an_image_without_a_patient_is_not_that_of_a_patient_so_called(
    tmp_path,
):
    root = tmp_path / "raw"
    write_dicom(root / "a", "b")
    write_dicom(root / "b", None)
    labels = tmp_path / "labels.csv"
    labels.write_text("path,label\na,0\nb,1\n")
    assert read(root, labels).table["patient"].nunique() == 2


@pytest.mark.parametrize(
    "options", [{"patient_column": "who"}, {"patient_pattern": r"\d"}]
)
def test_table_or_pattern_tell_the_patients(tree, options):
    root, labels = tree
    table = pd.read_csv(labels)
    table["who"] = ["a", "b", "a", "b", "a"]
    table.to_csv(labels, index=False)
    found = read(root, labels, **options).table["patient"].tolist()
    if "patient_column" in options:
        assert found == ["a", "b", "a", "b", "a"]
    else:
        assert found == ["1", "2", "1", "2", "1"]


def test_files_that_are_no_dicom_files_are_left_out(tree):
    root, labels = tree
    with open(labels, "a") as file:
        file.write("DICOMDIR.txt,1\ns9/1,1\ns2/3,\n")
    write_dicom(root / "s2" / "3", "ROE")
    manifest = read(root, labels)
    assert len(manifest.table) == 5
    assert manifest.bad == (
        ("s9/1", "absent"),
        ("s2/3", "no label"),
        ("DICOMDIR.txt", "not a DICOM file"),
    )


def test_a_file_that_is_cut_off_is_left_to_the_conversion(tree):
    root, labels = tree
    whole = (root / "s1" / "2").read_bytes()
    (root / "s1" / "2").write_bytes(whole[:200])
    manifest = read(root, labels)
    groups = manifest.table.set_index("image")["patient"]
    assert (groups == groups["s1/2"]).sum() == 1
    with pytest.raises(prepare.ImageError):
        prepare.prepare(manifest.store.read("s1/2"))


def test_a_tree_without_any_dicom_file(tmp_path):
    root = tmp_path / "raw"
    root.mkdir()
    (root / "1").write_bytes(b"x" * 200)
    labels = tmp_path / "labels.csv"
    labels.write_text("path,label\n1,0\n")
    with pytest.raises(ValueError, match="None of the 1 files .*'1': not a DI"):
        read(root, labels)
