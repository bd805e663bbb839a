"""Tests of the data card, of opening records and of what is in a record."""

import dataclasses
import json
import os
import uuid

import pytest

from transfusion_tf import files
from transfusion_tf.data import records, tfrecord

CARD = records.DataCard(
    name="pets",
    task="multiclass",
    classes=("cat", "dog"),
    channels=3,
    bit_depth=8,
    image_size=None,
    has_patients=True,
    counts={"train": {"cat": 2, "dog": 1}, "test": {"cat": 1, "dog": 1}},
    num_examples={"train": 3, "test": 2},
    shards={
        split: [
            {
                "file": f"pets-{split}.tfrecord-00000-of-00001",
                "examples": number,
                "bytes": 99,
                "sha256": "00",
            }
        ]
        for split, number in (("train", 3), ("test", 2))
    },
    splits={"train": "official", "test": "official"},
    grouped_by="patient",
    patients_in_common=0,
    preprocessing={},
    source={"kind": "test"},
    quarantined=0,
    fingerprint="00",
    configuration="11",
)


def write_records(root):
    """A version directory with one shard of two bytes strings a split."""
    shards = {}
    for split in ("train", "test"):
        path = root / records.shard_name("pets", split, 0, 1)
        examples = [b"first", b"second", b"third"][: CARD.num_examples[split]]
        shards[split] = [tfrecord.write_shard(path, examples)]
    card = dataclasses.replace(CARD, shards=shards)
    files.write_json(root / records.CARD, card.to_json())
    return card


def test_card_comes_back_from_json(tmp_path):
    files.write_json(tmp_path / records.CARD, CARD.to_json())
    card = records.read_card(tmp_path)
    assert card == CARD
    assert list(card.num_examples) == ["train", "test"]


@pytest.mark.parametrize("change", [{"colour": 1}, {"shards": None}])
def test_another_json_is_no_card(change):
    value = {**CARD.to_json(), **change}
    if value["shards"] is None:
        del value["shards"]
    with pytest.raises(ValueError, match="not a data card of this version"):
        records.DataCard.from_json(value)


def changed(place, value):
    """The JSON of CARD with one value, whose keys are joined by /, changed."""
    card = json.loads(json.dumps(CARD.to_json()))
    *parents, last = place.split("/")
    inner = card
    for key in parents:
        inner = inner[int(key) if isinstance(inner, list) else key]
    inner[last] = value
    return card


SHARD = "shards/train/0"


@pytest.mark.parametrize(
    "place, value, message",
    [
        ("name", "../pets", "name cannot be '../pets'"),
        ("name", 3, "name must be text, not 3"),
        ("task", "regression", "task cannot be 'regression'"),
        ("task", ["multiclass"], "task must be text, not"),
        ("classes", "cat", "classes must be a list, not 'cat'"),
        ("classes", ["cat", "cat"], "classes cannot be"),
        ("classes", ["cat", "dog\n"], r"classes\[1\] must be text of one line"),
        (
            "classes",
            ["cat", "\ud800"],
            r"classes\[1\] must be text of one line",
        ),
        ("classes", ["cat"], "classes cannot be"),
        ("classes", ["cat", "cow"], "counts.t.* cannot be"),
        ("channels", 2, "channels cannot be 2"),
        ("channels", True, "channels must be an integer, not True"),
        ("channels", 3.0, "channels must be an integer, not 3.0"),
        ("bit_depth", 12, "bit_depth cannot be 12"),
        ("image_size", 0, "image_size cannot be 0"),
        ("image_size", 10**9, "image_size cannot be 1000000000"),
        ("image_size", "64", "image_size must be an integer, not '64'"),
        ("has_patients", 1, "has_patients must be true or false, not 1"),
        ("counts/train/cat", -1, "counts.train cannot be"),
        ("counts/train/cat", 3, "counts.train cannot be"),
        ("counts/train/cow", 0, "counts.train cannot be"),
        ("counts/train", [2, 1], "counts.train must be an object"),
        ("counts/val", {"cat": 0, "dog": 0}, "counts cannot be"),
        ("num_examples/train", 10**12, "num_examples.train cannot be"),
        ("num_examples/train", None, "num_examples.train must be an integer"),
        ("shards", {}, r"shards cannot be \[\]"),
        ("shards/train", None, "shards.train must be a list"),
        (f"{SHARD}/file", "/etc/passwd", "file cannot be '/etc/passwd'"),
        (f"{SHARD}/file", "../x", "file cannot be '../x'"),
        (f"{SHARD}/file", None, r"shards.train\[0\].file must be text"),
        (f"{SHARD}/examples", -3, "num_examples.train cannot be"),
        (f"{SHARD}/bytes", -1, r"shards.train\[0\].bytes cannot be -1"),
        (f"{SHARD}/bytes", 1e99, "bytes must be an integer, not 1e"),
        (f"{SHARD}/sha256", "x", "sha256 cannot be 'x'"),
        (f"{SHARD}/more", 1, r"has an unknown shards.train\[0\].'more'"),
        ("splits/train", {}, "splits.train must be text"),
        ("grouped_by", "age", "grouped_by cannot be 'age'"),
        ("patients_in_common", -1, "patients_in_common cannot be -1"),
        ("patients_in_common_by_pair", {"a": "b"}, "must be an integer"),
        ("images_by_channels", {"4": 1}, "images_by_channels cannot be"),
        ("quarantined", "none", "quarantined must be an integer"),
        ("fingerprint", "/", "fingerprint cannot be '/'"),
        ("extra_columns", ["label"], "extra_columns cannot be"),
        ("extra_columns", {"age": 1}, "extra_columns must be a list"),
        ("audit", {"dropped": {"train": []}}, "audit.dropped.train must be an"),
        ("audit", {"found": 1}, "it has an unknown audit.'found'"),
        ("notes", [["a", 1]], "notes must be an object"),
    ],
)
def test_a_card_that_was_tampered_with(tmp_path, place, value, message):
    write_records(tmp_path)
    files.write_text(tmp_path / records.CARD, json.dumps(changed(place, value)))
    with pytest.raises(ValueError, match=message) as raised:
        records.open_records(tmp_path)
    text = str(raised.value)
    assert "\n" not in text and len(text) < 500
    assert records.CARD in text and "Convert the data set again" in text


@pytest.mark.parametrize(
    "text",
    ["[]", "null", "3", '"card"', "{", "[" * 100_000, "1" * 5_000, "NaN", ""],
)
def test_a_card_that_is_no_object(tmp_path, text):
    write_records(tmp_path)
    (tmp_path / records.CARD).write_text(text)
    with pytest.raises(ValueError, match="data_card.json") as raised:
        records.open_records(tmp_path)
    assert "\n" not in str(raised.value) and len(str(raised.value)) < 500


def test_open_takes_the_version_or_the_directory_above(tmp_path):
    root = tmp_path / records.VERSION
    root.mkdir()
    card = write_records(root)
    for path in (root, tmp_path, str(tmp_path)):
        opened = records.open_records(path, verify=True)
        assert opened.root == root
        assert opened.card == card
        assert opened.num_examples("test") == 2
        assert opened.shard_paths("train") == [
            root / "pets-train.tfrecord-00000-of-00001"
        ]
    assert records.find(tmp_path) == root


def test_unknown_split_is_told_with_the_known_ones(tmp_path):
    write_records(tmp_path)
    with pytest.raises(ValueError, match="no split 'val'; it has train, test"):
        records.open_records(tmp_path).shard_paths("val")


def test_nothing_there(tmp_path):
    with pytest.raises(FileNotFoundError, match="holds no records"):
        records.open_records(tmp_path)
    assert records.find(tmp_path) is None


def test_a_missing_shard_is_named(tmp_path):
    write_records(tmp_path)
    (tmp_path / records.shard_name("pets", "test", 0, 1)).unlink()
    with pytest.raises(FileNotFoundError, match="pets-test.*is missing.*again"):
        records.open_records(tmp_path)
    assert records.find(tmp_path) is None


def test_a_shorter_shard_is_named(tmp_path):
    write_records(tmp_path)
    path = tmp_path / records.shard_name("pets", "test", 0, 1)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ValueError, match="pets-test.*damaged.*bytes.*again"):
        records.open_records(tmp_path)


def test_a_changed_byte_is_found_where_asked_for(tmp_path):
    write_records(tmp_path)
    path = tmp_path / records.shard_name("pets", "test", 0, 1)
    path.write_bytes(path.read_bytes().replace(b"second", b"sEcond"))
    records.open_records(tmp_path)
    with pytest.raises(ValueError, match="pets-test.*damaged.*checksum"):
        records.open_records(tmp_path, verify=True)


def test_an_interrupted_shard_leaves_nothing(tmp_path):
    def examples():
        yield b"first"
        raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        tfrecord.write_shard(tmp_path / "shard", examples())
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_an_os_error(tmp_path):
    with pytest.raises(OSError, match="Cannot write .*shard"):
        tfrecord.write_shard(tmp_path / "nothing" / "shard", [b"first"])


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")
def test_a_full_disk_is_one_line_and_leaves_nothing(tmp_path, monkeypatch):
    # What is written to the temporary file goes to a device that is full.
    monkeypatch.setattr("uuid.uuid4", lambda: uuid.UUID(int=0))
    (tmp_path / ".tmp-000000000000-shard").symlink_to("/dev/full")
    with pytest.raises(
        OSError, match="^Cannot write .*shard: No space left on device.$"
    ):
        tfrecord.write_shard(tmp_path / "shard", [b"first"])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "label_key, label", [("label", 2), ("labels", [1, 0, -1])]
)
def test_fields_of_a_record(label_key, label):
    row = {
        "id": "ab-2",
        "patient": "aa",
        "image": "secret.png",
        label_key: label,
        "site": "Århus",
    }
    serialized = tfrecord.serialize(
        b"bytes", row, label_key=label_key, text_keys=("id", "site")
    )
    features = tfrecord.features(serialized)
    assert features == {
        "image": b"bytes",
        "id": b"ab-2",
        "site": "Århus".encode(),
        label_key: [label] if label_key == "label" else label,
    }
