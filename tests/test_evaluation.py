"""Scores by any weights of a run: which images it knew, and its last ones."""

import json
import shutil

import pytest

from transfusion_tf import experiment, tables
from transfusion_tf.data import pipeline, subsets
from transfusion_tf.runs.directory import RunDir


@pytest.fixture
def run(tiny_runs, tmp_path):
    """A copy of a tiny run, which may be changed."""
    shutil.copytree(tiny_runs[0], tmp_path / "run")
    return RunDir(tmp_path / "run")


def change(run, part, **values):
    """Changes what config.json of a run says."""
    record = json.loads(run.config.read_text())
    of = record["data"] if part == "fingerprint" else record["config"][part]
    of.update(values)
    run.config.write_text(json.dumps(record))


def marks(run, opened, out, capsys):
    """{id: in_training} of the training split, and what was printed."""
    experiment.evaluate(run.root, opened, "train", output_dir=out)
    table = tables.read_text(out / "predictions.csv")
    marked = table["in_training"].astype(int) if "in_training" in table else []
    return dict(zip(table["id"], marked, strict=False)), capsys.readouterr().out


def test_images_that_a_subset_left_out_are_marked(
    run, tiny_dataset, tmp_path, capsys
):
    opened = experiment.open_dataset(tiny_dataset)
    everything, line = marks(run, opened, tmp_path / "a", capsys)
    assert set(everything.values()) == {1} and len(everything) == 160
    assert "160 of these 160 images were in training" in line

    change(run, "data", train_size=40)
    found, line = marks(run, opened, tmp_path / "b", capsys)
    index = pipeline.read_index(opened, "train")
    used = subsets.choose(
        *(index[name] for name in ("id", "label", "patient")), size=40, seed=0
    )
    assert {image for image, mark in found.items() if mark} == used
    assert len(found) == 160
    assert "40 of these 160 images were in training (column in_tr" in line

    change(run, "fingerprint", fingerprint="another")
    found, line = marks(run, opened, tmp_path / "c", capsys)
    assert found == {} and "were in training is not known" in line


def test_last_weights_are_scored_beside_the_best(run):
    experiment.evaluate_last([run], "val")
    folder = run.scored("val", 6)
    saved, best = (
        tables.read_text(path)
        for path in (folder / "predictions.csv", run.predictions("val"))
    )
    assert list(saved) == list(best) and (saved["id"] == best["id"]).all()
    change(run, "fingerprint", fingerprint="another")
    with pytest.raises(ValueError, match="another fingerprint.*=best"):
        experiment.evaluate_last([run], "val")
    run.weights(6).unlink()
    with pytest.raises(FileNotFoundError, match="no weights of its last step"):
        experiment.evaluate_last([run], "val")
