"""Tests of whole conversions: what comes out, and that nothing else matters."""

import dataclasses
import io
import json
import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from tests import conversion_data
from tests.conftest import ROOT
from tests.conversion_data import (
    ORIGINAL,
    MemoryStore,
    contents,
    examples,
    id_of,
    make_manifest,
)
from transfusion_tf.conversion import convert, plan
from transfusion_tf.data import card as data_card
from transfusion_tf.data import records, splits
from transfusion_tf.data.manifest import Manifest
from transfusion_tf.images import prepare


@pytest.fixture(scope="module", autouse=True)
def small_shards():
    with conversion_data.small_shards():
        yield


@pytest.fixture(scope="module")
def converted(small_shards, tmp_path_factory):
    """The version directory of `make_manifest()`."""
    return convert.convert(
        make_manifest(), tmp_path_factory.mktemp("converted")
    )


def test_tfds_reads_what_the_manifest_says(converted):
    manifest = make_manifest()
    pixels = {
        np.asarray(Image.open(io.BytesIO(data))).tobytes(): name
        for name, data in manifest.store.images.items()
    }
    labels = manifest.table.set_index("image")["label"]
    card = records.read_card(converted)
    repeated = id_of(manifest.store.images[ORIGINAL])
    seen, patients = [], {}
    for split, number in card.num_examples.items():
        found = examples(converted, split)
        assert len(found) == number
        for example in found:
            name = pixels[example["image"].tobytes()]
            seen.append(example["id"])
            if not example["id"].startswith(repeated.encode()):
                assert card.classes[example["label"]] == labels[name]
            patients.setdefault(example["patient"], set()).add(split)
    dropped = sum(card.audit["dropped"].values())
    assert len(set(seen)) == len(seen) == 60 - dropped
    assert len(patients) == 20
    assert all(len(splits) == 1 for splits in patients.values())


def test_card_tells_what_was_done(converted):
    card = records.open_records(converted, verify=True).card
    assert (card.channels, card.bit_depth, card.image_size) == (3, 8, 8)
    (dropped,) = card.audit["dropped"].values()
    assert card.preprocessing["kept"] == 60 - dropped
    assert card.images_by_channels == {"3": 60 - dropped}
    assert card.grouped_by == "patient" and card.patients_in_common == 0
    assert card.splits["test"].startswith("drawn: 15% of train by patient")
    assert sum(sum(c.values()) for c in card.counts.values()) == 60 - dropped
    assert card.source.keys() == {"kind", "sha256_of_ids"}
    assert len(card.shards["train"]) == round(card.num_examples["train"] / 12)


def test_no_name_of_the_raw_data_is_left(converted):
    for path in converted.iterdir():
        assert b"DOE" not in path.read_bytes(), path.name
    assert {path.name for path in converted.parent.iterdir()} == {"1.0.0"}


def test_examples_lie_in_the_order_of_their_ids(converted):
    ids = [example["id"] for example in examples(converted, "train")]
    assert ids == sorted(ids)


def test_the_order_of_rows_does_not_matter(converted, tmp_path):
    manifest = make_manifest()
    shuffled = manifest.table.sample(frac=1, random_state=1)
    again = convert.convert(
        dataclasses.replace(manifest, table=shuffled), tmp_path
    )
    assert contents(again) == contents(converted)


def test_the_number_of_workers_does_not_matter(converted, tmp_path):
    again = convert.convert(
        make_manifest(), tmp_path, convert.ConvertOptions(num_workers=2)
    )
    assert contents(again) == contents(converted)


def test_the_same_again_is_not_made_twice(tmp_path, monkeypatch):
    root = convert.convert(make_manifest(), tmp_path)
    monkeypatch.setattr(plan, "plan", None)  # Would be called.
    (tmp_path / ".work-killed-while-tidying-up").mkdir()
    assert convert.convert(make_manifest(), tmp_path) == root
    assert [path.name for path in tmp_path.iterdir()] == ["1.0.0"]


@pytest.mark.parametrize(
    "settings, changes",
    [
        ({"split_options": splits.SplitOptions(seed=1)}, {}),
        ({"image_options": prepare.ImageOptions(image_size=4)}, {}),
        ({}, {"name": "others"}),
        ({}, {"classes": ("dog", "cat")}),
        ({}, {"patients": False}),
        ({}, {"num_images": 57}),
    ],
)
def test_another_conversion_replaces_only_if_told(
    settings, changes, tmp_path, converted
):
    root = convert.convert(make_manifest(), tmp_path)
    with pytest.raises(ValueError, match="1.0.0 is there already.*--overwrite"):
        convert.convert(
            make_manifest(**changes),
            tmp_path,
            convert.ConvertOptions(**settings),
        )
    assert contents(root) == contents(converted)
    convert.convert(
        make_manifest(**changes),
        tmp_path,
        convert.ConvertOptions(overwrite=True, **settings),
    )
    assert contents(root) != contents(converted)
    assert {path.name for path in tmp_path.iterdir()} == {"1.0.0"}


def test_damaged_records_are_made_again(tmp_path, converted):
    root = convert.convert(make_manifest(), tmp_path)
    next(root.glob("*.tfrecord-00001-of-*")).write_bytes(b"")
    convert.convert(make_manifest(), tmp_path)
    assert contents(root) == contents(converted)


def test_several_labels_16_bits_and_further_columns(tmp_path):
    rng = np.random.default_rng(0)
    arrays = {i: rng.integers(0, 2**16, (6, 5), np.uint16) for i in range(40)}
    table = pd.DataFrame(
        {
            "image": list(arrays),
            "a": 1,
            "b": np.arange(40) % 3 - 1,
            "site": [f"site {i % 2}" for i in range(40)],
            "age": 50,
        }
    )
    manifest = Manifest(
        "scans",
        "multilabel",
        ("b", "a"),
        table,
        MemoryStore(arrays),
        extra_columns=("site",),
    )
    root = convert.convert(manifest, tmp_path)
    card = records.read_card(root)
    assert (card.channels, card.bit_depth, card.image_size) == (1, 16, None)
    by_id = {id_of(a.tobytes()).encode(): i for i, a in arrays.items()}
    for example in examples(root, "train"):
        i = by_id[example["id"]]
        np.testing.assert_array_equal(example["image"][..., 0], arrays[i])
        assert example["labels"].tolist() == [i % 3 - 1, 1]
        assert example["site"].decode() == f"site {i % 2}"
        assert "age" not in example and "patient" not in example


def with_sites(sites):
    """A manifest of 60 images whose site is carried."""
    manifest = make_manifest(copies=())
    table = manifest.table.assign(site=sites(manifest.table["label"]))
    return dataclasses.replace(manifest, table=table, extra_columns=("site",))


def test_a_site_that_tells_the_label_is_said_and_stands_on_the_card(
    tmp_path, caplog
):
    manifest = with_sites(lambda label: np.where(label == "cat", "A", "B"))
    with caplog.at_level("WARNING", logger="absl"):
        root = convert.convert(manifest, tmp_path)
    card = records.read_card(root)
    assert "The column 'site' tells the label" in caplog.text
    assert card.tells_label["site"] in caplog.text
    counts = card.extra_values["site"]
    assert set(counts) == {"A", "B"} and sum(counts.values()) == 60


def test_a_card_says_nothing_of_columns_where_none_are_carried(tmp_path):
    root = convert.convert(make_manifest(copies=()), tmp_path / "plain")
    found = json.loads((root / records.CARD).read_text())
    assert not set(data_card.OF_EXTRA) & set(found)
    fair = with_sites(lambda label: np.where(np.arange(60) % 2, "A", "B"))
    root = convert.convert(fair, tmp_path / "fair")
    found = json.loads((root / records.CARD).read_text())
    assert found["extra_values"] == {"site": {"A": 30, "B": 30}}
    assert "tells_label" not in found


def test_a_column_that_names_everybody_is_refused(tmp_path):
    manifest = with_sites(lambda label: [f"number {i}" for i in range(60)])
    manifest.table["patient"] = [f"p{i}" for i in range(60)]
    with pytest.raises(ValueError, match="'site' of --extra_columns has 60"):
        convert.convert(manifest, tmp_path)
    assert not list(tmp_path.iterdir())


def with_official_splits(*, by_patient):
    """`make_manifest` with every fourth patient, or image, in test."""
    manifest = make_manifest(copies=())
    unit = np.arange(60) // (3 if by_patient else 1)
    split = np.where(unit % 4 == 0, "test", "train")
    return dataclasses.replace(
        manifest, table=manifest.table.assign(split=split)
    )


def num_shared(manifest):
    """The number of patients in both splits, counted one by one."""
    splits_of = {}
    for row in manifest.table.itertuples():
        splits_of.setdefault(row.patient, set()).add(row.split)
    return sum(len(found) > 1 for found in splits_of.values())


def test_official_splits_that_share_patients_are_replaced_and_told(
    tmp_path, caplog
):
    manifest = with_official_splits(by_patient=False)
    with caplog.at_level("WARNING", logger="absl"):
        root = convert.convert(manifest, tmp_path)
    card, shared = records.read_card(root), num_shared(manifest)
    num_images = 3 * shared
    told = f"{shared} patients ({num_images} images) are in more than one"
    assert told in caplog.text and shared > 0
    assert told in card.source["official_splits"]
    assert card.patients_in_common == 0
    assert card.splits["test"].startswith("drawn: 15% of train by patient")


def test_official_splits_that_share_patients_are_kept_if_asked(
    tmp_path, caplog
):
    manifest = with_official_splits(by_patient=False)
    with caplog.at_level("WARNING", logger="absl"):
        card = records.read_card(
            convert.convert(
                manifest,
                tmp_path,
                convert.ConvertOptions(
                    split_options=splits.SplitOptions(mode="official")
                ),
            )
        )
    shared = num_shared(manifest)
    assert card.patients_in_common == shared > 0
    assert card.num_examples["test"] == 15
    assert card.splits["test"] == "official"


def test_official_splits_by_patient_are_kept_unless_others_are_asked_for(
    tmp_path, caplog
):
    manifest = with_official_splits(by_patient=True)
    with caplog.at_level("WARNING", logger="absl"):
        kept = convert.convert(manifest, tmp_path / "a")
    assert caplog.records == []
    assert records.read_card(kept).num_examples["test"] == 15
    assert records.read_card(kept).splits["test"] == "official"
    # To ask for what happens anyway is no other conversion.
    assert kept == convert.convert(
        manifest,
        tmp_path / "a",
        convert.ConvertOptions(
            split_options=splits.SplitOptions(mode="official")
        ),
    )
    with pytest.raises(ValueError, match="is there already"):
        convert.convert(
            manifest,
            tmp_path / "a",
            convert.ConvertOptions(
                split_options=splits.SplitOptions(mode="grouped")
            ),
        )
    card = records.read_card(
        convert.convert(
            manifest,
            tmp_path / "b",
            convert.ConvertOptions(
                split_options=splits.SplitOptions(mode="grouped", seed=3)
            ),
        )
    )
    assert card.splits["test"].endswith("by patient, stratified, seed 3")
    assert card.patients_in_common == 0


@pytest.mark.parametrize(
    "settings, message",
    [
        (
            {"split_options": splits.SplitOptions(mode="official")},
            "--splits=official needs a data set with",
        ),
        ({"num_workers": 0}, "num_workers must be at least 1. Received: 0"),
        ({"max_bad_fraction": 1.0}, "below 1. Received: 1.0"),
    ],
)
def test_settings_that_make_no_sense(settings, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        convert.convert(
            make_manifest(),
            tmp_path / "out",
            convert.ConvertOptions(**settings),
        )
    assert list(tmp_path.iterdir()) == []


def test_only_records_are_overwritten(tmp_path):
    version = tmp_path / "mnist" / records.VERSION
    version.mkdir(parents=True)
    (version / "dataset_info.json").write_text("of another program")
    for overwrite in (False, True):
        with pytest.raises(ValueError, match="it was not made here, and is"):
            convert.convert(
                make_manifest(),
                version.parent,
                convert.ConvertOptions(overwrite=overwrite),
            )
    assert (version / "dataset_info.json").read_text() == "of another program"
    assert [path.name for path in version.parent.iterdir()] == ["1.0.0"]


def test_too_few_images_leave_nothing(tmp_path):
    with pytest.raises(ValueError, match="Too few images"):
        convert.convert(make_manifest(3, copies=()), tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError):
        convert.convert(make_manifest(), tmp_path / "file")


_WITHOUT_TENSORFLOW = """
import pathlib, sys
from tests.conversion_data import make_manifest
from transfusion_tf.conversion import convert
if __name__ == "__main__":
    root = pathlib.Path(sys.argv[1])
    convert.convert(make_manifest(), root)
    assert (root / "1.0.0" / "dataset_info.json").is_file()
    assert "tensorflow" not in sys.modules
"""


def test_a_conversion_does_without_tensorflow(tmp_path):
    """Which takes seconds and memory to import."""
    done = subprocess.run(
        [sys.executable, "-c", _WITHOUT_TENSORFLOW, tmp_path / "out"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
