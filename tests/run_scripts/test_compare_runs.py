"""The binary end to end, on run directories and on files of other tools."""

import json

import pytest

from tests.reporting.arm_trees import make_run
from transfusion_tf import tables
from transfusion_tf.analysis.comparing import paired_table, run_comparison
from transfusion_tf.reporting import verdict_text

SCRIPT = "run_scripts/compare_runs.py"
FILES = (
    "arms.csv",
    "comparisons.csv",
    "remarks.csv",
    "comparisons.png",
    "verdict.json",
)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    root = tmp_path_factory.mktemp("runs")
    for seed in range(3):
        make_run(root / f"random-{seed}", seed=seed, signal=0.5)
        for init, signal in (("pretrained", 3.0), ("mean_var", 0.55)):
            make_run(
                root / f"{init}-{seed}", seed=seed, signal=signal, init=init
            )
    killed = make_run(root / "random-3", seed=3, signal=0.5)
    (killed / "predictions" / "test.csv").unlink()
    return root


def test_a_verdict_in_words_tables_and_a_picture(binary, runs, tmp_path):
    done = binary(SCRIPT, f"--runs={runs}/*", f"--output_dir={tmp_path}")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[-len(FILES) :] == [str(tmp_path / name) for name in FILES]
    assert "pretrained imagenet against cbr_tiny random: helps (+0." in (
        done.stdout
    )
    assert "mean_var imagenet against cbr_tiny random: cannot tell" in (
        done.stdout
    )
    assert "left out:" in done.stdout and "random-3: no predictions" in (
        done.stdout
    )
    assert (tmp_path / "comparisons.png").read_bytes().startswith(b"\x89PNG")
    expected = run_comparison.compare([runs / "*"])
    table = tables.read(tmp_path / "comparisons.csv")
    assert tuple(table.columns) == paired_table.COLUMNS
    assert list(table["difference"]) == pytest.approx(
        [row["difference"] for row in expected.rows]
    )
    arms = tables.read(tmp_path / "arms.csv")
    assert tuple(arms.columns) == paired_table.ARM_COLUMNS and len(arms) == 3
    verdict = json.loads((tmp_path / "verdict.json").read_text())
    assert verdict["margin"] == 0.01
    by_arm = {entry["arm"]: entry for entry in verdict["comparisons"]}
    helped = by_arm["cbr_tiny pretrained imagenet"]
    assert helped["verdict"] == "helps"
    assert helped["would_settle"] == {
        "seeds": [None, None],
        "patients": [None, None],
    }
    assert {"reference", "metric", "low", "high", "p_value"} <= helped.keys()


def test_files_of_other_tools(binary, tmp_path):
    for name, scores in (("a", "1,2,3,4,5,6"), ("b", "1,3,2,4,6,5")):
        rows = [
            f"i{i},{i % 2},{score}" for i, score in enumerate(scores.split(","))
        ]
        text = "\n".join(["id,label,score", *rows])
        (tmp_path / f"{name}.csv").write_text(text)
    done = binary(
        SCRIPT,
        f"--predictions={tmp_path}/a.csv,{tmp_path}/b.csv",
        f"--output_dir={tmp_path}/out",
    )
    assert done.returncode == 0, done.stderr
    assert "b against a: cannot tell with this much data" in done.stdout


@pytest.mark.parametrize(
    "arguments, message",
    [
        (
            ["--output_dir=out"],
            "Give --runs=RUN,RUN (directories, globs or studies)",
        ),
        (["--runs=a", "--predictions=b"], "Give --runs=RUN,RUN"),
        (["--runs=none*", "--output_dir=out"], "--runs=none* matches nothing"),
        (["--runs=a", "--output_dir=out"], "a: no predictions of test"),
        (["--runs={runs}/*", "--output_dir=o", "--margin=5"], "--margin must"),
    ],
)
def test_mistakes_are_one_line(binary, runs, tmp_path, arguments, message):
    arguments = [a.replace("{runs}", str(runs)) for a in arguments]
    done = binary(SCRIPT, *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr and done.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_what_would_settle_is_said_as_a_range():
    row = {"verdict": "cannot_tell", "num_patients": None}
    row |= {f"settled_by_seeds_{end}": None for end in ("from", "to")}
    row |= {f"settled_by_patients_{end}": None for end in ("from", "to")}
    assert verdict_text.settles(row) == "out of reach"
    row |= {"settled_by_seeds_from": 8, "settled_by_seeds_to": 90}
    assert verdict_text.settles(row) == "8 to 90 seeds"
    row |= {"settled_by_patients_from": 700, "num_patients": 300}
    assert verdict_text.settles(row) == "8 to 90 seeds or 700 or more patients"
    assert verdict_text.settles({**row, "verdict": "helps"}) == ""
