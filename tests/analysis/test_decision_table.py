"""decisions.csv of runs with known predictions."""

import numpy as np
import pytest
from sklearn import metrics

from tests.reporting.arm_trees import make_run
from transfusion_tf.analysis import auc_table, decision_table
from transfusion_tf.runs.directory import RunDir


@pytest.fixture(scope="module")
def roots(tmp_path_factory):
    root = tmp_path_factory.mktemp("runs")
    two = make_run(root / "two", seed=0, signal=1.0)
    RunDir(two).predictions("val").write_bytes(
        RunDir(make_run(root / "b", seed=5, signal=1.0))
        .predictions("test")
        .read_bytes()
    )
    return [two, make_run(root / "grades", seed=1, signal=1.0, task="ordinal")]


@pytest.fixture(scope="module")
def table(roots):
    return decision_table.run(auc_table.load(roots, "test"))


def value(table, **where):
    for column, wanted in where.items():
        table = table[table[column] == wanted]
    (found,) = table["value"]
    return found


def test_numbers_are_those_of_scikit_learn(table, roots):
    assert tuple(table.columns) == decision_table.COLUMNS
    two, grades = (run.predictions for run in auc_table.load(roots, "test"))
    assert value(
        table, run="two", chosen_by="one half", measure="balanced_accuracy"
    ) == pytest.approx(
        metrics.balanced_accuracy_score(two.labels, two.scores[:, 1] >= 0.5)
    )
    assert value(
        table, run="two", chosen_by="one half", measure="sensitivity"
    ) == pytest.approx(
        metrics.recall_score(two.labels, two.scores[:, 1] >= 0.5)
    )
    assert value(table, auc_of="all classes") == pytest.approx(
        metrics.balanced_accuracy_score(
            grades.labels, grades.scores.argmax(axis=1)
        )
    )


def test_the_threshold_is_that_of_val(table, roots):
    (val,) = auc_table.load(roots[:1], "val")
    labels, scores = val.predictions.labels, val.predictions.scores[:, 1]
    own = table[(table["run"] == "two") & (table["chosen_by"] == "val")]
    (threshold,) = set(own["threshold"])
    rates = [
        metrics.balanced_accuracy_score(labels, scores >= at)
        for at in [threshold, *scores]
    ]
    assert rates[0] == max(rates)
    assert list(own["measure"]) == [
        "balanced_accuracy",
        "sensitivity",
        "specificity",
    ]


def test_without_val_there_is_a_note(table, roots):
    rows = table[(table["run"] == "grades") & (table["chosen_by"] == "val")]
    assert len(rows) == 2 and rows["value"].isna().all()
    assert rows["note"].str.startswith("no threshold of val").all()
    on_val = decision_table.run(auc_table.load(roots[:1], "val"))
    assert np.isnan(value(on_val, chosen_by="val", measure="balanced_accuracy"))
