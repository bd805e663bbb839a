"""The binary end to end: a small study, and what trains nothing."""

import importlib.util
import json
import shutil
import subprocess
import sys

import pytest

from transfusion_tf import tables

SCRIPT = "run_scripts/run_study.py"
TABLES = (
    "arms.csv",
    "comparisons.csv",
    "remarks.csv",
    "comparisons.png",
    "verdict.json",
)
GRID = (
    "--models=cbr_tiny@conv1",  # To trace more would show no more.
    "--inits=random,gabor,pretrained",
    "--weights=imagenet",
    "--learning_rates=1e-3",
    "--steps=2",
    "--batch_size=8",
    "--snapshots=0",
    "--optimizer=sgd",
)


@pytest.fixture(scope="module")
def study(binary, tiny_dataset, tmp_path_factory):
    """The directory of a study of two runs, and what the binary has said."""
    folder = tmp_path_factory.mktemp("studies")
    toml = folder / "study.toml"
    toml.write_text(f'dataset = "{tiny_dataset}"\nseeds = 7\nmargin = 0.02\n')
    given = (f"--study={toml}", "--seeds=1", f"--study_dir={folder / 'study'}")
    # One worker for both runs: each takes seconds to start.
    return folder / "study", binary(SCRIPT, *given, *GRID, "--num_workers=1")


def test_from_records_to_verdicts(study):
    root, done = study
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[-len(TABLES) - 1 :] == [
        *(str(root / name) for name in TABLES),
        str(root / "study.csv"),
    ]
    assert "cbr_tiny@conv1 gabor against cbr_tiny@conv1 random: " in done.stdout
    assert "left out: cbr_tiny@conv1 pretrained: no weights" in done.stdout
    assert "warning: All arms had the learning rate 0.001" in done.stdout
    assert len(tables.read(root / "study.csv")) == 2
    assert json.loads((root / "verdict.json").read_text())["margin"] == 0.02
    run = next((root / "runs").iterdir())
    settings = json.loads((run / "config.json").read_text())["config"]
    assert settings["train"]["num_threads"] == 1


def test_a_job_script_trains_in_parts(binary, tiny_dataset, study, tmp_path):
    root, script = tmp_path / "study", tmp_path / "jobs.sh"
    shutil.copytree(study[0], root)
    # What is left to train is of the second part alone.
    left = root / "runs" / tables.read(root / "study.csv")["run"][1]
    shutil.rmtree(left)
    given = (f"--dataset={tiny_dataset}", "--seeds=1", f"--study_dir={root}")
    written = (f"--slurm={script}", "--num_parts=2")
    done = binary(SCRIPT, *given, *GRID, *written)
    assert done.returncode == 0, done.stderr
    assert "2 runs in 2 jobs" in done.stdout
    # Its Python only notes what it is to run.
    note = tmp_path / "python"
    note.write_text('#!/bin/sh\nprintf "%s\\n" "$@" >"$0.words"\n')
    note.chmod(0o755)
    script.write_text(script.read_text().replace(sys.executable, str(note)))
    for job, number, is_complete in (
        ("part", "1", False),
        ("part", "2", True),
        ("tables", "", True),
    ):
        assert left.exists() == (job == "tables")
        (root / "study.csv").unlink(missing_ok=True)
        subprocess.run(
            ["bash", script, job], env={"SLURM_ARRAY_TASK_ID": number}
        )
        words = (tmp_path / "python.words").read_text().splitlines()
        done = binary(*words)
        assert done.returncode == 0, done.stderr
        assert (root / "study.csv").exists() == is_complete
    done = binary(SCRIPT, *given, *GRID, *written)
    assert done.returncode == 2
    assert "there is such a file" in done.stderr


def test_plan_and_dry_run_train_nothing(binary, tiny_dataset, tmp_path):
    given = (f"--dataset={tiny_dataset}", "--seeds=2", *GRID)
    done = binary(SCRIPT, *given, "--plan", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "A margin of 0.01 cannot be shown at any of these AUCs" in (
        done.stdout
    )
    done = binary(SCRIPT, *given, "--dry_run", "--num_workers=2", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "cbr_tiny@conv1-gabor-all-lr0.001-seed1" in done.stdout
    assert "4 runs, 2 at a time with 1 thread(s) each: about" in done.stdout
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["--inits=random"], "Give --study_dir=DIR"),
        (["--study=none.toml"], "--study=none.toml: there is no such file"),
        (["--part=3/2", "--study_dir=s"], "--part must be I/N"),
        (["--num_parts=2", "--study_dir=s"], "goes with --slurm"),
        (
            ["--slurm=f", "--part=1/2", "--study_dir=s"],
            "--part=1/2 goes with a study that is trained here",
        ),
        (["--models=cbr_huge", "--study_dir=s"], "Unknown model 'cbr_huge'"),
        (["--weights=none", "--study_dir=s"], "--weights=none: there is no"),
        (
            ["--dataset=none", "--inits=random", "--study_dir=s"],
            "none holds no records",
        ),
        (["--seed=3", "--study_dir=s"], "Unknown command line flag 'seed'"),
    ],
)
def test_mistakes_are_one_line(binary, tmp_path, arguments, message):
    done = binary(SCRIPT, *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr and done.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(
    importlib.util.find_spec("ray") is not None, reason="Ray is installed"
)
def test_ray_that_is_not_installed_is_one_line(binary, tmp_path):
    given = ("--inits=random", "--study_dir=s", "--executor=ray")
    done = binary(SCRIPT, *given, cwd=tmp_path)
    assert done.returncode == 2
    assert "pip install 'transfusion_tf[ray]'" in done.stderr
    assert done.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir())
