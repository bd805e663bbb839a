"""File names of a run, and checkpoints found by them."""

import pytest

from transfusion_tf import files
from transfusion_tf.runs.directory import RunDir


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


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "best.json is not readable as JSON"),
        (b"{}", "best.json is damaged"),
        (b"[]", "best.json is damaged"),
        (b'{"step": null}', "best.json is damaged"),
        (b'{"step": "10"}', "best.json is damaged"),
        (b'{"step": 11}', "best.json names step 11, whose weights are not"),
    ],
)
def test_a_damaged_best_is_named_with_what_could_be_given(
    run, content, message
):
    run.best.write_bytes(content)
    with pytest.raises((ValueError, FileNotFoundError), match=message) as found:
        run.checkpoint_step("best")
    assert "(known: 0, 10, 1234567890)" in str(found.value)
    assert run.checkpoint_step("last") == 1234567890


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"best_step": 0.5}'])
def test_damaged_metrics_are_named(run, content):
    with pytest.raises(FileNotFoundError, match="no .*metrics.json. Repeat"):
        run.read_metrics()
    run.metrics.write_bytes(content)
    run.init_report.write_bytes(content)
    with pytest.raises(ValueError, match="metrics.json is .*--overwrite"):
        run.read_metrics()
    with pytest.raises(ValueError, match="init_report.json is .*--overwrite"):
        run.read_init_report()
