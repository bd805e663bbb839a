"""Tests of the plan: which image goes to which shard, and what decides it."""

import dataclasses

import numpy as np
import pytest

from tests import conversion_data
from tests.conversion_data import make_manifest
from transfusion_tf.conversion import identify, work_folder
from transfusion_tf.conversion import plan as shards
from transfusion_tf.data import ids, splits
from transfusion_tf.images import prepare
from transfusion_tf.process import pool


@pytest.fixture(autouse=True)
def small_shards():
    with conversion_data.small_shards():
        yield


def make_plan(manifest, image_options=prepare.DEFAULTS, seed=0):
    with pool.Pool(manifest.store, 1) as workers:
        found = identify.identify(manifest, workers, None)
    return shards.plan(
        found.manifest,
        found.num_bytes,
        image_options=image_options,
        split_options=splits.SplitOptions(seed=seed),
    )


def test_shards_cover_the_rows_in_the_order_of_splits_and_ids():
    plan = make_plan(make_manifest())
    table = plan.manifest.table
    assert len(table) == 60 and table["id"].is_unique
    places = [range(60)[shard.rows] for shard in plan.shards]
    assert [row for part in places for row in part] == list(range(60))
    names = [shard.file.split(".")[0] for shard in plan.shards]
    assert list(dict.fromkeys(names)) == ["pets-train", "pets-val", "pets-test"]
    for shard in plan.shards:
        rows = table.iloc[shard.rows]
        assert set(rows["split"]) <= {shard.split}
        assert rows["id"].is_monotonic_increasing
        store = make_manifest().store
        sizes = [len(store.images[image]) for image in rows["image"]]
        assert shard.num_bytes == sum(sizes)


def test_a_task_says_all_that_is_written():
    plan = make_plan(make_manifest())
    task = plan.task(plan.shards[0], work_folder.WorkFolder("nowhere"))
    assert len(task.rows) == plan.shards[0].rows.stop
    for row in task.rows:
        number = int(row["image"].split("/")[1].removesuffix(".png"))
        assert row.keys() == {"image", "id", "patient", "label"}
        assert row["label"] == (0 if number % 3 == 0 else 1)


def test_few_large_images_make_shards_of_their_own(monkeypatch):
    monkeypatch.setattr(ids, "EXAMPLES_PER_SHARD", 1_000)
    monkeypatch.setattr(ids, "RAW_BYTES_PER_SHARD", 9)
    plan = make_plan(make_manifest())
    # Not more than there are images in a split, which is a NumPy integer.
    assert len(plan.shards) == 60


def digests(manifest, **options):
    return {s.file: s.digest for s in make_plan(manifest, **options).shards}


def test_names_of_files_and_the_order_of_rows_are_in_no_digest():
    manifest = make_manifest()
    names = {image: f"moved/{image}" for image in manifest.table["image"]}
    order = np.random.default_rng(0).permutation(60)
    moved = dataclasses.replace(
        manifest,
        table=manifest.table.assign(
            image=manifest.table["image"].map(names)
        ).iloc[order],
        store=conversion_data.MemoryStore(
            {names[i]: data for i, data in manifest.store.images.items()}
        ),
    )
    assert digests(moved) == digests(manifest)


def test_what_a_shard_depends_on_changes_its_digest_and_no_other():
    manifest = make_manifest()
    split = np.where(manifest.table.index % 4, "train", "test")
    split[::10] = "val"
    manifest = dataclasses.replace(
        manifest, table=manifest.table.drop(columns="patient")
    )
    manifest.table["split"] = split
    before = digests(manifest)
    assert len(set(before.values())) == len(before) > 4
    manifest.table.loc[30, "label"] = "dog"
    after = digests(manifest)
    assert after.keys() == before.keys()
    assert sum(after[file] != before[file] for file in before) == 1
    smaller = prepare.ImageOptions(image_size=4)
    assert not set(after.values()) & set(
        digests(manifest, image_options=smaller).values()
    )


def test_large_images_make_more_shards(monkeypatch):
    monkeypatch.setattr(ids, "EXAMPLES_PER_SHARD", 1_000)
    assert len(make_plan(make_manifest()).shards) == 3
    monkeypatch.setattr(ids, "RAW_BYTES_PER_SHARD", 1_000)
    train = [
        shard
        for shard in make_plan(make_manifest()).shards
        if shard.split == "train"
    ]
    num_bytes = sum(shard.num_bytes for shard in train)
    assert len(train) == num_bytes // 1_000 > 8
