"""States that are written while the training goes on."""

import threading

import keras
import numpy as np
import pytest

from transfusion_tf.runs import state, state_writer


@pytest.fixture
def paths(tmp_path):
    return tmp_path / "newest.npz", tmp_path / "before.npz"


@pytest.fixture
def held(monkeypatch):
    """An Event that writing waits for."""
    write, event = state.write, threading.Event()

    def wait_and_write(*arguments):
        assert event.wait(60)
        write(*arguments)

    monkeypatch.setattr(state, "write", wait_and_write)
    return event


def test_a_state_is_of_the_step_at_which_it_was_saved(paths, held):
    variable = keras.Variable(np.ones((2, 2), np.float32))
    progress = state.Progress(step=1, history=[{"step": 1}])
    with state_writer.StateWriter(paths) as writer:
        writer.save(progress, [variable])
        # The training goes on meanwhile.
        variable.assign_add(np.ones((2, 2)))
        progress.step = 2
        progress.history.append({"step": 2})
        assert not paths[0].exists()
        held.set()
    found = state.restore(paths[0], [variable])
    assert found == state.Progress(step=1, history=[{"step": 1}])
    np.testing.assert_array_equal(variable.numpy(), np.ones((2, 2)))


def test_states_are_written_in_their_order(paths):
    with state_writer.StateWriter(paths) as writer:
        for step in range(5):
            writer.save(state.Progress(step=step), [])
    assert [state.read_progress(path).step for path in paths] == [4, 3]


def fail(*_):
    raise OSError("Cannot write state: No space left on device.")


def test_a_failure_comes_out_with_the_next_state_or_at_the_end(
    paths, monkeypatch
):
    monkeypatch.setattr(state, "write", fail)
    with pytest.raises(OSError, match="No space"):
        with state_writer.StateWriter(paths) as writer:
            writer.save(state.Progress(), [])
    with pytest.raises(OSError, match="No space"):
        with state_writer.StateWriter(paths) as writer:
            writer.save(state.Progress(), [])
            writer.save(state.Progress(), [])
            raise RuntimeError("not come to")


def test_what_failed_first_is_what_is_raised(paths, monkeypatch):
    monkeypatch.setattr(state, "write", fail)
    with pytest.raises(RuntimeError, match="first"):
        with state_writer.StateWriter(paths) as writer:
            writer.save(state.Progress(), [])
            raise RuntimeError("first")


def test_an_interrupted_training_waits_for_its_state(paths, held):
    with pytest.raises(KeyboardInterrupt):
        with state_writer.StateWriter(paths) as writer:
            writer.save(state.Progress(step=1), [])
            threading.Timer(0.05, held.set).start()
            raise KeyboardInterrupt
    assert state.read_progress(paths[0]).step == 1
