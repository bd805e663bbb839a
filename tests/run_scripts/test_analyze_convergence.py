"""The binary end to end, on learning curves that are known."""

import pytest

from tests.reporting.curve_trees import make_curve
from tests.run_scripts.outputs import check_picture, check_tables
from transfusion_tf import tables
from transfusion_tf.analysis.comparing import convergence

SCRIPT = "run_scripts/analyze_convergence.py"


@pytest.fixture
def runs(tmp_path):
    root = tmp_path / "runs"
    for seed in range(3):
        for init, first in (("random", 8), ("pretrained", 2)):
            aucs = [0.5] * (first + seed) + [0.9] * (16 - first - seed)
            make_curve(root / f"{init}-{seed}", aucs, seed=seed, init=init)
    return root


def test_tables_picture_and_sentences(binary, runs, tmp_path):
    out = tmp_path / "out"
    done = binary(SCRIPT, f"--runs={runs}/*", f"--output_dir={out}")
    assert done.returncode == 0, done.stderr
    assert "validation AUC of 0.8600 on eyes" in done.stdout
    assert (
        "cbr_tiny pretrained imagenet: 3 of 3 reached it, median 40 steps; "
        "2.50 times as fast [0, no bound]; p = 0.1 (with this many runs p "
        "cannot be below 0.1: more seeds are needed)." in done.stdout
    )
    check_tables(
        out,
        {
            "convergence": convergence.COLUMNS,
            "convergence_runs": convergence.RUN_COLUMNS,
            "convergence_curves": convergence.CURVE_COLUMNS,
        },
    )
    check_picture(out / "convergence.png")


def test_transferred_stages_have_a_picture_of_their_own(binary, runs, tmp_path):
    for seed in range(3):
        aucs = [0.5] * (5 + seed) + [0.9] * (11 - seed)
        make_curve(
            runs / f"conv2-{seed}",
            aucs,
            seed=seed,
            init="transfusion",
            through="conv2",
        )
    out = tmp_path / "out"
    done = binary(SCRIPT, f"--runs={runs}/*", f"--output_dir={out}")
    assert done.returncode == 0, done.stderr
    table = tables.read(out / "convergence_stages.csv")
    assert list(table["through"]) == ["none", "conv2", "all"] * 2
    assert list(table["median"][:3]) == [100, 70, 40]
    picture = out / "convergence_stages.png"
    assert str(picture) in done.stdout
    check_picture(picture)
