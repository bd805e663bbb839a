"""Runs on other records than their own, on small real runs."""

import dataclasses
import os

import numpy as np
import pytest

from tests.conftest import blobs
from transfusion_tf import datasets, experiment, external, files
from transfusion_tf.runs.directory import RunDir

NUM_SHARED = 7


@pytest.fixture(scope="module")
def other_records(tiny_npz, binary, tmp_path_factory):
    """Records whose test split has training images of `tiny_dataset`."""
    folder = tmp_path_factory.mktemp("external")
    raw = dict(np.load(tiny_npz))
    images, labels = blobs(30, size=16, seed=9)
    for what, new in (("images", images), ("labels", labels)):
        shared = raw[f"train_{what}"][:NUM_SHARED]
        raw[f"test_{what}"] = np.concatenate([new, shared])
        # Or they were dropped here as leaking from train to test.
        raw[f"train_{what}"] = raw[f"train_{what}"][NUM_SHARED:]
    np.savez(folder / "raw.npz", **raw)
    done = binary(
        "data_prep/make_tfrecords.py",
        "--source=npz",
        f"--input={folder / 'raw.npz'}",
        f"--output_dir={folder / 'elsewhere'}",
    )
    assert done.returncode == 0, done.stderr
    return folder / "elsewhere"


def test_scores_are_those_of_evaluate_without_what_was_seen(
    tiny_runs, other_records, tmp_path
):
    runs, left_out = external.score(
        tiny_runs, other_records, output_dir=tmp_path
    )
    assert [len(run.predictions) for run in runs] == [30, 30]
    assert left_out == [
        "7 of 37 images of elsewhere: in the training or validation split of "
        "the runs' records, or of a patient who is"
    ]
    assert {run.data["name"] for run in runs} == {"elsewhere"}
    opened = experiment.open_dataset(other_records)
    numbers = experiment.evaluate(
        tiny_runs[0], opened, "test", output_dir=tmp_path / "alone"
    )
    kept = tmp_path / external.FOLDER
    (mine,) = kept.glob("seed0-*/metrics.json")
    assert files.read_json(mine) == numbers and len(list(kept.iterdir())) == 2


def test_what_is_there_is_not_scored_again(
    tiny_runs, other_records, tmp_path, monkeypatch
):
    calls, evaluate = [], experiment.evaluate

    def counted(run_dir, *args, **options):
        calls.append(os.path.basename(run_dir))
        return evaluate(run_dir, *args, **options)

    monkeypatch.setattr(experiment, "evaluate", counted)
    first, _ = external.score(tiny_runs[:1], other_records, output_dir=tmp_path)
    both, _ = external.score(tiny_runs, other_records, output_dir=tmp_path)
    assert calls == ["seed0", "seed1"]
    np.testing.assert_array_equal(
        first[0].predictions.scores, both[0].predictions.scores
    )


def test_runs_own_test_split_is_as_they_saved_it(
    tiny_runs, tiny_dataset, tmp_path
):
    (run,), left_out = external.score(
        tiny_runs[:1], tiny_dataset, output_dir=tmp_path
    )
    assert not left_out and len(run.predictions) == 60


@pytest.mark.parametrize("split", ["train", "val"])
def test_splits_that_made_the_runs_are_refused(
    tiny_runs, tiny_dataset, tmp_path, split
):
    with pytest.raises(ValueError, match=f"its {split} split is no test set"):
        external.score(
            tiny_runs, tiny_dataset, split=split, output_dir=tmp_path
        )
    assert not list(tmp_path.iterdir())


def test_other_classes_are_refused_before_any_scoring(
    tiny_runs, tiny_dataset, tmp_path, monkeypatch
):
    opened = datasets.open_dataset(tiny_dataset)
    card = dataclasses.replace(opened.card, classes=("ill", "well"))
    monkeypatch.setattr(
        datasets,
        "open_dataset",
        lambda *_, **__: dataclasses.replace(opened, card=card),
    )
    with pytest.raises(ValueError, match=r"\['ill', 'well'\]; the run was .*1"):
        external.score(tiny_runs, tiny_dataset, output_dir=tmp_path)
    assert not list(tmp_path.iterdir())


def test_all_seen_or_not_known(tiny_runs, other_records, tmp_path, monkeypatch):
    opened = datasets.open_dataset

    def moved(place, **options):
        # The runs may have been trained on another copy of `tiny_dataset`.
        if str(place) != str(other_records):
            raise FileNotFoundError(place)
        return opened(place, **options)

    with monkeypatch.context() as patched:
        patched.setattr(datasets, "open_dataset", moved)
        runs, (line,) = external.score(
            tiny_runs, other_records, output_dir=tmp_path
        )
    assert len(runs[0].predictions) == 37 and "is not known" in line
    with pytest.raises(ValueError, match="All 153 images of elsewhere are in"):
        external.score(
            tiny_runs, other_records, split="train", output_dir=tmp_path
        )


def test_unfinished_runs_are_left_out(tiny_runs, other_records, tmp_path):
    begun = RunDir(tmp_path / "begun").make()
    begun.config.write_text(RunDir(tiny_runs[0]).config.read_text())
    with pytest.raises(FileNotFoundError, match="not begun, not finished"):
        external.score([begun.root], other_records, output_dir=tmp_path)


def test_the_binary_compares_arms_on_the_external_set(
    binary, tiny_runs, other_records, tmp_path
):
    done = binary(
        "run_scripts/compare_runs.py",
        f"--runs={tiny_runs[0]},{tiny_runs[1]}",
        f"--dataset={other_records}",
        f"--output_dir={tmp_path}",
    )
    assert done.returncode == 0, done.stderr
    assert "7 of 37 images of elsewhere" in done.stdout
    arms = (tmp_path / "arms.csv").read_text().splitlines()
    assert len(arms) == 2 and ",elsewhere,test," in arms[1]


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["--runs=a", "--split=train"], "--split=train goes with --dataset"),
        (["--predictions=a,b", "--dataset=d"], "--dataset=d goes with --runs"),
        (["--runs={run}", "--dataset=d"], "--dataset=d is not a directory"),
        (["--runs={run}", "--dataset=d", "--margin=3"], "--margin must"),
    ],
)
def test_mistakes_are_one_line(binary, tiny_runs, tmp_path, arguments, message):
    arguments = [a.replace("{run}", str(tiny_runs[0])) for a in arguments]
    done = binary(
        "run_scripts/compare_runs.py",
        *arguments,
        "--output_dir=out",
        cwd=tmp_path,
    )
    assert done.returncode == 2
    assert message in done.stderr and done.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir())
