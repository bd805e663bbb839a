"""States: exact, unpickled, and told when damaged."""

import os
import zipfile

import keras
import numpy as np
import pytest

from transfusion_tf.runs import state


@pytest.fixture
def variables():
    rng = np.random.default_rng(0)
    return [
        keras.Variable(rng.normal(size=(3, 4)).astype(np.float32)),
        keras.Variable(np.array(7, np.int32), dtype="int32"),
    ]


@pytest.fixture
def paths(tmp_path):
    return tmp_path / "newest.npz", tmp_path / "before.npz"


def test_progress_and_values_come_back_exactly(paths, variables):
    progress = state.Progress(
        step=3,
        loss_sum=0.1,
        best_step=2,
        history=[{"step": 2, "val_auc": None}],
    )
    state.save(paths, progress, variables)
    kept = [v.numpy().copy() for v in variables]
    for variable in variables:
        variable.assign(variable * 0)
    assert state.restore(paths[0], variables) == progress
    for variable, array in zip(variables, kept, strict=True):
        np.testing.assert_array_equal(variable.numpy(), array)


def test_the_state_of_another_network_is_refused(paths, variables):
    other = keras.Variable(np.zeros((4, 3), np.float32)), variables[1]
    for saved in (variables[:1], [*variables, variables[1]], other):
        state.save(paths, state.Progress(), saved)
        with pytest.raises(ValueError, match="another network or optimizer"):
            state.restore(paths[0], variables)


def test_damage_anywhere_is_told_and_changes_nothing(paths, variables):
    path = paths[0]
    state.save(paths, state.Progress(step=2), variables)
    whole = path.read_bytes()
    kept = [v.numpy().copy() for v in variables]
    damaged = [whole[:size] for size in range(0, len(whole), 97)]
    # Names, dates, padding, numbers, and the checksum itself, every byte.
    for place in [*range(0, len(whole), 7), *range(-80, 0)]:
        flipped = bytearray(whole)
        flipped[place] ^= 1 << place % 8
        damaged.append(bytes(flipped))
    for content in damaged:
        path.write_bytes(content)
        with pytest.raises(ValueError, match="cannot be resumed") as caught:
            state.restore(path, variables)
        message = str(caught.value)
        assert str(path) in message and "--overwrite" in message
        assert "\n" not in message
        for variable, array in zip(variables, kept, strict=True):
            np.testing.assert_array_equal(variable.numpy(), array)


def test_progress_alone_is_read_and_an_empty_file_named(paths, variables):
    state.save(paths, state.Progress(step=5), variables)
    assert state.read_progress(paths[0]).step == 5
    paths[0].write_bytes(b"")
    with pytest.raises(ValueError, match="newest.npz cannot be resumed from"):
        state.read_progress(paths[0])


def test_a_state_is_an_archive_of_numpy_also_without_a_checksum(
    paths, variables
):
    """As earlier releases have written it."""
    state.save(paths, state.Progress(step=5), variables)
    assert zipfile.ZipFile(paths[0]).testzip() is None
    with np.load(paths[0]) as stored:
        arrays = dict(stored)
    np.savez(paths[0], **arrays)
    assert state.newest_intact(paths) == paths[0]
    assert state.restore(paths[0], variables).step == 5


def saved_steps(paths):
    return [state.read_progress(path).step for path in paths if path.is_file()]


def test_the_one_before_stands_in_for_one_that_is_damaged(paths, capsys):
    for step in (1, 2, 3):
        state.save(paths, state.Progress(step=step), [])
    assert saved_steps(paths) == [3, 2]
    state.recover(paths)
    assert saved_steps(paths) == [3, 2] and not capsys.readouterr().out
    paths[0].write_bytes(paths[0].read_bytes()[:-1])
    assert state.newest_intact(paths) == paths[1]
    state.recover(paths)
    assert capsys.readouterr().out == (
        f"{paths[0]} was damaged; the run goes on from the state before it, "
        "of step 2.\n"
    )
    # The next state must not put the damaged one in the place of the other.
    assert saved_steps(paths) == [2]
    state.save(paths, state.Progress(step=4), [])
    assert saved_steps(paths) == [4, 2]


def test_where_both_are_damaged_the_newest_is_named(paths):
    for path in paths:
        path.write_bytes(b"no archive")
    with pytest.raises(ValueError, match="newest.npz cannot be resumed from"):
        state.recover(paths)
    assert all(path.is_file() for path in paths)


@pytest.mark.parametrize("number", [0, 1, 2])
def test_interrupted_at_any_change_of_a_name_a_whole_state_is_left(
    paths, number, monkeypatch, capsys
):
    for step in (1, 2):
        state.save(paths, state.Progress(step=step), [])
    left, replace = iter(range(number)), os.replace

    def replace_or_fail(*names, **options):
        if next(left, None) is None:
            raise KeyboardInterrupt
        replace(*names, **options)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", replace_or_fail)
        try:
            state.save(paths, state.Progress(step=3), [])
            assert number == 2
        except KeyboardInterrupt:
            assert number < 2
    state.recover(paths)
    assert state.read_progress(paths[0]).step == (2, 2, 3)[number]
    assert not capsys.readouterr().out  # Nothing was damaged.


def test_a_state_that_cannot_be_written_leaves_those_there_were(
    paths, monkeypatch
):
    for step in (1, 2):
        state.save(paths, state.Progress(step=step), [])

    def full(stream, **arrays):
        stream.write(b"some")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(OSError, match="Cannot write .*newest.npz: No space"):
        state.save(paths, state.Progress(step=3), [])
    assert saved_steps(paths) == [2, 1]
    assert sorted(paths[0].parent.iterdir()) == sorted(paths)
