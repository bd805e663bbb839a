"""The AUCs of arms, against those of their runs."""

import numpy as np
import pytest

from tests.reporting.arm_trees import make_run
from transfusion_tf.analysis import auc_table
from transfusion_tf.analysis.comparing import arm_aucs, arms, run_comparison


@pytest.fixture
def runs(tmp_path):
    def make(**settings):
        roots = [
            make_run(tmp_path / f"{seed}", seed=seed, signal=1.0, **settings)
            for seed in (0, 1)
        ]
        loaded = auc_table.load([str(root) for root in roots], "test")
        return roots, loaded

    return make


def test_means_over_seeds_of_each_threshold_and_of_all(runs):
    _, loaded = runs(task="ordinal")
    of_runs = auc_table.run(loaded).groupby("auc_of", sort=False)["value"]
    rows = arm_aucs.rows(arms.of_runs(loaded)[0])
    assert [row["auc_of"] for row in rows] == [">=mild", ">=severe", "mean"]
    for row in rows:
        values = of_runs.get_group(row["auc_of"])
        assert row["value"] == pytest.approx(values.mean())
        assert row["seed_sd"] == pytest.approx(np.std(values, ddof=1))
        seeds = list(map(float, row["seed_values"].split()))
        assert seeds == pytest.approx(list(values), abs=1e-6)
    assert rows[0]["positive"] == ">=mild" and rows[2]["positive"] == ""


def test_the_same_as_what_arms_are_judged_by(runs):
    roots, loaded = runs()
    (row,) = arm_aucs.rows(arms.of_runs(loaded)[0])
    (judged,) = run_comparison.compare(roots).arm_rows
    shared = ("arm", "value", "low", "high", "seed_sd", "num_positive", "note")
    assert {k: row[k] for k in shared} == {k: judged[k] for k in shared}


def test_one_class_only(runs):
    _, loaded = runs(num=(0, 20))
    (row,) = arm_aucs.rows(arms.of_runs(loaded)[0])
    assert row["value"] is None and row["seed_values"] == ""
    assert "no positive image among 20" in row["note"]
