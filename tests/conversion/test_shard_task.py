"""Tests of one shard: light to import, pure, made of what is there already."""

import dataclasses
import pickle
import subprocess
import sys

import numpy as np
import pytest

from tests import conversion_data
from tests.conversion_data import make_manifest
from transfusion_tf.conversion import shard_task, work_folder
from transfusion_tf.data import tfrecord
from transfusion_tf.images import prepare

LIGHT = """
import sys, time
start = time.process_time()
from transfusion_tf.process import pool
from transfusion_tf.conversion import hash_task, shard_task
from transfusion_tf.stores import archives as stores
heavy = {"tensorflow", "pandas", "sklearn", "matplotlib", "keras"}
print(sorted(heavy & set(sys.modules)), time.process_time() - start)
"""


def test_workers_import_neither_tensorflow_nor_pandas():
    done = subprocess.run(
        [sys.executable, "-c", LIGHT],
        capture_output=True,
        text=True,
        check=True,
        cwd=conversion_data.ROOT,
    )
    heavy, seconds = done.stdout.rsplit(maxsplit=1)
    assert heavy == "[]"
    assert float(seconds) < 1  # Of the processor: others may keep it busy.


def make_task(folder, manifest, places, *, digest="11", **changes):
    """A task for some images of `make_manifest`, in the order of ids."""
    rows = [
        {
            "image": image,
            "id": conversion_data.id_of(manifest.store.images[image]),
            "label": place % 2,
        }
        for place, image in enumerate(manifest.table["image"])
        if place in places
    ]
    return shard_task.Task(
        folder=work_folder.WorkFolder(folder),
        digest=digest,
        file="pets-train.tfrecord-00000-of-00001",
        rows=sorted(rows, key=lambda row: row["id"]),
        label_key="label",
        text_keys=("id",),
        image_options=prepare.ImageOptions(image_size=6),
        **changes,
    )


def read_all(task):
    """The features of each record of a finished shard, and its facts."""
    facts = np.load(task.folder.facts(task.digest))
    with open(task.folder.shard(task.digest), "rb") as file:
        found = [tfrecord.read_at(file, int(o)) for o in facts["offset"]]
    return [tfrecord.features(record) for record in found], facts


def test_a_task_is_picklable_and_its_result_plain(tmp_path):
    manifest = make_manifest(10, copies=())
    task = pickle.loads(  # noqa: S301
        pickle.dumps(make_task(tmp_path, manifest, range(5)))
    )
    result = shard_task.write(manifest.store, task)
    assert result == task.folder.finished("11")
    assert result["entry"]["file"] == task.file and result["bad"] == []
    features, facts = read_all(task)
    for feature, fact, row in zip(features, facts, task.rows, strict=True):
        image = prepare.prepare(
            manifest.store.images[row["image"]], task.image_options
        )
        assert feature == {
            "image": image.data,
            "label": [row["label"]],
            "id": row["id"].encode(),
        }
        assert fact["id"] == row["id"].encode()
        assert (fact["width"], fact["height"]) == (6, 6)
        assert (fact["channels"], fact["bit_depth"]) == (3, 8)
        assert not fact["kept"]
    # Again: nothing is read.
    del manifest.store.read_ones[:]
    assert shard_task.write(manifest.store, task) == result
    assert manifest.store.read_ones == []


def test_images_of_earlier_shards_are_taken_with_new_labels(tmp_path):
    manifest = make_manifest(12, copies=())
    for digest, places in (("11", range(0, 6)), ("22", range(6, 9))):
        task = make_task(tmp_path, manifest, places, digest=digest)
        shard_task.write(manifest.store, task)
    del manifest.store.read_ones[:]
    task = make_task(
        tmp_path, manifest, range(3, 12), digest="33", earlier=("11", "22")
    )
    for row in task.rows:
        row["label"] = 7
    result = shard_task.write(manifest.store, task)
    assert len(manifest.store.read_ones) == 3
    assert all(f["label"] == [7] for f in read_all(task)[0])
    # As if there had been nothing.
    fresh = dataclasses.replace(
        task,
        folder=work_folder.WorkFolder(tmp_path / "fresh"),
        earlier=(),
    )
    fresh.folder.restore()
    assert shard_task.write(manifest.store, fresh) == result
    np.testing.assert_array_equal(read_all(task)[1], read_all(fresh)[1])


def test_a_damaged_earlier_record_is_made_anew(tmp_path):
    manifest = make_manifest(6, copies=())
    task = make_task(tmp_path, manifest, range(6))
    result = shard_task.write(manifest.store, task)
    path = task.folder.shard("11")
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    del manifest.store.read_ones[:]
    again = dataclasses.replace(task, digest="22", earlier=("11",))
    assert shard_task.write(manifest.store, again) == result
    assert len(manifest.store.read_ones) == 1


def test_dropping_reads_no_image(tmp_path):
    manifest = make_manifest(8, copies=())
    task = make_task(tmp_path, manifest, range(8))
    shard_task.write(manifest.store, task)
    before, facts = read_all(task)
    drop = shard_task.Drop(
        folder=task.folder,
        source="11",
        digest="22",
        ids=frozenset([facts["id"][0].decode(), facts["id"][5].decode()]),
    )
    result = shard_task.drop(None, drop)
    after, left = read_all(dataclasses.replace(task, digest="22"))
    assert after == [f for i, f in enumerate(before) if i not in (0, 5)]
    columns = [name for name in facts.dtype.names if name != "offset"]
    kept = np.delete(facts, [0, 5])
    np.testing.assert_array_equal(left[columns], kept[columns])
    assert result["entry"]["examples"] == 6
    assert shard_task.drop(None, drop) == result
    assert task.folder.finished("11")["entry"]["examples"] == 8


def test_an_interrupted_shard_leaves_no_file(tmp_path):
    manifest = make_manifest(8, copies=())

    class Interrupted:
        def read(self, image):
            if image.endswith("/6.png"):
                raise KeyboardInterrupt
            return manifest.store.read(image)

    with pytest.raises(KeyboardInterrupt):
        shard_task.write(Interrupted(), make_task(tmp_path, manifest, range(8)))
    assert list(tmp_path.iterdir()) == []


def test_a_shard_without_images(tmp_path):
    task = make_task(tmp_path, make_manifest(3, copies=()), [])
    result = shard_task.write(None, task)
    assert result["entry"]["examples"] == 0 and result["ids"] == []
    assert task.folder.shard("11").read_bytes() == b""
