"""The threshold that a run has chosen on val."""

import json
import shutil

import numpy as np
import pytest

from transfusion_tf.reporting import text
from transfusion_tf.runs import decisions, predictions
from transfusion_tf.runs.directory import RunDir
from transfusion_tf.study.report.findings import warnings


@pytest.fixture
def run(tiny_runs, tmp_path):
    return RunDir(shutil.copytree(tiny_runs[0], tmp_path / "run"))


def change_metrics(run, **changed):
    metrics = {**json.loads(run.metrics.read_text()), **changed}
    kept = {k: v for k, v in metrics.items() if v is not None}
    run.metrics.write_text(json.dumps(kept))


def test_metrics_keep_the_threshold_of_the_largest_balanced_accuracy(run):
    (value,) = decisions.thresholds(run, "multiclass", ("0", "1"))
    scored, _ = predictions.read(run.predictions("val"))
    positive, scores = scored.labels == 1, scored.scores[:, 1].astype(float)

    def balanced(threshold):
        passed = scores >= threshold
        return (passed[positive].mean() + (~passed)[~positive].mean()) / 2

    best = max(balanced(score) for score in scores)
    assert balanced(value) == pytest.approx(best)
    kept = run.read_metrics()["decision"]
    assert kept["rule"] == "threshold" and kept["thresholds"][0]["name"] == "1"
    assert kept["thresholds"][0]["value"] == value


def test_of_earlier_runs_it_is_found_from_their_predictions(run):
    kept = decisions.thresholds(run, "multiclass", ("0", "1"))
    change_metrics(run, decision=None)
    assert decisions.thresholds(run, "multiclass", ("0", "1")) == kept
    saved = run.predictions("val").read_text()
    run.predictions("val").write_text(saved.replace("\r\n", "0\r\n", 2))
    with pytest.raises(ValueError, match="val.csv is damaged"):
        decisions.thresholds(run, "multiclass", ("0", "1"))


@pytest.mark.parametrize(
    "decision",
    [
        {"thresholds": []},
        {"thresholds": [{"value": 3}]},
        {"thresholds": ["a"]},
        ["a"],
    ],
)
def test_what_is_no_decision_is_refused(run, decision):
    change_metrics(run, decision=decision)
    with pytest.raises(ValueError, match="its decision is .* --threshold"):
        decisions.thresholds(run, "multiclass", ("0", "1"))


def test_many_classes_have_none(run):
    none = {"rule": "most probable class", "thresholds": []}
    change_metrics(run, decision=none)
    assert decisions.thresholds(run, "ordinal", ("0", "1")) == ()
    assert not np.any(decisions.thresholds(run, "multiclass", "abc"))


def test_readers_of_metrics_take_no_decision_for_a_split(run):
    said = list(warnings._of_run(run))
    assert len(said) == len(set(said))
    assert not any("on decision" in line for line in said)
    lines = text.run_summary(run).splitlines()
    assert (
        sum(line.startswith(("test: AUC", "val: AUC")) for line in lines) == 2
    )
