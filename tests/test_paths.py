"""Paths on disks and in an object store, and a conversion to the latter."""

import hashlib
import pathlib

import pytest
from etils import epath

from tests import buckets, conversion_data
from transfusion_tf import datasets, paths
from transfusion_tf.conversion import convert
from transfusion_tf.data import record_reader, records

ROOT = "s3://bucket/data/pets"


@pytest.fixture
def bucket():
    with buckets.bucket() as store:
        yield store


@pytest.fixture(scope="module", autouse=True)
def small_shards():
    with conversion_data.small_shards():
        yield


def contents(root):
    """{file name: SHA-256} of a directory of either kind."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in root.iterdir()
    }


@pytest.mark.parametrize("kind", [str, pathlib.Path])
def test_a_place_on_a_disk(kind, tmp_path):
    path = paths.path(kind(tmp_path / "a"))
    assert type(path) is type(tmp_path) and not paths.is_remote(path)
    path.write_bytes(b"123")
    assert paths.size(path) == 3
    paths.remove_tree(tmp_path)
    paths.remove_tree(tmp_path)
    assert not tmp_path.exists()


def test_a_place_in_an_object_store(bucket):
    path = paths.path(ROOT) / "a" / "b"
    assert str(path) == f"{ROOT}/a/b" and paths.is_remote(path)
    assert paths.path(path) == path
    path.write_bytes(b"123")
    assert bucket.cat("/bucket/data/pets/a/b") == b"123"
    assert paths.size(path) == 3
    paths.remove_tree(path.parent)
    paths.remove_tree(path.parent)
    assert not path.exists() and bucket.store == {}


@pytest.mark.parametrize(
    "place, is_read, is_its_own",
    [
        ("gs://a/b", True, True),
        ("s3://a/b", False, False),
        ("/a/gs:/b", True, False),
    ],
)
def test_what_tensorflow_reads(place, is_read, is_its_own):
    assert paths.is_read_by_tensorflow(place) == is_read
    assert paths.is_in_tensorflow_store(place) == is_its_own


def test_what_a_client_raises_is_one_error_for_the_user():
    for error in (RuntimeError("no token"), FileNotFoundError("no token")):
        with pytest.raises(OSError, match="^Cannot reach s3://a: no token$"):
            with paths.reaching(epath.Path("s3://a")):
                raise error
    with pytest.raises(RuntimeError):  # On a disk it is a bug.
        with paths.reaching("/a"):
            raise RuntimeError("no token")


def test_conversion_to_an_object_store(bucket, tmp_path):
    manifest = conversion_data.make_manifest()
    root = convert.convert(manifest, ROOT)
    assert str(root) == f"{ROOT}/1.0.0"
    expected = contents(convert.convert(manifest, tmp_path))
    assert contents(root) == expected
    assert {path.split("/")[4] for path in bucket.store} == {"1.0.0"}
    opened = records.open_records(ROOT, verify=True)
    images = [f for _, _, f in record_reader.examples(opened, "test")]
    assert len(images) == opened.card.num_examples["test"] > 0


def test_interrupted_while_it_appears_it_is_no_data_set_and_goes_on(
    bucket, monkeypatch, tmp_path
):
    manifest = conversion_data.make_manifest()
    copy, names = type(paths.path(ROOT)).copy, []

    def copy_or_stop(path, target, **options):
        names.append(path.name)
        if len(names) == 5:
            raise KeyboardInterrupt
        return copy(path, target, **options)

    with monkeypatch.context() as patch:
        patch.setattr(type(paths.path(ROOT)), "copy", copy_or_stop)
        with pytest.raises(KeyboardInterrupt):
            convert.convert(manifest, ROOT)
    assert len(list(paths.path(f"{ROOT}/1.0.0").iterdir())) == 4
    with pytest.raises(FileNotFoundError, match="holds no records"):
        records.open_records(ROOT)
    manifest.store.read_ones.clear()
    root = convert.convert(
        manifest, ROOT, convert.ConvertOptions(num_workers=1)
    )
    assert len(manifest.store.read_ones) == 60  # Hashed, and none prepared.
    assert contents(root) == contents(convert.convert(manifest, tmp_path))


def test_overwriting_leaves_nothing_of_what_was_there(bucket):
    convert.convert(conversion_data.make_manifest(), ROOT)
    few = conversion_data.make_manifest(num_images=30, copies=())
    root = convert.convert(few, ROOT, convert.ConvertOptions(overwrite=True))
    card = records.open_records(ROOT, verify=True).card
    shards = [entry["file"] for part in card.shards.values() for entry in part]
    assert set(shards) == {p.name for p in root.glob("*.tfrecord-*")}


def test_training_reads_from_what_tensorflow_reads(bucket):
    convert.convert(conversion_data.make_manifest(), ROOT)
    with pytest.raises(ValueError, match="from a disk or from gs://. Copy"):
        datasets.open_dataset(ROOT)
