"""Data sets by directory and by name, and what is said of damaged ones."""

import shutil

import numpy as np
import pytest

from tests.data import damaged_records
from transfusion_tf import datasets
from transfusion_tf.config.run import RunConfig
from transfusion_tf.synthetic import datasets as synthetic


@pytest.fixture
def small_synthetic(monkeypatch, tmp_path):
    """Embedded data sets of 90 images, in a cache of their own."""
    monkeypatch.setenv("TRANSFUSION_CACHE", str(tmp_path / "cache"))
    made, manifest = [], synthetic.manifest

    def small(name, *, image_size):
        made.append((name, image_size))
        return manifest(name, image_size=image_size, num_images=90)

    monkeypatch.setattr(synthetic, "manifest", small)
    return made


def test_an_embedded_data_set_is_made_once_at_the_size_asked_for(
    small_synthetic, tmp_path
):
    opened = datasets.open_dataset("synthetic_fundus", image_size=16)
    assert opened.root.is_relative_to(tmp_path / "cache")
    assert opened.card.image_size == 16 and opened.card.task == "ordinal"
    again = datasets.open_dataset("synthetic_fundus", image_size=16)
    assert again == opened
    assert small_synthetic == [("synthetic_fundus", 16)]
    datasets.open_dataset("synthetic_fundus", image_size=20)
    assert small_synthetic[1:] == [("synthetic_fundus", 20)]
    assert not list((tmp_path / "cache").glob("*.lock"))


def test_a_damaged_embedded_data_set_is_made_again(small_synthetic):
    opened = datasets.open_dataset("synthetic_textures", image_size=16)
    opened.shard_paths("train")[0].write_bytes(b"")
    again = datasets.open_dataset("synthetic_textures", image_size=16)
    assert again.card.fingerprint == opened.card.fingerprint
    assert len(small_synthetic) == 2


def test_what_is_no_data_set_is_told_with_the_choices():
    with pytest.raises(FileNotFoundError, match="synthetic_fundus, synthetic_"):
        datasets.open_dataset("fundus")


def test_images_of_one_size_need_no_image_size(tiny_dataset):
    config = RunConfig.from_flags_dict({"dataset": str(tiny_dataset)})
    _, resolved = datasets.open_for(config)
    assert resolved.data.image_size == 16


def test_images_of_several_sizes_need_one(tiny_dataset, monkeypatch):
    import dataclasses

    opened = datasets.open_dataset(tiny_dataset)
    card = dataclasses.replace(opened.card, image_size=None)
    mixed = dataclasses.replace(opened, card=card)
    monkeypatch.setattr(datasets, "open_dataset", lambda *_, **__: mixed)
    settings = {"dataset": str(tiny_dataset)}
    with pytest.raises(ValueError, match="differ in size; give --image_size"):
        datasets.open_for(RunConfig.from_flags_dict(settings))
    config = RunConfig.from_flags_dict({**settings, "image_size": 20})
    assert datasets.open_for(config)[1].data.image_size == 20


def test_images_are_whole_and_a_bad_shard_is_named(tiny_dataset, tmp_path):
    def ids(opened):
        batches = datasets.images(opened, "test", image_size=16, batch_size=25)
        return np.concatenate([batch["id"] for batch in batches])

    assert len(set(ids(datasets.open_dataset(tiny_dataset)))) == 60
    shutil.copytree(tiny_dataset, tmp_path / "copy")
    opened = datasets.open_dataset(tmp_path / "copy")
    (shard,) = opened.shard_paths("test")
    content = bytearray(shard.read_bytes())
    content[-100] ^= 1
    shard.write_bytes(content)
    with pytest.raises(ValueError, match=f"{shard.name} is damaged"):
        ids(opened)


def test_an_image_that_cannot_be_decoded_is_named(tiny_dataset, tmp_path):
    names = []

    def change(place, features):
        if place == 7:
            names.append(features["id"].decode())
            data = bytearray(features["image"])
            data[60] ^= 1  # Then the checksum of a PNG is another.
            features["image"] = bytes(data)

    opened = damaged_records.rewrite(
        tiny_dataset, tmp_path / "copy", change, split="test"
    )
    (shard,) = opened.shard_paths("test")
    message = (
        f"^Shard .*{shard.name}, example {{}}: its image cannot be decoded"
    )
    with pytest.raises(ValueError, match=message.format(*names)) as raised:
        list(datasets.images(opened, "test", image_size=16, batch_size=25))
    assert "\n" not in str(raised.value)
