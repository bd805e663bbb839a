"""Arms whose seeds have a run in each fold."""

import numpy as np
import pytest

from tests.reporting.arm_trees import make_run
from transfusion_tf.analysis.comparing import run_comparison
from transfusion_tf.metrics import auc
from transfusion_tf.runs.predictions import read as read_predictions


def make_folds(root, *, seeds=2, num_folds=3, **options):
    return [
        make_run(
            root / f"{options.get('init', 'random')}-{seed}-{fold}",
            seed=seed,
            num_folds=num_folds,
            fold=fold,
            num=(20, 20),
            **options,
        )
        for seed in range(seeds)
        for fold in range(1, num_folds + 1)
    ]


@pytest.fixture
def folded(tmp_path):
    return [
        *make_folds(tmp_path, signal=0.5),
        *make_folds(tmp_path, signal=3.0, init="pretrained"),
    ]


def test_folds_are_averaged_and_pooled_beside(folded):
    found = run_comparison.compare(folded)
    (row,) = found.rows
    assert row["verdict"] == "helps" and row["num_images"] == 120
    assert row["metric"] == "AUC of yes, mean over 3 folds"
    (arm, _) = found.arm_rows
    assert (arm["num_folds"], arm["num_seeds"]) == (3, 2)
    read = [
        read_predictions(path / "predictions" / "test.csv")[0]
        for path in folded[:6]
    ]
    each = [auc.auc(scored.labels, scored.scores[:, 1]) for scored in read]
    assert arm["value"] == pytest.approx(np.mean(each))
    pooled = [
        auc.auc(
            np.concatenate([scored.labels for scored in of_seed]),
            np.concatenate([scored.scores[:, 1] for scored in of_seed]),
        )
        for of_seed in (read[:3], read[3:])
    ]
    assert arm["pooled_auc"] == pytest.approx(np.mean(pooled))
    assert arm["pooled_auc"] != pytest.approx(arm["value"], abs=1e-6)
    assert found.left_out == [] and found.warnings == []


def test_a_seed_that_lacks_folds_is_left_out(folded):
    found = run_comparison.compare([p for p in folded if p != folded[4]])
    (line,) = found.left_out
    assert line.startswith("cbr_tiny random, seed 1: runs of 2 of 3 folds")
    (row,) = found.rows
    assert (row["num_reference_seeds"], row["num_seeds"]) == (1, 2)
    with pytest.raises(ValueError, match="nothing to compare: .* 1 of 3 fol"):
        run_comparison.compare(folded[:1])


def test_runs_with_other_folds_are_refused(folded, tmp_path):
    plain = make_run(tmp_path / "plain", seed=0, signal=1.0, num=(20, 20))
    for others, which in (
        ([plain], "no folds"),
        (make_folds(tmp_path / "more", signal=1.0, num_folds=4), "4 folds"),
    ):
        with pytest.raises(ValueError, match="have the same folds") as error:
            run_comparison.compare([*folded, *others])
        assert which in str(error.value) and "3 folds" in str(error.value)
    with pytest.raises(ValueError, match="same run .* seed 0, fold 1"):
        twice = make_folds(tmp_path / "twice", signal=0.5, seeds=1)
        run_comparison.compare([*folded[:6], twice[0]])
