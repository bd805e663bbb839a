"""File names of a run, and checkpoints found by them."""

import pytest

from transfusion_tf import files
from transfusion_tf.run_dir import RunDir


@pytest.fixture
def run(tmp_path):
    run = RunDir(tmp_path / "run").make()
    for step in (0, 10, 1234567890):
        run.weights(step).touch()
    (run.weights(0).parent / "step-7.weights.h5").touch()  # Not our form.
    return run


def test_weights_are_found_by_their_names_in_order(run):
    assert run.weights(10).name == "step-0000010.weights.h5"
    assert run.weight_steps() == [0, 10, 1234567890]


def test_checkpoints(run):
    assert run.checkpoint_step("last") == 1234567890
    assert run.checkpoint_step("best") == 1234567890  # None named yet.
    files.write_json(run.best, {"step": 10})
    assert run.checkpoint_step("best") == 10
    assert run.checkpoint_step("0") == run.checkpoint_step(0) == 0


def test_unknown_checkpoint_lists_the_choices(run):
    with pytest.raises(ValueError, match="'11'; known: best, last, 0, 10, 12"):
        run.checkpoint_step("11")


def test_a_directory_without_weights_is_told(tmp_path):
    with pytest.raises(FileNotFoundError, match="holds no weights"):
        RunDir(tmp_path).checkpoint_step("best")
