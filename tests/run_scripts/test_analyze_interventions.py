"""The binary analyze_interventions.py on two tiny runs."""

import pytest

from tests.run_scripts import outputs
from transfusion_tf import names
from transfusion_tf.analysis.interventions import (
    barrier,
    registry,
    resilience,
)
from transfusion_tf.reporting import intervention_report

SCRIPT = "run_scripts/analyze_interventions.py"


@pytest.fixture(scope="module")
def analyze(binary, tiny_runs):
    """analyze(output_dir, flags...) of the two tiny runs."""

    def run(output_dir, *flags):
        runs = ",".join(map(str, tiny_runs))
        return binary(
            SCRIPT, f"--runs={runs}", f"--output_dir={output_dir}", *flags
        )

    return run


def test_resilience(analyze, tmp_path):
    done = analyze(tmp_path, "--draws=1", "--alphas=0.5", "--max_images=40")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith(
        "cbr_tiny random, one stage back at its start: most is lost at conv"
    )
    assert lines[3:] == [
        str(tmp_path / name)
        for name in (
            "resilience.csv",
            "resilience_arms.csv",
            "resilience.png",
            "resilience_path.png",
        )
    ]
    columns = {
        "resilience": resilience.COLUMNS,
        "resilience_arms": resilience.ARM_COLUMNS,
    }
    outputs.check_tables(tmp_path, columns)
    for name in ("resilience", "resilience_path"):
        outputs.check_picture(tmp_path / f"{name}.png")


def test_barrier(analyze, tmp_path):
    done = analyze(
        tmp_path, "--view=barrier", "--alphas=0.5", "--max_images=40"
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith(
        "Between seeds of cbr_tiny random (1 pair, channels as trained): "
    )
    columns = {
        "barrier": barrier.COLUMNS,
        "barrier_heights": barrier.HEIGHT_COLUMNS,
        "barrier_arms": barrier.ARM_COLUMNS,
    }
    outputs.check_tables(tmp_path, columns)
    for name in ("barrier", "barrier_arms"):
        outputs.check_picture(tmp_path / f"{name}.png")


@pytest.mark.parametrize(
    "flags, message",
    [
        (
            ["--view=barrier", "--draws=1"],
            "--draws goes with --view=res",
        ),
        (["--view=barrier", "--alphas=1"], "--alphas must be in [0, 1)"),
        (["--alphas=half"], "--alphas must be numbers. Received: 'half'"),
        (["--pairs=all"], "--pairs goes with --view=barrier"),
        (["--margin=0"], "--margin must be in"),
    ],
)
def test_flags_that_cannot_be_are_one_line(analyze, tmp_path, flags, message):
    done = analyze(tmp_path, *flags)
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_every_view_is_in_every_list():
    known = set(names.INTERVENTIONS)
    assert known == set(registry.VIEWS) == set(intervention_report.VIEWS)
