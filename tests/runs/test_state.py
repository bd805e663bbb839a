"""States: exact, unpickled, and told when damaged."""

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


def test_progress_and_values_come_back_exactly(tmp_path, variables):
    path = tmp_path / "newest.npz"
    progress = state.Progress(
        step=3,
        loss_sum=0.1,
        best_step=2,
        history=[{"step": 2, "val_auc": None}],
    )
    state.save(path, progress, variables)
    kept = [v.numpy().copy() for v in variables]
    for variable in variables:
        variable.assign(variable * 0)
    assert state.restore(path, variables) == progress
    for variable, array in zip(variables, kept, strict=True):
        np.testing.assert_array_equal(variable.numpy(), array)


def test_the_state_of_another_network_is_refused(tmp_path, variables):
    path = tmp_path / "newest.npz"
    other = keras.Variable(np.zeros((4, 3), np.float32)), variables[1]
    for saved in (variables[:1], [*variables, variables[1]], other):
        state.save(path, state.Progress(), saved)
        with pytest.raises(ValueError, match="another network or optimizer"):
            state.restore(path, variables)


def test_damage_anywhere_is_told_and_changes_nothing(tmp_path, variables):
    path = tmp_path / "newest.npz"
    progress = state.Progress(step=2)
    state.save(path, progress, variables)
    whole = path.read_bytes()
    kept = [v.numpy().copy() for v in variables]
    damaged = [whole[:size] for size in range(0, len(whole), 97)]
    for place in range(0, len(whole), 7):
        flipped = bytearray(whole)
        flipped[place] ^= 1 << place % 8
        damaged.append(bytes(flipped))
    refused = 0
    for content in damaged:
        path.write_bytes(content)
        try:
            # What is flipped in a date or in padding changes nothing.
            assert state.restore(path, variables) == progress
        except ValueError as error:
            refused += 1
            assert str(path) in str(error) and "--overwrite" in str(error)
            assert str(error).count("\n") == 0
        for variable, array in zip(variables, kept, strict=True):
            np.testing.assert_array_equal(variable.numpy(), array)
    assert refused > len(damaged) / 2


def test_progress_alone_is_read_and_an_empty_file_named(tmp_path, variables):
    path = tmp_path / "newest.npz"
    state.save(path, state.Progress(step=5), variables)
    assert state.read_progress(path).step == 5
    path.write_bytes(b"")
    with pytest.raises(ValueError, match="newest.npz cannot be resumed from"):
        state.read_progress(path)
