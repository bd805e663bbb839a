"""Job scripts, run by bash with a stand-in for sbatch."""

import os
import pathlib
import subprocess
import sys
import types

import pytest

from transfusion_tf.study import array_jobs

# Notes the words that it is given, one a line, and a blank one.
NOTE = "import sys; open('words', 'a').write('\\n'.join(sys.argv[1:]) + '\\n')"
COMMAND = [sys.executable, "-c", NOTE, "--a=it's", "--b=x y$HOME", "--c="]
# Says what the job's number is, as --parsable does on several clusters.
SBATCH = '#!/bin/sh\nprintf "%s " "$@" >>sbatch\necho >>sbatch\necho "7;here"\n'
SETTINGS = {"num_workers": 2, "num_threads": 3}


def cells(number, source=None):
    return [types.SimpleNamespace(source_dataset=source)] * number


@pytest.fixture
def script(tmp_path, monkeypatch):
    """A script that is written in one directory and run in another."""
    home, elsewhere = tmp_path / "the study's", tmp_path / "elsewhere"
    home.mkdir()
    elsewhere.mkdir()
    monkeypatch.chdir(home)
    path = tmp_path / "my jobs.sh"
    lines = array_jobs.write(
        path, COMMAND, cells=cells(5), num_parts=4, **SETTINGS
    )
    assert lines[0].endswith(f"then: bash '{path}'")
    (tmp_path / "sbatch").write_text(SBATCH)
    (tmp_path / "sbatch").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.chdir(elsewhere)
    return path


def run(*words, **environment):
    return subprocess.run(
        ["bash", *map(str, words)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )


def test_parts_and_tables_are_the_command_where_it_was_given(script):
    assert run("-n", script).returncode == 0
    assert run(script, "part", SLURM_ARRAY_TASK_ID="3").returncode == 0
    assert run(script, "tables").returncode == 0
    words = script.parent / "the study's" / "words"
    assert words.read_text().splitlines() == [
        *("--a=it's", "--b=x y$HOME", "--c=", "--part=3/4"),
        *("--a=it's", "--b=x y$HOME", "--c="),
    ]


def test_submitted_are_an_array_and_what_waits_for_it(script):
    assert run(f"../{script.name}").returncode == 0
    array, tables = (
        (script.parent / "the study's" / "sbatch").read_text().splitlines()
    )
    assert array.split()[:2] == ["--parsable", "--array=1-4"]
    assert array.strip().endswith(f"{script} part")
    assert tables.split()[0] == "--dependency=afterany:7"
    assert tables.strip().endswith(f"{script} tables")


def test_sources_are_trained_by_an_array_of_their_own(script, monkeypatch):
    both = script.with_name("both.sh")
    monkeypatch.chdir(script.parent / "the study's")
    array_jobs.write(
        both, COMMAND, cells=cells(5, "data"), num_parts=4, **SETTINGS
    )
    assert run("-n", both).returncode == 0
    assert run(both).returncode == 0
    sources, runs, tables = (
        line.split()[:3]
        for line in pathlib.Path("sbatch").read_text().splitlines()
    )
    assert sources[:2] == ["--parsable", "--array=1-4"]
    assert runs == ["--parsable", "--dependency=afterany:7", "--array=1-4"]
    assert tables[0] == "--dependency=afterany:7"


def test_resources_are_those_of_the_runs_at_a_time(script):
    lines = script.read_text().splitlines()
    # Directives behind the first command are not read.
    head = lines[: lines.index("set -euo pipefail")]
    found = [line for line in head if line.startswith("#SBATCH")]
    assert "#SBATCH --job-name=my_jobs" in found
    assert "#SBATCH --cpus-per-task=6" in found
    assert "#SBATCH --mem=6G" in found


def test_mistakes(script, tmp_path):
    done = run(script, "prat")
    assert done.returncode == 2 and "Received: prat" in done.stderr
    before = script.read_text()
    for path, parts, message in (
        (script, 2, "there is such a file"),
        (tmp_path / "other", 6, "at most 5, the number of runs"),
    ):
        with pytest.raises(ValueError, match=message):
            array_jobs.write(
                path, COMMAND, cells=cells(5), num_parts=parts, **SETTINGS
            )
    assert script.read_text() == before and not (tmp_path / "other").exists()
    with pytest.raises(OSError, match="none/jobs.sh"):
        array_jobs.write(
            tmp_path / "none" / "jobs.sh",
            COMMAND,
            cells=cells(20),
            num_parts=None,
            **SETTINGS,
        )


def test_by_default_no_more_than_sixteen_jobs(tmp_path):
    for number, expected in ((3, 3), (40, 16)):
        path = tmp_path / f"{expected}.sh"
        array_jobs.write(
            path, COMMAND, cells=cells(number), num_parts=None, **SETTINGS
        )
        assert f"--array=1-{expected} " in path.read_text()
