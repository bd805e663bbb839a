"""States of a pass: read back, never of something else, never unpickled."""

import dataclasses

import numpy as np
import pytest

from transfusion_tf.analysis import sums_store

SHIFTS = {"a/conv1": np.arange(3, dtype=np.float32)}
TOTALS = [
    [{"own/0/6x6/product": np.eye(3), "images": np.array(5.0)}, {}],
    [{}, {"pair/0/1/chance/sum_x": np.arange(3.0)}],
]
STATE = sums_store.State(7, SHIFTS, TOTALS)


@dataclasses.dataclass
class Job:
    """What the store asks of a StageJob."""

    identity: str


ONE, OTHER = [Job("conv1")], [Job("conv1"), Job("conv2")]


def test_what_is_saved_comes_back(tmp_path):
    store = sums_store.Store(tmp_path / "moments", {"weights": ["x", "y"]})
    assert store.of_pass(ONE).load() is None
    store.of_pass(ONE).save(STATE)
    found = store.of_pass(ONE).load()
    assert found.num_batches == 7 and found.finished is False
    np.testing.assert_array_equal(found.shifts["a/conv1"], SHIFTS["a/conv1"])
    assert [[set(job) for job in slot] for slot in found.totals] == [
        [set(job) for job in slot] for slot in TOTALS
    ]
    np.testing.assert_array_equal(
        found.totals[1][1]["pair/0/1/chance/sum_x"], np.arange(3.0)
    )
    assert store.of_pass(OTHER).load() is None


def test_sums_of_something_else_are_not_taken(tmp_path):
    sums_store.Store(tmp_path, {"seed": 0}).of_pass(ONE).save(STATE)
    assert sums_store.Store(tmp_path, {"seed": 1}).of_pass(ONE).load() is None


def test_sums_of_another_format_are_not_taken(tmp_path, monkeypatch):
    sums_store.Store(tmp_path, {}).of_pass(ONE).save(STATE)
    monkeypatch.setattr(sums_store, "FORMAT", sums_store.FORMAT + 1)
    assert sums_store.Store(tmp_path, {}).of_pass(ONE).load() is None


def test_saves_when_due(tmp_path, monkeypatch):
    saved = sums_store.Store(tmp_path, {}).of_pass(ONE)
    saved.save_if_due(STATE)
    assert saved.load() is None
    monkeypatch.setattr(sums_store, "SECONDS_BETWEEN_SAVES", -1)
    saved.save_if_due(STATE)
    assert saved.load().num_batches == 7


@pytest.mark.parametrize("content", [b"", b"no archive", b"\x80\x04N."])
def test_a_damaged_file_is_named(tmp_path, content):
    saved = sums_store.Store(tmp_path, {}).of_pass(ONE)
    saved.save(STATE)
    (path,) = tmp_path.iterdir()
    path.write_bytes(content)
    with pytest.raises(ValueError, match=f"{path.name} is damaged; delete it"):
        saved.load()


def test_a_cut_file_is_named(tmp_path):
    saved = sums_store.Store(tmp_path, {}).of_pass(ONE)
    saved.save(STATE)
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:-300])
    with pytest.raises(ValueError, match="is damaged"):
        saved.load()
