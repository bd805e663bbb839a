"""Records that were tampered with end in one line, with shard and example."""

import io
import struct
import types

import numpy as np
import pytest
from PIL import Image

from tests.data import damaged_records
from transfusion_tf import datasets
from transfusion_tf.audit import image_facts
from transfusion_tf.config.run import RunConfig
from transfusion_tf.data import record_check, tfrecord
from transfusion_tf.training import setup

SHARD = "tiny-val.tfrecord-00000-of-00001"
GOOD = {"image": [b"png"], "id": [b"0a"], "patient": [b"0a"], "label": [1]}


def card_with(**changes):
    plain = {
        "task": "multiclass",
        "classes": ("cat", "dog"),
        "has_patients": True,
        "image_size": 16,
        "channels": 1,
        "bit_depth": 8,
    }
    return types.SimpleNamespace(**plain | changes)


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"image": None}, "no image, or several"),
        ({"image": [b"a", b"b"]}, "no image, or several"),
        ({"image": [3]}, "no image, or several"),
        ({"id": None}, "its id is not one line of text"),
        ({"id": [b"\xff"]}, "its id is not one line of text"),
        ({"id": [b"a\nb"]}, "its id is not one line of text"),
        ({"patient": [b""]}, "its patient is not one line of text"),
        ({"label": [2]}, r"its label is \[2\], not one of 0 to 1"),
        ({"label": [-1]}, r"its label is \[-1\], not"),
        ({"label": [0, 1]}, r"its label is \[0, 1\], not"),
        ({"label": [b"1"]}, r"its label is \[b'1'\], not"),
        ({"label": None}, "its label is None, not"),
    ],
)
def test_what_an_example_must_have(changes, message):
    record_check.example(GOOD, card_with())
    features = {k: v for k, v in (GOOD | changes).items() if v is not None}
    with pytest.raises(ValueError, match=message):
        record_check.example(features, card_with())


@pytest.mark.parametrize("labels", [[0], [0, 2], [0, 1, 1], [b"a", b"b"]])
def test_what_several_labels_must_be(labels):
    card = card_with(task="multilabel")
    features = {**GOOD, "labels": [-1, 1]}
    record_check.example(features, card)
    with pytest.raises(ValueError, match="not 2 of 1, 0 and -1"):
        record_check.example({**features, "labels": labels}, card)


def png(side, mode):
    buffer = io.BytesIO()
    noise = np.random.default_rng(0).integers(0, 256, (side, side), np.uint8)
    Image.fromarray(noise).convert(mode).save(buffer, "PNG")
    return buffer.getvalue()


CHANGES = {
    "a label that is no class": (
        {"label": [7]},
        r"its label is \[7\], not one",
    ),
    "a negative label": ({"label": [-1]}, r"its label is \[-1\], not one of 0"),
    "an image of another size": ({"image": png(17, "L")}, "its image has 17 x"),
}


def tampered(source, target, changed):
    """Records of which the fourth example of val is changed, and its id."""
    ids = []

    def change(place, features):
        if place == 3:
            features |= changed
            ids.append(features["id"].decode())

    return damaged_records.rewrite(source, target, change), ids[0]


@pytest.mark.parametrize("what", CHANGES)
def test_every_reader_names_shard_and_example(tiny_dataset, tmp_path, what):
    changed, message = CHANGES[what]
    opened, name = tampered(tiny_dataset, tmp_path / "tiny", changed)
    expected = f"hard .*{SHARD}, example {name}: {message}"

    def evaluated():
        return list(datasets.images(opened, "val", image_size=16, batch_size=8))

    for read in (evaluated, lambda: image_facts.of_records(opened)):
        with pytest.raises(ValueError, match=expected) as raised:
            read()
        assert "\n" not in str(raised.value)


def test_colours_in_a_grey_set_are_found_by_the_audit(tiny_dataset, tmp_path):
    changed = {"image": png(16, "RGB")}
    opened, name = tampered(tiny_dataset, tmp_path / "tiny", changed)
    message = f"example {name}: its image has 3 channels of 8 bits, not 1 of 8"
    with pytest.raises(ValueError, match=message):
        image_facts.of_records(opened)


def test_labels_are_looked_at_where_subsets_are_drawn(tiny_dataset, tmp_path):
    def change(place, features):
        if place == 5:
            features["label"] = [2]

    opened = damaged_records.rewrite(
        tiny_dataset, tmp_path / "tiny", change, split="train"
    )
    settings = {"model": "cbr_tiny", "steps": 2, "train_size": 20}
    config = RunConfig.from_flags_dict(
        {"dataset": str(opened.root), **settings}
    )
    with pytest.raises(ValueError, match=r"tiny-train.*its label is \[2\], no"):
        setup.RunSetup.prepare(config)


def test_a_record_that_claims_a_terabyte(tiny_dataset, tmp_path):
    """Its length has a right checksum; TensorFlow ends the process for it."""
    opened, _ = tampered(tiny_dataset, tmp_path / "tiny", {})
    path = opened.root / SHARD
    length = struct.pack("<Q", 2**40)
    claim = length + tfrecord.framed(length)[20:24]
    assert len(claim) == 12
    data = path.read_bytes()
    first = 16 + struct.unpack("<Q", data[:8])[0]
    path.write_bytes(data[:first] + claim + data[first + 12 :])
    message = f"{SHARD} is damaged at byte {first:,}, up to which there are wh"
    with pytest.raises(ValueError, match=message):
        list(datasets.images(opened, "val", image_size=16, batch_size=8))
    with path.open("rb") as file, pytest.raises(ValueError, match="no whole"):
        tfrecord.read_at(file, first)


@pytest.mark.parametrize("change", [-1, 1])
def test_more_or_fewer_records_than_the_card_says(tmp_path, change):
    path = tmp_path / "shard"
    entry = tfrecord.write_shard(path, [b"a", b"b", b"c"])
    with path.open("rb") as file:
        assert tfrecord.first_gap(file, 3) is None
        assert tfrecord.first_gap(file, 3 + change) == (
            34 if change < 0 else 51
        )
    assert entry["bytes"] == 51
