"""The binary end to end, on two real runs."""

import numpy as np
import pytest

from transfusion_tf import tables
from transfusion_tf.analysis import auc_table, error_agreement
from transfusion_tf.metrics.agreement import NUM_RESAMPLES

SCRIPT = "run_scripts/analyze_predictions.py"
OF_ONE_RUN = (
    "auc.csv",
    "auc.png",
    "calibration.csv",
    "operating_points.csv",
    "decisions.csv",
    "calibration_bins.csv",
    "calibration_bins.png",
    "curves.csv",
    "curves.png",
)
OF_TWO_RUNS = (
    "agreement.csv",
    "agreement.png",
    "disagreement_by_class.csv",
    "disagreement_by_class.png",
)


def test_it_writes_all_tables_and_pictures(binary, tiny_runs, tmp_path):
    done = binary(
        SCRIPT,
        f"--runs={tiny_runs[0]},{tiny_runs[1]},{tiny_runs[0]}",
        f"--output_dir={tmp_path}",
        "--num_resamples=200",
        "--seed=5",
    )
    assert done.returncode == 0, done.stderr
    paths = [tmp_path / name for name in (*OF_ONE_RUN, *OF_TWO_RUNS)]
    assert done.stdout.splitlines() == [str(path) for path in paths]
    for path in paths:
        is_picture = path.read_bytes().startswith(b"\x89PNG")
        assert is_picture == (path.suffix == ".png")
    assert len(tables.read(tmp_path / "auc.csv")) == 3
    # What is written is what the library computes with these settings.
    loaded = auc_table.load([*tiny_runs, tiny_runs[0]], "test")
    pairs, _ = error_agreement.comparable_pairs(loaded)
    rows, _ = error_agreement.rows(pairs, num_resamples=200, seed=5)
    table = tables.read(tmp_path / "agreement.csv")
    # After six steps a network may know one class only, and has no kappa.
    expected = np.array([row["value"] for row in rows], float)
    np.testing.assert_allclose(table["value"], expected)
    assert list(table["low"].dropna()) == pytest.approx(
        [row["low"] for row in rows if row["low"] is not None]
    )
    twice = table[table["run"].str.endswith("seed0")]
    twice = twice[twice["other_run"].str.endswith("seed0#2")]
    kappa = twice[twice["measure"] == "kappa"].iloc[0]
    assert "predictions twice" in kappa["note"]
    assert kappa["value"] == 1 or "one class for every image" in kappa["note"]


def test_one_run_has_an_auc_alone(binary, tiny_runs, tmp_path):
    done = binary(SCRIPT, f"--runs={tiny_runs[0]}", f"--output_dir={tmp_path}")
    assert done.returncode == 0, done.stderr
    assert "No agreement of errors: it takes two runs." in done.stdout
    assert {path.name for path in tmp_path.iterdir()} == set(OF_ONE_RUN)


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["--output_dir=out"], "Give --runs=RUN,RUN (or --predictions=A.csv"),
        (["--runs=a", "--output_dir=out"], "a is not a run directory"),
        (["--runs=a", "--num_resamples=5"], "--num_resamples=5"),
        (
            ["--runs=a", "--output_dir=out", "--num_resamples=200"],
            "--num_resamples=200 goes with several --runs",
        ),
    ],
)
def test_mistakes_are_one_line(binary, tmp_path, arguments, message):
    done = binary(SCRIPT, *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr and done.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_help_tells_the_librarys_default(binary):
    done = binary(SCRIPT, "--help")
    assert done.returncode == 0
    assert f"agreement (default: {NUM_RESAMPLES})" in done.stdout
