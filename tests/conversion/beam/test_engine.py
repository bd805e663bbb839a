"""Apache Beam does what a pool does. Skips where it is not installed."""

import dataclasses
import os
import pathlib
import signal
import threading
import time

import pytest

from tests import conversion_data
from tests.conversion_data import contents, make_manifest
from tests.process.test_pool import add
from transfusion_tf.conversion import convert
from transfusion_tf.conversion.beam import engine as beam_engine

pytest.importorskip("apache_beam")
DIRECT = ("--runner=DirectRunner",)
linux_only = pytest.mark.skipif(
    not os.path.isdir("/proc/self"), reason="finds processes in /proc"
)


@pytest.fixture(scope="module", autouse=True)
def small_shards():
    with conversion_data.small_shards():
        yield


@pytest.fixture(autouse=True)
def logs(tmp_path_factory, monkeypatch):
    """The directory of Beam's logs."""
    folder = tmp_path_factory.mktemp("logs")
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


def converted(manifest, output_dir, engine=None):
    """The contents of what a conversion writes."""
    return contents(
        convert.convert(
            manifest, output_dir, convert.ConvertOptions(engine=engine)
        )
    )


def engine_of(*flags):
    """The `engine` of a conversion, and a list of the Beams it has made."""
    made = []

    def engine(store, output_dir):
        made.append(beam_engine.Beam(store, output_dir, flags=flags))
        return made[-1]

    return engine, made


def descendants(pid):
    """Processes below `pid` that run Python, as workers do."""
    parents = {}
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            text = stat.read_text()
        except OSError:
            continue  # It has ended.
        name, rest = text.split("(", 1)[1].rsplit(")", 1)
        parents[int(stat.parent.name)] = int(rest.split()[1]), name
    found, below = [], {pid}
    while below:
        below = {p for p, (parent, _) in parents.items() if parent in below}
        found += [p for p in below if parents[p][1].startswith("python")]
    return found


def test_every_task_is_done_once_and_errors_are_raised(tmp_path):
    with beam_engine.Beam(100, tmp_path, flags=DIRECT) as workers:
        done = dict(workers.run(add, iter(range(20))))
        assert {task: total for task, (total, _) in done.items()} == {
            task: 100 + task for task in range(20)
        }
        assert os.getpid() not in {process for _, process in done.values()}
        assert list(workers.run(add, ())) == []
        with pytest.raises(ValueError, match="^not 100$"):
            list(workers.run(add, [7, 100, 8]))
        assert len(list(workers.run(add, range(3)))) == 3
    assert list(tmp_path.iterdir()) == []


# With copies there is a third pass, in which images are dropped.
@pytest.mark.parametrize(
    "num_workers, copies", [(1, conversion_data.COPIES), (4, ())]
)
def test_the_bytes_are_those_of_the_pool(num_workers, copies, tmp_path):
    manifest = make_manifest(copies=copies)
    engine, _ = engine_of(*DIRECT, f"--direct_num_workers={num_workers}")
    found = converted(manifest, tmp_path / "beam", engine)
    assert found == converted(manifest, tmp_path / "pool")
    assert [path.name for path in (tmp_path / "beam").iterdir()] == ["1.0.0"]


@linux_only
def test_a_worker_killed_in_between_changes_nothing(tmp_path, logs):
    manifest, output_dir = make_manifest(copies=()), tmp_path / "out"
    store = dataclasses.replace(manifest.store, seconds=0.05)
    slow = dataclasses.replace(manifest, store=store)
    engine, made = engine_of(*DIRECT, "--direct_num_workers=2")

    workers = []

    def kill_one():
        while not list(output_dir.glob(".work-*/*.json")):
            time.sleep(0.02)
        workers.extend(descendants(made[0]._process.pid))
        os.kill(workers[0], signal.SIGKILL)

    killer = threading.Thread(target=kill_one, daemon=True)
    killer.start()
    with pytest.raises(OSError, match="worker .* died unexpectedly.*log: "):
        convert.convert(slow, output_dir, convert.ConvertOptions(engine=engine))
    killer.join()
    assert len(workers) == 2
    (log,) = logs.iterdir()
    assert "exited with return code" in log.read_text()
    assert list(output_dir.glob(".work-*/*.json"))  # What is done is kept.
    assert not (output_dir / beam_engine.FOLDER).exists()
    engine, _ = engine_of(*DIRECT)
    found = converted(manifest, output_dir, engine)
    assert found == converted(manifest, tmp_path / "pool")


@linux_only
def test_a_launcher_that_ends_takes_all_with_it(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        with beam_engine.Beam(100, tmp_path, flags=DIRECT) as workers:
            process = workers._process
            raise KeyboardInterrupt
    assert process.poll() is not None
    with pytest.raises(OSError, match="Apache Beam died unexpectedly"):
        with beam_engine.Beam(100, tmp_path, flags=DIRECT) as workers:
            workers._process.kill()
            list(workers.run(add, [1]))


def test_a_runner_that_does_not_exist_is_told_before_any_work(tmp_path):
    engine, _ = engine_of("--runner=NoRunner")
    with pytest.raises(ValueError, match="NoRunner. Valid values are .*Flink"):
        convert.convert(
            make_manifest(),
            tmp_path / "out",
            convert.ConvertOptions(engine=engine),
        )
    assert list(tmp_path.iterdir()) == []


def test_what_only_a_runner_knows_is_handed_on(tmp_path):
    further = ["--slots=2", "--runner=DirectRunner"]
    with beam_engine.Beam(100, tmp_path, further=further) as workers:
        assert [task for task, _ in workers.run(add, [1])] == [1]
    # It reaches Beam: what is wrong there is refused there.
    with pytest.raises(ValueError, match="NoRunner. Valid values are"):
        with beam_engine.Beam(100, tmp_path, further=["--runner=NoRunner"]):
            pass
    with pytest.raises(ValueError, match="nor Apache Beam knows --slots"):
        with beam_engine.Beam(100, tmp_path, flags=["--slots=2"]):
            pass
