"""Calibration, thresholds and curves of runs with known predictions."""

import numpy as np
import pytest
from sklearn import metrics

from tests.reporting.arm_trees import make_run
from transfusion_tf.analysis import auc_table, probability_tables
from transfusion_tf.metrics import calibration
from transfusion_tf.reporting.figures import calibration as diagrams
from transfusion_tf.reporting.figures import curves


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    root = tmp_path_factory.mktemp("runs")
    patients = np.array([f"p{i // 2}" for i in range(120)])
    roots = [
        make_run(root / "two", seed=0, signal=1.0, patients=patients),
        make_run(root / "grades", seed=1, signal=1.0, task="ordinal"),
    ]
    return auc_table.load(roots, "test")


@pytest.fixture(scope="module")
def found(loaded):
    return probability_tables.run(loaded)


def test_a_row_for_each_question(found):
    table = found["calibration"]
    assert tuple(table.columns) == probability_tables.CALIBRATION_COLUMNS
    assert list(table["auc_of"]) == ["yes", ">=mild", ">=severe"]
    assert list(table["num_patients"].fillna(0)) == [60, 0, 0]


def test_numbers_are_those_of_the_saved_predictions(found, loaded):
    scored = loaded[0].predictions
    row = found["calibration"].iloc[0]
    assert row["average_precision"] == pytest.approx(
        metrics.average_precision_score(scored.labels, scored.scores[:, 1])
    )
    assert row["prevalence"] == 0.5
    alone = calibration.measure(
        scored.labels, scored.scores[:, 1], scored.patients
    )
    assert (row["slope"], row["slope_low"]) == (
        alone.slope.value,
        alone.slope.low,
    )
    assert row["ece"] == alone.ece


def test_grades_are_asked_as_their_aucs_are(found, loaded):
    scored = loaded[1].predictions
    row = found["calibration"].iloc[1]
    at_least = scored.scores[:, 1:].sum(axis=1)
    assert row["brier"] == pytest.approx(
        np.mean((at_least - (scored.labels >= 1)) ** 2)
    )


def test_bins_hold_all_images(found):
    bins = found["calibration_bins"]
    assert tuple(bins.columns) == probability_tables.BIN_COLUMNS
    assert (bins.groupby(["run", "auc_of"])["count"].sum() == 120).all()


def test_operating_points_reach_what_was_asked(found):
    points = found["operating_points"]
    assert len(points) == 3 * 2 * len(probability_tables.ASKED)
    assert (points["reached"] >= points["asked"] - 1e-12).all()
    assert (points["low"] <= points["value"]).all()
    assert (points["value"] <= points["high"]).all()


def test_curves_have_their_ends_and_few_corners(found, monkeypatch, loaded):
    roc = found["curves"].query("run == 'two' and curve == 'roc'")
    assert (roc["x"].iloc[0], roc["x"].iloc[-1]) == (0, 1)
    monkeypatch.setattr(probability_tables, "_MAX_CORNERS", 5)
    few = probability_tables.run(loaded[:1])["curves"]
    assert len(few) < len(found["curves"].query("run == 'two'")) / 3
    roc = few.query("curve == 'roc'")
    assert (roc["x"].iloc[0], roc["x"].iloc[-1]) == (0, 1)


def test_panels_and_lines(found):
    figure = diagrams.diagrams(found["calibration_bins"])
    titles = [axes.get_title("left") for axes in figure.axes]
    assert [title.split("\n")[0] for title in titles] == [
        "cbr_tiny: yes",
        "cbr_tiny: >=mild",
        "cbr_tiny: >=severe",
    ]
    assert "60 patients" in titles[0]
    figure = curves.draw(found["curves"])
    shown = [axes for axes in figure.axes if axes.get_visible()]
    assert len(shown) == 6
    assert {axes.get_ylabel() for axes in shown} == {"sensitivity", "precision"}


def test_one_class_is_a_note(tmp_path):
    root = make_run(tmp_path / "a", seed=0, signal=1.0, num=(9, 0))
    found = probability_tables.run(auc_table.load([root], "test"))
    (row,) = found["calibration"].to_dict("records")
    assert "only positives" in row["note"] and np.isnan(row["slope"])
    assert len(found["curves"]) == 0
    assert found["operating_points"]["value"].isna().all()
