"""Tests of what is dropped from finished shards after the audit."""

import io

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from tests import conversion_data
from tests.conversion_data import COPIES, ORIGINAL, examples, id_of
from transfusion_tf.audit import audit
from transfusion_tf.conversion import convert
from transfusion_tf.data import records
from transfusion_tf.images import fingerprints
from transfusion_tf.images import prepare as images


@pytest.fixture(scope="module", autouse=True)
def small_shards():
    with conversion_data.small_shards():
        yield


def make_manifest(**changes):
    """A manifest whose identical images are in train, train and test."""
    manifest = conversion_data.make_manifest(**changes)
    # Patients of three images: of ORIGINAL and its first copy in train.
    number = np.arange(len(manifest.table)) // 3
    manifest.table["split"] = np.array(
        ["train", "train", "train", "val", "test"]
    )[number % 5]
    is_in = manifest.table.set_index("image")["split"]
    assert [is_in[i] for i in (ORIGINAL, *COPIES)] == ["train", "train", "test"]
    return manifest


def test_leaking_images_are_dropped_and_all_else_stays(tmp_path):
    manifest = make_manifest()
    all_in = convert.convert(
        manifest, tmp_path / "a", convert.ConvertOptions(on_leak="report")
    )
    root = convert.convert(manifest, tmp_path / "b")
    card, of_all = records.read_card(root), records.read_card(all_in)
    assert card.audit["dropped"] == {"train": 2}
    assert of_all.audit["dropped"] == {}
    assert card.audit["exact_pairs"] == of_all.audit["exact_pairs"]
    original = id_of(manifest.store.images[ORIGINAL])
    for split in ("train", "val", "test"):
        before = {e["id"].decode(): e for e in examples(all_in, split)}
        after = {e["id"].decode(): e for e in examples(root, split)}
        gone = before.keys() - after.keys()
        assert len(gone) == (2 if split == "train" else 0)
        assert all(name.startswith(original) for name in gone)
        for name, example in after.items():
            for key, value in example.items():
                np.testing.assert_array_equal(value, before[name][key])
        assert card.num_examples[split] == len(after)
        assert sum(card.counts[split].values()) == len(after)
        assert list(after) == sorted(after)
    changed = [
        entry["file"]
        for entry, old in zip(
            card.shards["train"], of_all.shards["train"], strict=True
        )
        if entry != old
    ]
    assert len(changed) == 1  # Identical images have ids side by side.
    assert (
        sum(e["examples"] for e in card.shards["train"])
        == (card.num_examples["train"])
    )
    records.open_records(root, verify=True)
    pairs = pd.read_csv(root / audit.TABLE)
    assert (pairs["action"] == "dropped").sum() == 2
    with Image.open(root / audit.SHEET) as sheet:
        assert sheet.size[0] > 100


def test_leaks_may_be_an_error_after_which_nothing_is_decoded_again(tmp_path):
    with pytest.raises(ValueError, match="The splits leak: 2 train images"):
        convert.convert(
            make_manifest(), tmp_path, convert.ConvertOptions(on_leak="error")
        )
    manifest = make_manifest()
    convert.convert(manifest, tmp_path, convert.ConvertOptions(num_workers=1))
    assert len(manifest.store.read_ones) == 60
    assert [path.name for path in tmp_path.iterdir()] == ["1.0.0"]


def test_leaks_that_are_kept_are_told(tmp_path, caplog):
    with caplog.at_level("WARNING", logger="absl"):
        convert.convert(
            make_manifest(),
            tmp_path / "a",
            convert.ConvertOptions(on_leak="report"),
        )
    assert "train-test 2" in caplog.text and "are kept" in caplog.text
    assert "3 images with the same pixels as others" in caplog.text
    with pytest.raises(ValueError, match="on_leak.*'keep'.*drop, report"):
        convert.convert(
            make_manifest(),
            tmp_path / "b",
            convert.ConvertOptions(on_leak="keep"),
        )


def test_facts_are_those_of_the_pixels(tmp_path, monkeypatch):
    manifest, seen, audited = make_manifest(), [], audit.audit
    monkeypatch.setattr(
        audit,
        "audit",
        lambda facts, **how: seen.append(facts) or audited(facts, **how),
    )
    convert.convert(manifest, tmp_path)
    (facts,) = seen
    assert facts["id"].is_unique and len(facts) == 60
    by_id = facts.set_index("id")
    rows = manifest.table.set_index("image")
    for image, data in manifest.store.images.items():
        if image in (ORIGINAL, *COPIES):
            continue
        pixels = np.asarray(Image.open(io.BytesIO(data)))
        fact = by_id.loc[id_of(data)]
        assert fact["pixels"] == fingerprints.pixel_hash(pixels)
        assert fact["perceptual"] == fingerprints.perceptual_hash(pixels)
        assert fact["label"] == rows.loc[image, "label"]
        assert fact["split"] == rows.loc[image, "split"]


def test_notes_are_counted_listed_and_told(tmp_path, monkeypatch, caplog):
    prepare = images.prepare
    noted = conversion_data.make_image(3), conversion_data.make_image(5)

    def with_notes(raw, *options):
        image = prepare(raw, *options)
        return image._replace(notes=("odd", "blue") if raw in noted else ())

    monkeypatch.setattr(images, "prepare", with_notes)
    with caplog.at_level("WARNING", logger="absl"):
        root = convert.convert(make_manifest(), tmp_path)
    # Of the three identical images two are dropped, with their notes.
    assert records.read_card(root).notes == {"blue": 2, "odd": 2}
    assert "see notes.csv: blue 2, odd 2." in caplog.text
    table = pd.read_csv(root / records.NOTES)
    assert list(table) == ["id", "note"]
    ids = {
        e["id"].decode()
        for s in ("train", "val", "test")
        for e in examples(root, s)
    }
    assert set(table["id"]) <= ids and len(table) == 4
