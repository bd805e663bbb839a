"""Comparisons of a study: chosen rates only, and within a number of images."""

import dataclasses
import json

import pytest

from tests.reporting.arm_trees import make_run
from transfusion_tf import tables
from transfusion_tf.study import grid, summary
from transfusion_tf.study.cell_state import FAILED, FINISHED, CellState
from transfusion_tf.study.directory import StudyDir
from transfusion_tf.study.spec import StudyConfig

SIGNAL = {"random": 0.6, "gabor": 3.0, "transfusion": 1.0}


@pytest.fixture
def write(tmp_path):
    """Writes the tables of a study whose runs were not trained."""
    source = tmp_path / "source"
    source.mkdir()

    def make(failed=(), better=None, **values):
        config = StudyConfig.from_values(
            {
                "inits": "random,gabor,transfusion:conv1",
                "weights": str(source),
                "seeds": 2,
                "train_sizes": "50,all",
                "learning_rates": "1e-2,1e-3",
                **values,
            }
        )
        cells, _ = grid.cells(config)
        study = StudyDir(tmp_path / "study").make()
        states = [
            _made(study, cell, cell.name in failed, better) for cell in cells
        ]
        lines = summary.write(study, config, cells, states)
        return study.root, "\n".join(lines)

    return make


def _made(study, cell, is_failed, better):
    """State of a cell; `better`: {fold: learning rate}, or 1e-3 everywhere."""
    if is_failed:
        return CellState(status=FAILED, reason="no memory")
    scheme = cell.config.init.scheme
    # The rate that is worse on val is the better one on test.
    is_chosen = cell.learning_rate == (better or {}).get(cell.fold, 1e-3)
    settings = dataclasses.asdict(cell.config.init)
    make_run(
        study.run(cell).root,
        seed=cell.seed,
        signal=SIGNAL[scheme] + (not is_chosen),
        init=scheme,
        model=cell.config.model.name,
        truncate_at=cell.config.model.truncate_at,
        through=settings["through"],
        weights=settings["weights"],
        train_size=cell.train_size,
        subset_seed=cell.config.data.subset_seed,
        learning_rate=cell.learning_rate,
        num_folds=cell.config.data.num_folds,
        fold=cell.fold,
    )
    return CellState(
        status=FINISHED,
        steps=1,
        seconds=1.0,
        val_auc=0.8 if is_chosen else 0.7,
        test_auc=0.5,
    )


def test_arms_of_the_chosen_rate_with_references_of_their_size(write):
    root, text = write(seeds=3)
    table = tables.read(root / "study.csv")
    assert set(table.groupby("chosen")["learning_rate"].unique().explode()) == {
        0.01,
        0.001,
    }
    assert set(table.loc[table["chosen"] == "yes", "learning_rate"]) == {0.001}
    rows = tables.read(root / "comparisons.csv")
    assert len(rows) == 4 and set(rows["num_seeds"]) == {3}
    for _, row in rows.iterrows():
        size = row["arm"].partition("train_size=")[2]
        assert row["reference"].endswith(f"train_size={size}")
    helped = rows[rows["arm"].str.contains("gabor")]
    assert set(helped["verdict"]) == {"helps"}
    assert "0.001 is at the edge of --learning_rates" in text
    assert "learning rate 0.001: cbr_tiny random 50 images; " in text
    verdict = json.loads((root / "verdict.json").read_text())
    assert len(verdict["learning_rates"]) == 6
    first = verdict["learning_rates"][0]
    assert first == {
        "arm": "cbr_tiny random 50 images",
        "learning_rate": 0.001,
        "val_auc": pytest.approx(0.8),
        "tried": [0.001, 0.01],
    }
    (line,) = verdict["warnings"]
    assert f"warning: {line}" in text


def test_another_reference_and_a_failed_run(write):
    failed = "cbr_tiny-gabor-50-lr0.001-seed1"
    root, text = write(failed=(failed,), reference="cbr_tiny:transfusion:conv1")
    rows = tables.read(root / "comparisons.csv")
    assert len(rows) == 4
    assert all("transfusion" in name for name in rows["reference"])
    assert f"left out: {failed}: failed (no memory)" in text
    table = tables.read(root / "study.csv").set_index("run")
    # All runs of the other rate are there.
    assert table["chosen"]["cbr_tiny-gabor-50-lr0.01-seed1"] == "yes"
    assert table["reason"][failed] == "no memory"
    warnings = json.loads((root / "verdict.json").read_text())["warnings"]
    edges, failures, left_out = warnings[:-1], warnings[-2], warnings[-1]
    assert len(edges) == 3 and "1 of 24 runs failed" in failures
    assert left_out == "1 run or arm is left out; see left_out."


def test_folds_have_learning_rates_of_their_own(write):
    better = {1: 1e-2, 2: 1e-3, 3: 1e-3}
    root, text = write(
        better=better, inits="random,gabor", train_sizes="all", num_folds=3
    )
    table = tables.read(root / "study.csv")
    chosen = table[table["chosen"] == "yes"]
    assert dict(zip(chosen["fold"], chosen["learning_rate"], strict=True)) == (
        better
    )
    (row,) = tables.read(root / "comparisons.csv").to_dict("records")
    assert (row["verdict"], row["num_seeds"]) == ("helps", 2)
    arm = tables.read(root / "arms.csv").iloc[0]
    assert arm["num_folds"] == 3 and 0.5 < arm["pooled_auc"] < 1
    assert "learning rate 0.01: cbr_tiny random all images fold 1; " in text


def test_a_truncated_network_may_be_the_reference(write):
    root, _ = write(
        models="cbr_tiny,cbr_tiny@conv2",
        inits="random",
        train_sizes="all",
        reference="cbr_tiny@conv2:random",
    )
    (row,) = tables.read(root / "comparisons.csv").to_dict("records")
    assert row["arm"] == "cbr_tiny random"
    assert row["reference"] == "cbr_tiny@conv2 random"
    models = tables.read(root / "study.csv")["model"]
    assert set(models) == {"cbr_tiny", "cbr_tiny@conv2"}


def test_no_finished_run(write):
    names = [
        f"cbr_tiny-random-all-lr{rate}-seed{seed}"
        for rate in ("0.01", "0.001")
        for seed in (0, 1)
    ]
    root, text = write(failed=names, inits="random", train_sizes="all")
    assert "none of the runs is finished" in text
    assert len(tables.read(root / "study.csv")) == 4
    assert not (root / "verdict.json").is_file()
