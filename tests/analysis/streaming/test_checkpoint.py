"""States of a pass: read back, never of something else, never unpickled."""

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest

from transfusion_tf.analysis.streaming import checkpoint

SHIFTS = {"a/conv1": np.arange(3, dtype=np.float32)}
TOTALS = [
    [{"own/0/6x6/product": np.eye(3), "images": np.array(5.0)}, {}],
    [{}, {"pair/0/1/chance/sum_x": np.arange(3.0)}],
]
STATE = checkpoint.State(7, SHIFTS, TOTALS)


@dataclasses.dataclass
class Plan:
    """What the store asks of a StagePlan."""

    identity: str


ONE, OTHER = [Plan("conv1")], [Plan("conv1"), Plan("conv2")]


def test_what_is_saved_comes_back(tmp_path):
    store = checkpoint.Store(tmp_path / "moments", {"weights": ["x", "y"]})
    assert store.of_pass(ONE).load() is None
    store.of_pass(ONE).save(STATE)
    found = store.of_pass(ONE).load()
    assert found.num_batches == 7 and found.finished is False
    np.testing.assert_array_equal(found.shifts["a/conv1"], SHIFTS["a/conv1"])
    assert [[set(plan) for plan in slot] for slot in found.totals] == [
        [set(plan) for plan in slot] for slot in TOTALS
    ]
    np.testing.assert_array_equal(
        found.totals[1][1]["pair/0/1/chance/sum_x"], np.arange(3.0)
    )
    assert store.of_pass(OTHER).load() is None


def test_sums_of_something_else_are_not_taken(tmp_path):
    checkpoint.Store(tmp_path, {"seed": 0}).of_pass(ONE).save(STATE)
    assert checkpoint.Store(tmp_path, {"seed": 1}).of_pass(ONE).load() is None


def test_sums_of_another_format_are_not_taken(tmp_path, monkeypatch):
    checkpoint.Store(tmp_path, {}).of_pass(ONE).save(STATE)
    monkeypatch.setattr(checkpoint, "FORMAT", checkpoint.FORMAT + 1)
    assert checkpoint.Store(tmp_path, {}).of_pass(ONE).load() is None


def test_saves_when_due(tmp_path, monkeypatch):
    saved = checkpoint.Store(tmp_path, {}).of_pass(ONE)
    saved.save_if_due(STATE)
    assert saved.load() is None
    monkeypatch.setattr(checkpoint, "SECONDS_BETWEEN_SAVES", -1)
    saved.save_if_due(STATE)
    assert saved.load().num_batches == 7


def test_the_size_is_said_before_anything_is_written(tmp_path, caplog):
    """Two slots that will hold 8 MB each, of which one is filled."""
    sums = {"own/0/1x1/product": np.zeros((1_000, 1_000))}
    state = checkpoint.State(1, SHIFTS, [[{}, sums], [{}, {}]])
    saved = checkpoint.Store(tmp_path / "kept", {}).of_pass(ONE)
    for _ in range(2):
        saved.save_if_due(state)
    (message,) = caplog.messages
    assert "will take 16.0 MB" in message and str(tmp_path / "kept") in message
    assert not list((tmp_path / "kept").glob("*.npz"))


def test_a_full_disk_is_met_before_the_pass(tmp_path, monkeypatch):
    monkeypatch.setattr(
        "shutil.disk_usage", lambda _: SimpleNamespace(free=16_000)
    )
    sums = {"own/0/1x1/product": np.zeros((10, 100))}
    saved = checkpoint.Store(tmp_path, {}).of_pass(ONE)
    with pytest.raises(OSError, match="No space left"):
        saved.save_if_due(checkpoint.State(1, SHIFTS, [[sums], [{}]]))


def test_sums_that_declare_more_than_there_is(tmp_path):
    saved = checkpoint.Store(tmp_path, {}).of_pass(ONE)
    saved.save(STATE)
    (path,) = tmp_path.iterdir()
    data = path.read_bytes()
    assert data.count(b"'shape': (3, 3)") == 1
    path.write_bytes(data.replace(b"'shape': (3, 3)", b"'shape': (9, 9)"))
    with pytest.raises(ValueError, match="is damaged; delete it"):
        saved.load()


@pytest.mark.parametrize("content", [b"", b"no archive", b"\x80\x04N."])
def test_a_damaged_file_is_named(tmp_path, content):
    saved = checkpoint.Store(tmp_path, {}).of_pass(ONE)
    saved.save(STATE)
    (path,) = tmp_path.iterdir()
    path.write_bytes(content)
    with pytest.raises(ValueError, match=f"{path.name} is damaged; delete it"):
        saved.load()


def test_a_cut_file_is_named(tmp_path):
    saved = checkpoint.Store(tmp_path, {}).of_pass(ONE)
    saved.save(STATE)
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:-300])
    with pytest.raises(ValueError, match="is damaged"):
        saved.load()
