"""Tests of searching records for identities that were planted in them."""

import collections
import io
import json
import zlib

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from tests.data import damaged_records
from transfusion_tf.audit import phi, phi_scan
from transfusion_tf.data import records
from transfusion_tf.stores import archives


def encoded(file_format, **options):
    """A small grey file with what is asked for in its metadata."""
    buffer = io.BytesIO()
    pixels = np.arange(256, dtype=np.uint8).reshape(16, 16)
    Image.fromarray(pixels).save(buffer, file_format, **options)
    return buffer.getvalue()


def png_with_texts():
    """A PNG with a name in a compressed text chunk."""
    info = PngImagePlugin.PngInfo()
    info.add_text("Patient", "DOE^JANE" + " " * 2_000, zip=True)
    data = encoded("PNG", pnginfo=info)
    assert b"DOE" not in data and zlib.crc32(data)
    return data


def exif():
    """Exif with a date."""
    tags = Image.Exif()
    tags[0x0132] = "2004:01:19 07:27:30"
    return tags


# What is put into an example, and the (feature, kind, form) to be found.
PLANTED = {
    "JPEG comment": (
        {"image": encoded("JPEG", comment=b"DOE^JOHN")},
        [("image", "metadata", "COM, 8 bytes"), ("image", "name", "XXX^XXXX")],
    ),
    "Exif": (
        {"image": encoded("JPEG", exif=exif())},
        [
            ("image", "metadata", None),
            ("image", "date", "9999:99:99"),
            ("image", "time", "99:99:99"),
        ],
    ),
    "compressed PNG text": (
        {"image": png_with_texts()},
        [("image", "metadata", None), ("image", "name", "XXX^XXXX")],
    ),
    "after the end": (
        {"image": encoded("PNG") + b"/home/doe/scan.png"},
        [
            ("image", "metadata", "trailer, 18 bytes"),
            ("image", "path", "/xxxx/xxx/xxxx.xxx"),
        ],
    ),
    "no image": (
        {"image": b"\x00\x01DICM 1.2.840.10008.1.2"},
        [
            ("image", "not an image", "24 bytes"),
            ("image", "uid", "9.9.999.99999.9.9"),
        ],
    ),
    "id": (
        {"id": b"IM-0001-0001"},
        [("id", "not opaque", "XX-9999-9999")],
    ),
    "another feature": (
        {"StudyDate": b"20040119"},
        [
            ("XxxxxXxxx", "feature", "XxxxxXxxx"),
            ("XxxxxXxxx", "date", "99999999"),
        ],
    ),
}


@pytest.fixture(scope="module")
def planted(tiny_dataset, tmp_path_factory):
    """Records with all of PLANTED, and the id of each changed record."""
    changes, ids = list(PLANTED.items()), {}

    def change(place, features):
        if place % 5 or place // 5 >= len(changes):
            return
        name, (values, _) = changes[place // 5]
        features |= values
        ids[name] = features["id"].decode()

    target = tmp_path_factory.mktemp("planted") / "tiny"
    opened = damaged_records.rewrite(tiny_dataset, target, change)
    assert len(ids) == len(PLANTED)
    return opened, ids


def test_nothing_is_found_in_records_as_they_are_written(tiny_dataset):
    seen = []
    opened = records.open_records(tiny_dataset)
    found = phi_scan.scan(opened, on_record=lambda: seen.append(1))
    assert found.rows == [] and not found.counts
    assert found.num_records == len(seen) == 260


@pytest.mark.parametrize("name", PLANTED)
def test_what_was_planted_is_found_with_its_record(planted, name):
    opened, ids = planted
    record = "XX-9999-9999" if name == "id" else ids[name]
    rows = [r for r in phi_scan.scan(opened).rows if r["record"] == record]
    expected = PLANTED[name][1]
    assert [(r["feature"], r["kind"]) for r in rows] == [
        (feature, kind) for feature, kind, _ in expected
    ]
    for row, (*_, text) in zip(rows, expected, strict=True):
        assert text in (None, row["text"])
        assert "-val.tfrecord-" in row["file"]


def test_findings_are_counted_and_never_quoted(planted, monkeypatch):
    found = phi_scan.scan(planted[0])
    expected = collections.Counter(
        (feature, kind) for _, of in PLANTED.values() for feature, kind, _ in of
    )
    assert found.counts == expected
    assert len(found.rows) == expected.total()
    shown = json.dumps(found.rows)
    for secret in ("DOE", "2004", "IM-0", "home", "StudyDate", "840"):
        assert secret not in shown
    monkeypatch.setattr(phi_scan, "MOST", 3)
    cut = phi_scan.scan(planted[0])
    assert cut.counts == expected and cut.rows == found.rows[:3]


def test_other_files_of_the_directory_are_searched(tiny_dataset, tmp_path):
    opened = damaged_records.rewrite(
        tiny_dataset, tmp_path / "tiny", lambda *_: None
    )
    root = opened.root
    (root / "quarantine.csv").write_text(
        'id,reason\n0123456789abcdef,"Doe, John is damaged",/home/doe/x\n'
    )
    card = json.loads((root / "data_card.json").read_text())
    card["source"] = {"kind": "npz", "station": {"on 2004-01-19": "4711"}}
    (root / "data_card.json").write_text(json.dumps(card))
    (root / "DOE^JOHN.txt").write_text("born 19.01.1950")
    found = phi_scan.scan(opened)
    rows = {tuple(row.values()) for row in found.rows}
    other = "XXX^XXXX.xxx"
    assert rows == {
        ("quarantine.csv", "reason", "", "name", "Xxx, Xxxx"),
        ("quarantine.csv", "", "", "path", "/xxxx/xxx/x"),
        ("data_card.json", "source", "", "date", "9999-99-99"),
        (other, "", "", "feature", other),
        (other, "", "", "date", "99.99.9999"),
    }


def test_names_of_classes_are_told_once(tiny_dataset, tmp_path):
    opened = damaged_records.rewrite(
        tiny_dataset, tmp_path / "tiny", lambda *_: None
    )
    text = (opened.root / "data_card.json").read_text()
    card = json.loads(text)
    card["classes"] = ["Doe, John", "1"]
    for counts in card["counts"].values():
        counts["Doe, John"] = counts.pop("0")
    (opened.root / "data_card.json").write_text(json.dumps(card))
    found = phi_scan.scan(records.open_records(tmp_path / "tiny"))
    assert [(r["feature"], r["kind"]) for r in found.rows] == [
        ("classes", "name")
    ]


def test_a_damaged_shard_is_named(tiny_dataset, tmp_path):
    opened = damaged_records.rewrite(
        tiny_dataset, tmp_path / "tiny", lambda *_: None
    )
    (path,) = opened.shard_paths("test")
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(ValueError, match="tfrecord.* is damaged at.* Convert"):
        phi_scan.scan(opened)


def test_kinds_are_told_apart():
    assert not set(phi.KINDS) & set(phi_scan.OWN_KINDS)


def test_idrid_has_numbers_of_examinations_in_its_raw_files(shared):
    store = archives.open_files(shared / "data" / "idrid_grading_quarter.zip")
    photographs = [n for n in store.names() if n.endswith(".jpg")]
    kinds = collections.Counter()
    for name in photographs:
        kinds.update({kind for kind, _ in phi_scan.in_image(store.read(name))})
    assert len(photographs) == 516
    assert kinds == {"metadata": 354, "number": 354}
