"""No byte of a DICOM file's header reaches the records that are made of it."""

import numpy as np
import pytest

pydicom = pytest.importorskip("pydicom")

from pydicom import data as pydicom_data  # noqa: E402

from data_prep import sources  # noqa: E402
from tests import needles  # noqa: E402
from transfusion_tf.audit import phi_scan  # noqa: E402
from transfusion_tf.conversion import convert  # noqa: E402
from transfusion_tf.data import records  # noqa: E402

# Names, identifiers, descriptions, dates, times, UIDs.
_TELLING = ("PN", "LO", "SH", "ST", "LT", "DA", "TM", "DT", "UI")
_SHORTEST = 5  # Fewer characters occur by chance.


def make_tree(root, count=24):
    """Different CTs of `count` patients, two images each, and their table."""
    source = pydicom_data.get_testdata_file("CT_small.dcm", download=False)
    rng, rows = np.random.default_rng(0), ["path,label"]
    for number in range(2 * count):
        dataset = pydicom.dcmread(source)
        patient = f"{number // 2:03d}"
        dataset.PatientName = f"Mustermann^Erika{patient}"
        dataset.PatientID = f"MRN-{patient}-4711"
        dataset.PatientBirthDate = f"19{patient[1:]}0229"
        dataset.StudyInstanceUID = f"1.2.840.99999.{number}.20040119"
        noise = rng.integers(0, 200, dataset.pixel_array.shape)
        pixels = dataset.pixel_array + noise.astype(np.int16)
        dataset.PixelData = pixels.tobytes()
        path = root / f"Mustermann{patient}" / f"scan{number}.dcm"
        path.parent.mkdir(parents=True, exist_ok=True)
        dataset.save_as(path)
        name = path.relative_to(root).as_posix()
        rows.append(f"{name},{'sick' if number % 4 < 2 else 'well'}")
    labels = root.parent / "labels.csv"
    labels.write_text("\n".join(rows))
    return labels


def secrets_of(root):
    """All values of the headers that tell something, and all paths."""
    found = set()
    for path in root.rglob("*.dcm"):
        found |= {path.name, path.parent.name}
        dataset = pydicom.dcmread(path)
        for element in [*dataset.file_meta, *dataset.iterall()]:
            if element.VR in _TELLING and element.value:
                found.add(str(element.value))
    return sorted(text for text in found if len(text) >= _SHORTEST)


def test_nothing_of_a_dicom_header_is_in_the_records(tmp_path):
    raw = tmp_path / "raw"
    labels = make_tree(raw)
    secrets = secrets_of(raw)
    manifest = sources.get("dicom")(input=str(raw), labels=str(labels))
    root = convert.convert(
        manifest, tmp_path / "records", convert.ConvertOptions(num_workers=1)
    )
    card = records.read_card(root)
    assert card.has_patients and sum(card.num_examples.values()) == 48
    assert card.patients_in_common == 0
    # They are what can be found where they are.
    assert len(
        {needle for _, needle in needles.find_bytes(raw, secrets)}
    ) == len(secrets)
    assert {"Mustermann^Erika007", "MRN-007-4711", "scan3.dcm"} <= set(secrets)
    assert any(len(text) == 8 and text.isdigit() for text in secrets)
    assert len(secrets) > 200
    assert needles.find_bytes(tmp_path / "records", secrets) == []
    assert not phi_scan.scan(records.open_records(root)).counts
