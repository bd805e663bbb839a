"""The table of AUCs and its picture, from runs on real records."""

import collections
import dataclasses
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from transfusion_tf import files, tables
from transfusion_tf.analysis import auc_table
from transfusion_tf.config.run import RunConfig
from transfusion_tf.reporting.figures import auc, style
from transfusion_tf.runs.directory import RunDir


def test_rows_say_what_the_runs_metrics_say(tiny_runs):
    rows = auc_table.auc_rows(tiny_runs, "test")
    assert [row["run"] for row in rows] == ["seed0", "seed1"]
    for row, root in zip(rows, tiny_runs, strict=True):
        metrics = files.read_json(RunDir(root).metrics)["test"]["auc"]
        assert row["value"] == pytest.approx(metrics["value"])
        assert row["low"] == pytest.approx(metrics["low"])
        assert row["init"] == "random" and row["num_images"] == 60


def test_a_run_without_predictions_is_named(tiny_runs, tmp_path):
    run = RunDir(tmp_path / "run").make()
    run.config.write_text(RunDir(tiny_runs[0]).config.read_text())
    with pytest.raises(FileNotFoundError, match="has no predictions of val"):
        auc_table.auc_rows([run.root], "val")


def test_undefined_aucs_leave_a_gap_not_an_error(tiny_runs, tmp_path):
    rows = auc_table.auc_rows(tiny_runs, "test")
    rows[0] |= {"value": None, "low": None, "high": None, "note": "one class"}
    path = tables.write(tmp_path / "auc.csv", rows, columns=auc_table.COLUMNS)
    figure = auc.intervals(tables.read(path))
    assert style.save(figure, tmp_path / "auc.png").is_file()


def test_the_positive_class_is_said(tiny_runs):
    for row in auc_table.auc_rows(tiny_runs, "test"):
        assert (row["auc_of"], row["positive"], row["negative"]) == (
            "1",
            "1",
            "0",
        )


@pytest.mark.parametrize(
    "task, of, positive, negative",
    [
        ("ordinal", ">=2", ">=2", "<2"),
        ("ordinal", "mean", "", ""),
        ("multiclass", "1", "1", "rest"),
        ("multilabel", "2", "2", "no 2"),
    ],
)
def test_what_stands_against_what(task, of, positive, negative):
    rng = np.random.default_rng(0)
    labels = (
        rng.integers(0, 2, (40, 3))
        if task == "multilabel"
        else (np.arange(40) % 3)
    )
    run = run_of(task, ("0", "1", "2"), labels)
    found = {row["auc_of"]: row for row in auc_table.auc_rows_of([run])}
    assert (found[of]["positive"], found[of]["negative"]) == (
        positive,
        negative,
    )


def run_of(task, classes, labels):
    """A ScoredRun of three classes whose scores say nothing."""
    scores = np.random.default_rng(0).random((len(labels), len(classes)))
    scores = scores / scores.sum(axis=1, keepdims=True)
    return auc_table.ScoredRun(
        name="r",
        root=None,
        data={"task": task, "name": "d"},
        config=RunConfig(),
        split="test",
        classes=classes,
        predictions=SimpleNamespace(
            labels=labels, scores=scores, patients=None
        ),
    )


def test_a_class_called_mean_is_not_the_mean():
    run = run_of("multiclass", ("mean", "max", "min"), np.arange(40) % 3)
    rows = auc_table.auc_rows_of([run])
    by_name = {row["auc_of"]: row for row in rows}
    assert list(by_name) == ["mean", "max", "min", "mean of all"]
    assert by_name["mean"]["positive"] == "mean"
    assert by_name["mean of all"]["positive"] == ""
    of_classes = [row["value"] for row in rows[:3]]
    assert by_name["mean of all"]["value"] == pytest.approx(np.mean(of_classes))


def table_of(runs):
    """Rows of auc.csv: {run: (model, init, seed)}, a made AUC each."""
    return pd.DataFrame(
        [
            {
                **dict.fromkeys(auc_table.COLUMNS, ""),
                "run": run,
                "dataset": "d",
                "split": "test",
                "model": model,
                "init": init,
                "seed": seed,
                "auc_of": "ill",
                "positive": "ill",
                "negative": "well",
                "value": 0.8,
                "low": 0.7,
                "high": 0.9,
                "level": 0.95,
                "num_images": 9,
                "num_patients": float("nan"),
            }
            for run, (model, init, seed) in runs.items()
        ]
    )


def test_runs_of_one_start_look_alike():
    runs = {
        "a": ("m", "random", 0),
        "b": ("m", "pretrained", 0),
        "c": ("m", "random", 1),
        "d": ("m", "pretrained", 0),  # From another source.
    }
    axes = auc.intervals(table_of(runs)).axes[0]
    whiskers = [bars.has_xerr for bars in axes.containers]
    assert whiskers == [True] * 4
    looks = [
        (bars.lines[0].get_color(), bars.lines[0].get_marker())
        for bars in axes.containers
    ]
    # A look for each entry of the legend; two runs share the first.
    ((seeds, number),) = collections.Counter(looks).most_common(1)
    assert number == 2 and len(set(looks)) == 3
    first = looks.index(seeds)
    assert looks[first] == looks[first + 1]  # Beside each other.
    shown = [text.get_text() for text in axes.get_legend().get_texts()]
    assert shown == [
        "m, random (seeds 0, 1)",
        "m, pretrained: b",
        "m, pretrained: d",
    ]
    heights = [bars.lines[0].get_ydata()[0] for bars in axes.containers]
    assert heights == sorted(heights)
    (label,) = [text.get_text() for text in axes.get_yticklabels()]
    assert label == "ill\nagainst well"


def few_positives(run):
    """A run whose predictions hold three positive images."""
    kept = np.flatnonzero(run.predictions.labels == 1)[:3]
    kept = np.union1d(kept, np.flatnonzero(run.predictions.labels == 0))
    return dataclasses.replace(run, predictions=run.predictions.taken(kept))


def test_few_positives_are_noted_in_the_table_and_hollow_in_the_figure(
    tiny_runs, tmp_path
):
    first, other = auc_table.load(tiny_runs, "test")
    rows = auc_table.auc_rows_of([few_positives(first), other])
    assert "only 3 positive" in rows[0]["note"] and rows[1]["note"] == ""
    path = tables.write(tmp_path / "auc.csv", rows, columns=auc_table.COLUMNS)
    (panel,) = auc.intervals(tables.read(path)).axes
    assert "hollow: see note in auc.csv" in panel.get_xlabel()
    hollow = [
        line.get_xdata().tolist()
        for line in panel.get_lines()
        if line.get_markerfacecolor() == "white" and len(line.get_xdata())
    ]
    assert hollow == [[pytest.approx(rows[0]["value"])]]
