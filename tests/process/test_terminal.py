"""Tests of what the log says on a terminal, in a process of its own."""

import subprocess
import sys

import pytest

from tests.conftest import ROOT

CODE = """
import logging
from absl import logging as absl_logging
from transfusion_tf.process import terminal
terminal.start_logging()
absl_logging.warning("12 images are %s.", "left out")
absl_logging.info("a detail")
tensorflow = logging.getLogger("tensorflow")
tensorflow.warning("5 out of the last 5 calls to f triggered tf.function "
                   "retracing. Tracing is expensive")
tensorflow.error("bad")
"""


def test_lines_of_the_log():
    done = subprocess.run(
        [sys.executable, "-c", CODE], capture_output=True, text=True, cwd=ROOT
    )
    assert done.stdout == ""
    assert done.stderr == "warning: 12 images are left out.\nerror: bad\n"


@pytest.mark.parametrize(
    "script",
    [
        "analyze_filters",
        "analyze_gain",
        "analyze_predictions",
        "analyze_representations",
    ],
)
def test_every_binary_with_runs_takes_patterns(binary, tmp_path, script):
    more = ["--similarity=x.csv"] if script == "analyze_gain" else []
    done = binary(
        f"run_scripts/{script}.py",
        f"--runs={tmp_path}/none-*",
        f"--output_dir={tmp_path / 'out'}",
        *more,
    )
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: --runs=") and "matches nothing" in line
    assert not (tmp_path / "out").exists()
