"""Holds down how many files an image, and weights, go through."""

import os
import pathlib
import re
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[1]
SCRIPT = ROOT / "tests" / "benchmarks" / "measure_ways.py"
# The most files that may hold what goes a way.
MOST_OF_AN_IMAGE, MOST_OF_WEIGHTS = 14, 9


@pytest.mark.parametrize(
    ("ways", "most"),
    [
        (("kept", "resized"), MOST_OF_AN_IMAGE),
        (("h5", "unnamed"), MOST_OF_WEIGHTS),
    ],
)
def test_few_files_are_on_a_way(ways, most):
    done = subprocess.run(
        [sys.executable, SCRIPT, *(f"--way={way}" for way in ways)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr
    counts = re.findall(r"^(\S+): (\d+) carriers", done.stdout, re.MULTILINE)
    assert [way for way, _ in counts] == list(ways)
    assert all(3 < int(count) <= most for _, count in counts), done.stdout
