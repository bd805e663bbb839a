"""What TensorBoard is given, read back from its event files."""

import pytest
import tensorflow as tf

from transfusion_tf.training import board


def events(folder):
    """{tag: {step: value}} of the only event file."""
    (path,) = folder.iterdir()
    found = {}
    for event in tf.compat.v1.train.summary_iterator(str(path)):
        for value in event.summary.value:
            content = tf.make_ndarray(value.tensor)
            found.setdefault(value.tag, {})[event.step] = content.item()
    return found


def test_tags_are_grouped_by_what_they_are_of(tmp_path):
    row = {
        "step": 7,
        "epoch": 0.5,
        "learning_rate": 0.25,
        "train_loss": 1.5,
        "val_loss": 2.0,
        "val_auc": None,
        "val_auc_no edema": 0.75,
    }
    written = board.Board(tmp_path)
    written.evaluation(row)
    written.evaluation({**row, "step": 9, "val_auc": 0.5})
    assert events(tmp_path) == {
        "train/epoch": {7: 0.5, 9: 0.5},
        "train/learning_rate": {7: 0.25, 9: 0.25},
        "train/loss": {7: 1.5, 9: 1.5},
        "val/loss": {7: 2.0, 9: 2.0},
        "val/auc": {9: 0.5},
        "val/auc_no edema": {7: 0.75, 9: 0.75},
    }


def test_settings_are_a_table(tmp_path):
    board.Board(tmp_path).settings({"train": {"steps": 9}, "seed": 3})
    text = events(tmp_path)["settings"][0].decode()
    assert text.splitlines()[2:] == ["| train.steps | 9 |", "| seed | 3 |"]


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="Cannot write .*file"):
        board.Board(tmp_path / "file").settings({})
