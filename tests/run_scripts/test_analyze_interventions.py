"""The binary analyze_interventions.py on two tiny runs."""

import pathlib

import pytest

from tests.run_scripts import outputs
from transfusion_tf import names, tables
from transfusion_tf.analysis.interventions import (
    barrier,
    criticality_tables,
    probe_tables,
    registry,
    resilience,
    shortcut_tables,
)
from transfusion_tf.analysis.interventions.options import InterventionOptions
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
    done = analyze(
        tmp_path,
        "--draws=1",
        "--alphas=0.5",
        "--noise=0.1",
        "--max_images=40",
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith(
        "cbr_tiny random, one stage back at its start: most is lost at conv"
    )
    assert lines[3].startswith("cbr_tiny random, criticality of stages, losing")
    assert lines[4:] == [
        str(tmp_path / name)
        for name in (
            "resilience.csv",
            "resilience_arms.csv",
            "criticality.csv",
            "criticality_arms.csv",
            "resilience.png",
            "resilience_path.png",
            "criticality.png",
        )
    ]
    columns = {
        "resilience": resilience.COLUMNS,
        "resilience_arms": resilience.ARM_COLUMNS,
        "criticality": criticality_tables.COLUMNS,
        "criticality_arms": criticality_tables.ARM_COLUMNS,
    }
    outputs.check_tables(tmp_path, columns)
    for name in ("resilience", "resilience_path", "criticality"):
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


def test_shortcut(analyze, tmp_path):
    done = analyze(
        tmp_path,
        "--view=shortcut",
        "--blocks=2,5",
        "--low_pass=0.1",
        "--high_pass=",
        "--max_images=40",
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("cbr_tiny random, AUC 0.")
    assert "high-pass" not in lines[0]
    assert [pathlib.Path(line).name for line in lines[1:]] == [
        "shortcut.csv",
        "shortcut_arms.csv",
        "shortcut_contrasts.csv",
        "shortcut.png",
        "shortcut_images.png",
    ]
    outputs.check_tables(
        tmp_path,
        {
            "shortcut": shortcut_tables.COLUMNS,
            "shortcut_arms": shortcut_tables.ARM_COLUMNS,
        },
    )
    table = tables.read(tmp_path / "shortcut.csv")
    assert len(table) == 2 * 3
    # Images of 16 pixels: 2 blocks of 8, and 5 of 3 with a rim of 1.
    assert list(table["pixels"])[:3] == [8, 3, 1.6]
    assert (table["num_images"] == 40).all()
    # Nothing to compare: both runs are of one arm.
    assert tables.read(tmp_path / "shortcut_contrasts.csv").empty
    for name in ("shortcut", "shortcut_images"):
        outputs.check_picture(tmp_path / f"{name}.png")


def test_probes(analyze, tmp_path):
    done = analyze(
        tmp_path,
        "--view=probes",
        "--draws=1",
        "--max_images=40",
        "--max_probe_images=60",
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("Random weights: the linear probe peaks at conv")
    assert lines[1].startswith("cbr_tiny random, trained: the linear probe")
    columns = {
        "probes": probe_tables.COLUMNS,
        "probes_arms": probe_tables.ARM_COLUMNS,
        "probes_peaks": probe_tables.PEAK_COLUMNS,
    }
    outputs.check_tables(tmp_path, columns)
    outputs.check_picture(tmp_path / "probes.png")


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
        (["--blocks=2"], "--blocks goes with --view=shortcut"),
        (["--noise=0.1,0"], "--noise must be positive shares"),
        (["--neighbours=2"], "--neighbours goes with --view=probes"),
        (
            ["--view=shortcut", "--blocks=2.5"],
            "--blocks must be whole numbers of at least 2. Received: 2.5",
        ),
        (
            ["--view=shortcut", "--low_pass=0.7"],
            "--low_pass must be shares of the side up to 0.5. Received: 0.7",
        ),
        (
            ["--view=shortcut", "--blocks=17"],
            "can be cut into 1 to 16 blocks along a side. Received: 17",
        ),
        (["--view=probes", "--source=/nowhere"], "/nowhere"),
    ],
)
def test_flags_that_cannot_be_are_one_line(analyze, tmp_path, flags, message):
    done = analyze(tmp_path, *flags)
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("view", names.INTERVENTIONS)
def test_a_run_does_not_count_twice(tiny_runs, view):
    """Given by name and by a pattern, it would be a second seed."""
    twice = [tiny_runs[0], f"{tiny_runs[0].parent}/seed*"]
    message = "are the same run .arm cbr_tiny random, seed 0.; give each once"
    with pytest.raises(ValueError, match=message):
        registry.run(twice, InterventionOptions(view=view, max_images=4))


def test_every_view_is_in_every_list():
    known = set(names.INTERVENTIONS)
    assert known == set(registry.VIEWS) == set(intervention_report.VIEWS)
