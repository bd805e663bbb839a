"""Tests of patterns for --runs."""

import pytest

from transfusion_tf.runs import globs
from transfusion_tf.runs.directory import RunDir


@pytest.fixture
def runs(tmp_path):
    for name in ("random-1", "random-0", "deep/random-2", "pretrained-0"):
        folder = tmp_path / name
        folder.mkdir(parents=True)
        (folder / "config.json").write_text("{}")
    (tmp_path / "random-notes").mkdir()
    (tmp_path / "random.csv").write_text("")
    return tmp_path


def names(folder, found):
    return [path.removeprefix(f"{folder}/") for path in found]


@pytest.mark.parametrize(
    "patterns, expected",
    [
        (["random-*"], ["random-0", "random-1"]),
        (
            ["pretrained-0", "random-?"],
            ["pretrained-0", "random-0", "random-1"],
        ),
        (["**/random-[02]"], ["deep/random-2", "random-0"]),
        (["random-*", "random-0*"], ["random-0", "random-1"]),
        # A path is taken as it is, also where it is none, or given twice.
        (["random-0", "random-0", "x"], ["random-0", "random-0", "x"]),
    ],
)
def test_patterns(runs, patterns, expected):
    found = globs.expanded([f"{runs}/{pattern}" for pattern in patterns])
    assert names(runs, found) == expected


def test_a_folder_whose_name_looks_like_a_pattern(runs):
    (runs / "lr[0.1]").mkdir()
    assert globs.expanded([f"{runs}/lr[0.1]"]) == [f"{runs}/lr[0.1]"]


@pytest.mark.parametrize(
    "pattern, message",
    [("none*", "matches nothing"), ("*.csv", "matches 1 paths, and no run")],
)
def test_patterns_without_a_run(runs, pattern, message):
    with pytest.raises(FileNotFoundError, match=message) as raised:
        globs.expanded([f"{runs}/{pattern}"])
    assert "\n" not in str(raised.value)
    # cli prints it as it stands.
    assert raised.value.strerror is None


def test_paths_and_runs_are_taken_as_they_are(runs):
    given = [runs / "random-0", RunDir(runs / "pretrained-0")]
    found = globs.expanded(given)
    assert names(runs, found) == ["random-0", "pretrained-0"]
