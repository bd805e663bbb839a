"""The table of AUCs and its picture, from runs on real records."""

import dataclasses

import numpy as np
import pytest

from transfusion_tf import files
from transfusion_tf.reporting import (
    auc_figure,
    figures,
    predictions,
    tables,
)
from transfusion_tf.run_dir import RunDir


def test_rows_say_what_the_runs_metrics_say(tiny_runs):
    rows = predictions.auc_rows(tiny_runs, "test")
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
        predictions.auc_rows([run.root], "val")


def test_undefined_aucs_leave_a_gap_not_an_error(tiny_runs, tmp_path):
    rows = predictions.auc_rows(tiny_runs, "test")
    rows[0] |= {"value": None, "low": None, "high": None, "note": "one class"}
    path = tables.write(tmp_path / "auc.csv", rows, columns=predictions.COLUMNS)
    figure = auc_figure.intervals(tables.read(path))
    assert figures.save(figure, tmp_path / "auc.png").is_file()


def few_positives(run):
    """A run whose predictions hold three positive images."""
    kept = np.flatnonzero(run.predictions.labels == 1)[:3]
    kept = np.union1d(kept, np.flatnonzero(run.predictions.labels == 0))
    scored = {
        field.name: getattr(run.predictions, field.name)
        for field in dataclasses.fields(run.predictions)
    }
    return dataclasses.replace(
        run,
        predictions=type(run.predictions)(
            **{
                name: None if values is None else np.asarray(values)[kept]
                for name, values in scored.items()
            }
        ),
    )


def test_few_positives_are_noted_in_the_table_and_hollow_in_the_figure(
    tiny_runs, tmp_path
):
    first, other = predictions.load(tiny_runs, "test")
    rows = predictions.auc_rows_of([few_positives(first), other])
    assert "only 3 positive" in rows[0]["note"] and rows[1]["note"] == ""
    path = tables.write(tmp_path / "auc.csv", rows, columns=predictions.COLUMNS)
    (panel,) = auc_figure.intervals(tables.read(path)).axes
    assert "hollow: see note in auc.csv" in panel.get_xlabel()
    hollow = [
        line.get_xdata().tolist()
        for line in panel.get_lines()
        if line.get_markerfacecolor() == "white" and len(line.get_xdata())
    ]
    assert hollow == [[pytest.approx(rows[0]["value"])]]
