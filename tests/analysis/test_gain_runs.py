"""Runs and tables are brought together, or it is said why not."""

import dataclasses
import os
import shutil

import numpy as np
import pytest

from tests.reporting.gain_trees import BEST, make_run, make_table, scored
from transfusion_tf.analysis import gain_runs
from transfusion_tf.runs import labels, predictions, record
from transfusion_tf.runs.directory import RunDir


def test_what_is_read_of_a_run(tmp_path):
    paths = [
        make_run(tmp_path / "r0", auc=0.5),
        make_run(tmp_path / "p1", auc=0.7, init="pretrained", seed=1),
    ]
    random, tuned = gain_runs.read(paths, "test")
    assert (random.name, tuned.name) == ("r0", "p1")
    assert (random.init, tuned.init) == ("random", "pretrained imagenet")
    assert (random.seed, tuned.seed) == (0, 1)
    assert (random.auc, tuned.auc) == pytest.approx((0.5, 0.7))
    assert random.dataset == tuned.dataset == "eyes"
    assert random.setting == tuned.setting == "eyes, cbr_small, 32 px"


@pytest.mark.parametrize(
    "other",
    [
        {"data": "skin"},
        {"data": "eyes#other"},
        {"model": "cbr_tiny"},
        {"image_size": 48},
        {"train_size": 100},
        {"train_size": 100, "subset_seed": 1},
        {"num_folds": 5, "fold": 2},
        {"model": "cbr_small_slim", "slim_width": 0.25},
    ],
)
def test_what_a_baseline_must_share(tmp_path, other):
    paths = [
        make_run(tmp_path / "a", auc=0.5),
        make_run(tmp_path / "b", auc=0.5, **other),
        make_run(tmp_path / "c", auc=0.5, train_size=100, subset_seed=2),
    ]
    settings = [run.setting for run in gain_runs.read(paths, "test")]
    assert len(set(settings)) == 3


def test_training_need_not_be_the_same(tmp_path):
    paths = [
        make_run(tmp_path / "a", auc=0.5),
        make_run(tmp_path / "b", auc=0.5, learning_rate=1e-4, bn_momentum=0.5),
    ]
    first, second = gain_runs.read(paths, "test")
    assert first.setting == second.setting


def test_data_sets_of_one_name_are_told_apart(tmp_path):
    paths = [
        make_run(tmp_path / name, auc=0.5, data=data)
        for name, data in {"a": "eyes", "b": "eyes#2", "c": "skin"}.items()
    ]
    datasets = [run.dataset for run in gain_runs.read(paths, "test")]
    assert datasets[2] == "skin" and len(set(datasets)) == 3
    assert all(name.startswith("eyes ") for name in datasets[:2])


@pytest.mark.parametrize(
    "settings, source, label",
    [
        ({"init": "gabor", "weights": None}, None, "gabor"),
        (
            {"init": "pretrained", "weights": "some/dir/seed3"},
            {"kind": "run", "file": "w.h5", "dataset": "cifar10"},
            "pretrained cifar10",
        ),
        (
            {"init": "mean_var", "weights": "some/dir/w.h5"},
            {"kind": "file", "file": "w.h5"},
            "mean_var w.h5",
        ),
        (
            {"init": "transfusion", "through": "conv2"},
            {"kind": "imagenet", "file": "notop.h5"},
            "transfusion imagenet through conv2",
        ),
        (
            {"init": "random", "freeze_through": "conv1", "unfreeze_at": 9},
            None,
            "random, frozen through conv1 until step 9",
        ),
    ],
)
def test_labels_of_inits(tmp_path, settings, source, label):
    root = make_run(tmp_path / "run", auc=0.5, source=source, **settings)
    assert labels.init_label(record.read(RunDir(root))) == label


def test_runs_of_a_table_are_found_by_the_end_of_their_paths(
    tmp_path, monkeypatch
):
    runs = [
        make_run(tmp_path / place, auc=0.7, init="pretrained")
        for place in ("eyes/p0", "eyes/p1", "skin/p1")
    ]
    csv = make_table(
        tmp_path / "t.csv", {"p0": 0.9, "eyes/p1": 0.8, str(runs[2]): None}
    )
    table = gain_runs.read_similarity([csv], runs)
    # As the same runs are named by `read`.
    names = ["p0", str(runs[1]), str(runs[2])]
    assert [run.name for run in gain_runs.read(runs, "test")] == names
    assert list(table["run"].unique()) == names
    assert list(table["value"][:4]) == pytest.approx([0.9, 0.8, 0.8, 0.7])
    assert table["value"][4:].isna().all()

    monkeypatch.chdir(tmp_path / "eyes")
    csv = make_table(tmp_path / "u.csv", {os.path.join("..", "skin", "p1"): 1})
    table = gain_runs.read_similarity([csv], runs)
    assert list(table["run"].unique()) == [str(runs[2])]


def test_several_tables_are_one(tmp_path):
    runs = [
        make_run(tmp_path / name, auc=0.7, init="pretrained", data=name)
        for name in ("eyes", "skin")
    ]
    csvs = [
        make_table(tmp_path / f"{n}.csv", {n: 0.5}) for n in ("eyes", "skin")
    ]
    table = gain_runs.read_similarity(csvs, runs)
    assert list(table["run"]) == ["eyes", "eyes", "skin", "skin"]
    assert list(table.index) == [0, 1, 2, 3]


@pytest.fixture
def tree(tmp_path):
    """Two runs called p0 and one called q0, of other networks."""
    return {
        "x/p0": make_run(tmp_path / "x/p0", auc=0.7),
        "y/p0": make_run(tmp_path / "y/p0", auc=0.7),
        "q0": make_run(tmp_path / "q0", auc=0.7, model="cbr_tiny"),
    }


@pytest.mark.parametrize(
    "values, columns, message",
    [
        ({"p0": 1}, {}, "The run p0 of .*t.csv may be any of .*x/p0, .*y/p0. "),
        (
            {"z0": 1},
            {},
            "t.csv has the run z0, which is none of --runs: .*, q0",
        ),
        ({"x/p0": 1, "q0": 1}, {}, "one network; .*: cbr_small, cbr_tiny"),
        ({"q0": 1}, {"view": "between"}, "t.csv is not a table of .*=before_"),
        ({}, {}, "is not a table of .* It has no rows."),
        ({"q0": 1}, {"value": "high"}, "t.csv, column value: .*high"),
        (
            {"q0": 1},
            {"other_step": 7},
            f"q0 at step 7, but .* last weights, step {BEST}; .*=last, or",
        ),
    ],
)
def test_tables_that_do_not_fit(tmp_path, tree, values, columns, message):
    csv = make_table(tmp_path / "t.csv", values, **columns)
    with pytest.raises(ValueError, match=message):
        gain_runs.read_similarity([csv], list(tree.values()))


def test_other_files_are_no_tables(tmp_path, tree):
    csv = tmp_path / "t.csv"
    csv.write_text("run,value\nq0,1\n")
    with pytest.raises(ValueError, match="lacks: other_step, view, stage, "):
        gain_runs.read_similarity([csv], [tree["q0"]])
    with pytest.raises(FileNotFoundError):
        gain_runs.read_similarity([tmp_path / "u.csv"], [tree["q0"]])
    with pytest.raises(ValueError, match="with --similarity"):
        gain_runs.read_similarity([], [tree["q0"]])


def test_similarity_and_auc_are_of_the_last_weights(tmp_path):
    run = RunDir(make_run(tmp_path / "p0", auc=0.7, steps=60))
    csvs = [
        make_table(tmp_path / f"{step}.csv", {"p0": 0.9}, other_step=step)
        for step in (60, BEST)
    ]
    assert gain_runs.not_scored(csvs[:1], [run.root], "test") == [run]
    assert gain_runs.not_scored(csvs[1:], [run.root], "test", "best") == []
    with pytest.raises(ValueError, match=f"at step {BEST}, .* step 60; make"):
        gain_runs.not_scored(csvs[1:], [run.root], "test")
    with pytest.raises(FileNotFoundError, match="no .* by its last weights"):
        gain_runs.read([run.root], "test")

    path = run.scored("test", 60) / "predictions.csv"
    path.parent.mkdir(parents=True)
    predictions.write(path, scored(0.3), ["0", "1"])
    assert gain_runs.not_scored(csvs[:1], [run.root], "test") == []
    (last,) = gain_runs.read([run.root], "test")
    assert (last.auc, last.step) == (pytest.approx(0.3), 60)
    (best,) = gain_runs.read([run.root], "test", "best")
    assert (best.auc, best.step) == (pytest.approx(0.7), BEST)

    others = dataclasses.replace(scored(0.3), ids=np.array(list("abcdefghijk")))
    predictions.write(path, others, ["0", "1"])
    with pytest.raises(ValueError, match="is of other images than .*test.csv"):
        gain_runs.read([run.root], "test")


def test_runs_that_cannot_be_read(tmp_path, tree):
    root = tree["q0"]
    with pytest.raises(ValueError, match="--runs has .*/q0/ twice"):
        gain_runs.read([root, f"{root}/"], "test")
    with pytest.raises(FileNotFoundError, match="no predictions of val"):
        gain_runs.read([root], "val")
    shutil.rmtree(root)
    with pytest.raises(FileNotFoundError, match="not a run directory"):
        gain_runs.read([root], "test")
