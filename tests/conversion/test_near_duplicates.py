"""Images that look alike: found alike by all, reported, grouped, dropped."""

import io
import itertools
import json

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from tests import conversion_data
from tests.conversion_data import (
    MemoryStore,
    contents,
    id_of,
    make_manifest,
)
from transfusion_tf.audit import audit, image_facts, near_groups
from transfusion_tf.conversion import convert as conversion
from transfusion_tf.data import records, splits
from transfusion_tf.images import prepare


def picture(seed, *, quality=95, size=64):
    """A JPEG of a smooth random picture: as a photograph to the hash."""
    coarse = np.random.default_rng(seed).integers(0, 256, (8, 8), np.uint8)
    image = Image.fromarray(coarse).resize((size, size))
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def with_copies(num_images=60, num_copies=6, **changes):
    """A manifest in which some patients have a copy of another's image."""
    images_ = {f"{i}.jpg": picture(i) for i in range(num_images)}
    # Of the images 0, 10, 20, ...; three images are a patient's.
    copies = {f"{i * 10}.jpg": f"{i * 10 + 5}.jpg" for i in range(num_copies)}
    for number, copy in enumerate(copies.values()):
        images_[copy] = picture(10 * number, quality=70)
    manifest = make_manifest(num_images, copies=(), **changes)
    table = manifest.table.assign(image=list(images_))
    manifest = conversion.dataclasses.replace(
        manifest, table=table, store=MemoryStore(images_)
    )
    return manifest, copies


def split_of(root):
    """{id: split} of all records in a directory."""
    found = image_facts.of_records(records.open_records(root)).table
    return dict(zip(found["id"], found["split"], strict=True))


def across(root):
    counts = records.read_card(root).audit["near_pairs_across_by_distance"]
    return sum(counts.values())


@pytest.fixture(scope="module")
def reported(tmp_path_factory):
    """Records of copies, some of them in two splits."""
    manifest, _ = with_copies()
    return conversion.convert(manifest, tmp_path_factory.mktemp("reported"))


def test_copies_of_other_patients_leak_and_are_counted(reported):
    """By hand: which of the six copies are in another split."""
    manifest, copies = with_copies()
    split = split_of(reported)
    of = {name: split[id_of(d)] for name, d in manifest.store.images.items()}
    leaking = sum(of[name] != of[copy] for name, copy in copies.items())
    assert 0 < leaking == across(reported)


def test_group_keeps_copies_in_one_split(tmp_path):
    manifest, copies = with_copies()
    root = conversion.convert(
        manifest, tmp_path, conversion.ConvertOptions(near_duplicates="group")
    )
    split = split_of(root)
    assert len(split) == 60
    of = {name: split[id_of(d)] for name, d in manifest.store.images.items()}
    assert all(of[name] == of[copy] for name, copy in copies.items())
    for first in range(0, 60, 3):  # And patients.
        assert len({of[f"{i}.jpg"] for i in range(first, first + 3)}) == 1
    assert set(of.values()) == {"train", "val", "test"}
    assert across(root) == 0
    card = records.read_card(root)
    assert card.audit["near_duplicates"] == "group"
    assert "by patient and near-duplicates" in card.splits["test"]


def test_drop_takes_copies_out_of_the_earlier_split(tmp_path, reported):
    manifest, copies = with_copies()
    root = conversion.convert(
        manifest, tmp_path, conversion.ConvertOptions(near_duplicates="drop")
    )
    before, after = split_of(reported), split_of(root)
    place = ("train", "val", "test").index
    gone = set()
    for pair in copies.items():
        ids = sorted(
            (id_of(manifest.store.images[name]) for name in pair),
            key=lambda i: place(before[i]),
        )
        if before[ids[0]] != before[ids[1]]:
            gone.add(ids[0])
    assert gone and set(before) - set(after) == gone
    assert all(after[i] == before[i] for i in after)
    card = records.read_card(root)
    assert sum(card.audit["near_dropped"].values()) == len(gone)
    assert card.audit["dropped"] == {}
    pairs = pd.read_csv(root / audit.TABLE)
    assert set(pairs["id_a"][pairs["action"] == "dropped"]) == gone


@pytest.mark.parametrize("policy", ["group", "drop"])
def test_bytes_do_not_depend_on_workers_or_interruptions(
    tmp_path, policy, monkeypatch
):
    def convert(place, **options):
        return conversion.convert(
            with_copies()[0],
            tmp_path / place,
            conversion.ConvertOptions(near_duplicates=policy, **options),
        )

    with conversion_data.small_shards():
        first = contents(convert("a", num_workers=2))
        with monkeypatch.context() as patch:
            patch.setattr(
                records,
                "write_metadata",
                lambda *_: (_ for _ in ()).throw(KeyboardInterrupt),
            )
            with pytest.raises(KeyboardInterrupt):
                convert("b", num_workers=1)
        assert contents(convert("b", num_workers=1)) == first


def test_official_splits_that_share_copies_are_drawn_anew(tmp_path, caplog):
    """With --splits=official they are kept."""
    manifest, _ = with_copies(patients=False)
    third = np.arange(60) // 20  # Copies are five images apart.
    shifted = np.array(splits.names.SPLITS)[(third + (np.arange(60) > 22)) % 3]
    table = manifest.table.assign(split=shifted)
    manifest = conversion.dataclasses.replace(manifest, table=table)
    root = conversion.convert(
        manifest,
        tmp_path / "auto",
        conversion.ConvertOptions(near_duplicates="group"),
    )
    card = records.read_card(root)
    assert across(root) == 0
    assert "not kept: near-duplicates (" in card.source["official_splits"]
    assert "splits are not kept: near-duplicates" in caplog.text
    root = conversion.convert(
        manifest,
        tmp_path / "official",
        conversion.ConvertOptions(
            near_duplicates="group",
            split_options=splits.SplitOptions(mode="official"),
        ),
    )
    assert records.read_card(root).splits["train"] == "official"
    assert across(root) > 0


def test_policies_that_contradict_each_other(tmp_path):
    with pytest.raises(ValueError, match="which --on_leak=report keeps"):
        conversion.convert(
            make_manifest(),
            tmp_path,
            conversion.ConvertOptions(near_duplicates="drop", on_leak="report"),
        )
    with pytest.raises(ValueError, match="'x'; known: report, group, drop"):
        conversion.convert(
            make_manifest(),
            tmp_path,
            conversion.ConvertOptions(near_duplicates="x"),
        )


def test_conversion_and_audits_see_the_same_pairs(tmp_path):
    """JPEGs made smaller are encoded anew, with other pixels than before."""
    manifest, _ = with_copies(30, 3)
    for number in range(30):
        name = f"{number}.jpg"
        manifest.store.images[name] = picture(number % 15, quality=60 + number)
    options = prepare.ImageOptions(image_size=24)
    # Nothing is dropped, so that all of them have the same images.
    root = conversion.convert(
        manifest,
        tmp_path,
        conversion.ConvertOptions(image_options=options, on_leak="report"),
    )
    converted = image_facts.of_records(records.open_records(root)).table
    split = dict(zip(converted["id"], converted["split"], strict=True))
    table = manifest.table.assign(
        split=[
            split[id_of(manifest.store.images[i])]
            for i in manifest.table["image"]
        ]
    )
    manifest = conversion.dataclasses.replace(manifest, table=table)
    raw = image_facts.of_manifest(manifest, image_options=options).table
    seen = {
        what: audit.audit(of, on_leak="report", distance=12).pairs
        for what, of in {"records": converted, "raw": raw}.items()
    }
    columns = ["kind", "distance", "id_a", "id_b"]
    pd.testing.assert_frame_equal(
        seen["records"][columns], seen["raw"][columns]
    )
    listed = pd.read_csv(root / audit.TABLE)[columns]
    at_default = audit.audit(converted, on_leak="report").pairs[columns]
    assert len(listed) > 5
    assert listed.to_numpy().tolist() == at_default.to_numpy().tolist()


def brute_force(hashes, patients, distance):
    """Groups by joining pair after pair."""
    group = list(range(len(hashes)))
    for a, b in itertools.combinations(range(len(hashes)), 2):
        bits = (int(hashes[a]) ^ int(hashes[b])).bit_count()
        if bits <= distance or patients[a] == patients[b]:
            group = [group[a] if g == group[b] else g for g in group]
    return group


@pytest.mark.parametrize("distance", [0, 2, 4])
def test_groups_are_those_of_every_pair(distance, monkeypatch):
    rng = np.random.default_rng(distance)
    hashes = rng.integers(2**64, size=40, dtype=np.uint64)[
        rng.integers(40, size=120)
    ]
    for place in range(0, 120, 2):
        for bit in rng.integers(64, size=rng.integers(6)).tolist():
            hashes[place] ^= np.uint64(1 << bit)
    patients = rng.integers(100, size=120)
    monkeypatch.setattr(near_groups, "_MAX_SHARE", 1.0)
    monkeypatch.setattr(near_groups, "_PAIRS_AT_ONCE", 3)
    found, searched = near_groups.groups(hashes, patients, distance=distance)
    expected = brute_force(hashes, patients, distance)
    assert searched == distance
    assert len(set(zip(found, expected, strict=True))) == len(set(expected))
    assert len(set(found.tolist())) == len(set(expected)) < 60


def test_images_that_all_look_alike_cannot_be_grouped():
    hashes = np.arange(200, dtype=np.uint64)
    hashes[:60] = 0  # Black ones.
    spread = hashes * np.uint64(0x9E3779B97F4A7C15)
    with pytest.raises(ValueError, match="keep 60 of 200 images together"):
        near_groups.groups(spread, np.arange(200), distance=0)
    one_patient = np.where(hashes == 0, -1, np.arange(200))
    near_groups.groups(spread, one_patient, distance=0)


def test_binary_counts_pairs_across_splits(binary, tmp_path):
    """The line that every conversion ends with, also one that was there."""
    folder = tmp_path / "raw"
    manifest, _ = with_copies()
    for name, data in manifest.store.images.items():
        label = "ab"[int(name.split(".")[0]) % 2]
        (folder / label).mkdir(parents=True, exist_ok=True)
        (folder / label / name).write_bytes(data)
    arguments = [
        "data_prep/make_tfrecords.py",
        "--source=image_folder",
        f"--input={folder}",
        f"--output_dir={tmp_path / 'out'}",
    ]
    lines = [binary(*arguments).stdout.splitlines()[-1] for _ in range(2)]
    assert lines[0] == lines[1]
    card = json.loads((tmp_path / "out/1.0.0/data_card.json").read_text())
    counts = card["audit"]["near_pairs_across_by_distance"]
    listed = ", ".join(f"{n} at {bits}" for bits, n in counts.items() if n)
    assert listed and f"pairs by hash distance: {listed}; " in lines[0]
    assert lines[0].endswith("look at audit.png")
    done = binary(*arguments, "--near_duplicates=group", "--overwrite")
    assert done.stdout.splitlines()[-1] == (
        "near-duplicates across splits: none to hash distance 4"
    )
