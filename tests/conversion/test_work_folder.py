"""Tests of interruptions: killed at any moment, a conversion goes on."""

import dataclasses
import multiprocessing.forkserver
import os
import pathlib
import signal
import time

import numpy as np
import pytest

from tests import conversion_data
from tests.conversion_data import contents, make_manifest
from transfusion_tf import files
from transfusion_tf.conversion import convert, work_folder
from transfusion_tf.data import records, tfrecord

NUM_SHARDS = 7  # Six, and the one of which images are dropped once more.


@pytest.fixture(scope="module", autouse=True)
def small_shards():
    with conversion_data.small_shards():
        yield


@pytest.fixture(scope="module")
def clean(small_shards, tmp_path_factory):
    """The contents after no interruption."""
    return contents(
        convert.convert(make_manifest(), tmp_path_factory.mktemp("clean"))
    )


@pytest.fixture(scope="module")
def processes():
    """Forks of a process that has imported what conversions need."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(
        [
            "transfusion_tf.conversion.convert",
            "tests.conversion_data",
            "scipy.fftpack",
        ]
    )
    with pytest.MonkeyPatch.context() as patch:
        # The server imports from where it finds things by itself.
        patch.setenv("PYTHONPATH", str(conversion_data.ROOT))
        multiprocessing.forkserver.ensure_running()
    return context


@dataclasses.dataclass(frozen=True)
class CountedStore(conversion_data.MemoryStore):
    """Makes a file a byte longer with every image that any process reads."""

    count: pathlib.Path = None

    def read(self, image):
        with open(self.count, "ab") as file:
            file.write(b".")
        return super().read(image)


def convert_to_the_metadata(output_dir, num_workers, store, at_the_end):
    """A conversion to be killed; it never comes to TensorFlow's files."""
    manifest = make_manifest()
    records.write_metadata = at_the_end
    with conversion_data.small_shards():
        convert.convert(
            dataclasses.replace(manifest, store=store),
            output_dir,
            convert.ConvertOptions(num_workers=num_workers),
        )


def convert_slowly(output_dir, num_workers, seconds, count):
    """A conversion that takes its time, and at the end waits to be killed."""
    images = make_manifest().store.images
    convert_to_the_metadata(
        output_dir,
        num_workers,
        CountedStore(images, seconds, count=count),
        lambda *_: time.sleep(600),
    )


def convert_to_a_change(output_dir, number):
    """A conversion that kills itself in front of its nth change of names."""
    replace, count = os.replace, iter(range(number))

    def replace_or_die(*paths):
        if next(count, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)
        replace(*paths)

    os.replace = replace_or_die
    convert_to_the_metadata(
        output_dir,
        1,
        make_manifest().store,
        lambda root, card: files.write_json(
            root / records.CARD, card.to_json()
        ),
    )


def finished(output_dir):
    """The files that vouch for finished shards."""
    return set(output_dir.glob(".work-*/*.json"))


def wait_until(condition, process):
    """Waits for a sign of a conversion that is still running."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline and process.is_alive()
        time.sleep(0.001)


# Moments are told by the number of images read, so that no machine is too fast
# or too slow for them: 60 for the hashes, and once more for shards. Late and
# early, between the two, and once with two workers, which take long to start.
MOMENTS = ((83, 1), (10, 1), (45, 1), (81, 2), (60, 1))


def test_killed_at_several_moments_it_comes_to_the_same(
    clean, processes, tmp_path
):
    rng = np.random.default_rng(2)
    output_dir, progress = tmp_path / "out", []
    for moment, num_workers in MOMENTS:
        reads = tmp_path / f"reads{len(progress)}"
        reads.touch()
        process = processes.Process(
            target=convert_slowly, args=(output_dir, num_workers, 0.002, reads)
        )
        process.start()
        wait_until(
            lambda reads=reads, moment=moment: (
                reads.stat().st_size >= moment
                or len(finished(output_dir)) == NUM_SHARDS
            ),
            process,
        )
        time.sleep(rng.uniform(0, 0.01))
        process.kill()
        process.join()
        progress.append(len(finished(output_dir)))
    assert progress == sorted(progress)
    assert 0 < progress[0] < progress[-1], progress
    root = convert.convert(make_manifest(), output_dir)
    assert contents(root) == clean
    assert {path.name for path in output_dir.iterdir()} == {"1.0.0"}


# Each of 6 shards makes 3 changes of names, and so does the one of which images
# are dropped; then come 3 tables, moves of the 6 shards, the data card and the
# move of the whole directory: numbers 0 to 31.
@pytest.mark.parametrize("number", [1, 8, 17, 19, 22, 26, 31])
def test_killed_at_any_change_it_reads_only_what_is_missing(
    number, clean, processes, tmp_path
):
    process = processes.Process(
        target=convert_to_a_change, args=(tmp_path, number)
    )
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    manifest = make_manifest()
    root = convert.convert(
        manifest, tmp_path, convert.ConvertOptions(num_workers=1)
    )
    assert contents(root) == clean
    in_missing_shards = len(manifest.store.read_ones) - 60
    assert (in_missing_shards == 0) == (number >= 18)
    assert (in_missing_shards < 60) == (number >= 3)


def test_only_missing_shards_are_written_again(
    clean, processes, tmp_path, monkeypatch
):
    process = processes.Process(
        target=convert_slowly, args=(tmp_path / "out", 1, 0.01, tmp_path / "r")
    )
    process.start()
    wait_until(lambda: finished(tmp_path / "out"), process)
    process.kill()
    process.join()
    before = {path.stem for path in finished(tmp_path / "out")}
    written, write_shard = [], tfrecord.write_shard
    monkeypatch.setattr(
        tfrecord,
        "write_shard",
        lambda path, rows: written.append(path.stem) or write_shard(path, rows),
    )
    root = convert.convert(make_manifest(), tmp_path / "out")
    assert before and contents(root) == clean
    assert written and not before & set(written)


def test_one_conversion_at_a_time(tmp_path):
    with work_folder.output_folder(tmp_path / "out"):
        with pytest.raises(ValueError, match="Another conversion is writing"):
            convert.convert(make_manifest(), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def finish(folder, digest, content, file="a"):
    """Puts a finished shard into a WorkFolder."""
    entry = tfrecord.write_shard(folder.shard(digest), [content])
    folder.facts(digest).write_bytes(b"facts")
    done = {"entry": {**entry, "file": file}, "bad": [], "notes": [], "ids": []}
    done["facts_bytes"] = len(b"facts")
    files.write_json(folder.done(digest), done)


def change(folder, digest, **entry):
    """Tampers with what vouches for a shard."""
    done = files.read_json(folder.done(digest))
    done["entry"] |= entry
    files.write_json(folder.done(digest), done)


def test_nothing_outside_is_taken_for_a_shard(tmp_path):
    folder = work_folder.WorkFolder(tmp_path / "work")
    folder.restore()
    finish(folder, "11", b"first")
    outside = tmp_path / "photo"
    outside.write_bytes(folder.shard("11").read_bytes())
    change(folder, "11", file="../../photo")
    folder.restore()
    assert outside.is_file()


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: folder.shard("11").write_bytes(b""),
        lambda folder: folder.shard("11").unlink(),
        lambda folder: folder.facts("11").unlink(),
        # As after a power failure.
        lambda folder: folder.facts("11").write_bytes(b""),
        lambda folder: folder.done("11").write_bytes(b""),
        lambda folder: folder.done("11").write_text("[]"),
        lambda folder: folder.done("11").write_text("{"),
        lambda folder: folder.done("11").write_text("[]"),
        lambda folder: folder.done("11").write_text('{"entry": null}'),
        lambda folder: change(folder, "11", file="../../x"),
        lambda folder: change(folder, "11", bytes="many"),
    ],
)
def test_only_whole_shards_are_finished(damage, tmp_path):
    folder = work_folder.WorkFolder(tmp_path)
    finish(folder, "11", b"first")
    finish(folder, "22", b"second", file="b")
    assert set(folder.all_finished()) == {"11", "22"}
    damage(folder)
    assert set(folder.all_finished()) == {"22"}
    assert folder.finished("33") is None


def test_shards_are_flushed_when_they_are_published(tmp_path, monkeypatch):
    folder, flushed = work_folder.WorkFolder(tmp_path), []
    folder.restore()
    finish(folder, "11", b"first")
    monkeypatch.setattr(files, "flush", flushed.append)
    folder.assemble({"11": "a"})
    folder.publish(tmp_path / "1.0.0")
    assert flushed == [folder.shard("11"), folder.ready, tmp_path]
    assert (tmp_path / "1.0.0" / "a").is_file()


def test_shards_come_back_from_an_unfinished_publication(tmp_path):
    folder = work_folder.WorkFolder(tmp_path / "work")
    folder.restore()
    finish(folder, "11", b"whole, before a drop")
    finish(folder, "22", b"after")
    folder.assemble({"22": "a"})
    assert set(folder.all_finished()) == {"11"}
    folder.restore()
    assert set(folder.all_finished()) == {"11", "22"}
    assert list(folder.ready.iterdir()) == []
    folder.keep_only({"22"})
    assert {
        path.suffix for path in folder.root.iterdir() if path.is_file()
    } == {
        ".json",
        ".npy",
        ".tfrecord",
    }
    assert set(folder.all_finished()) == {"22"}
