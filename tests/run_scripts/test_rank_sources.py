"""The binary rank_sources.py on a tiny run."""

import pytest
from PIL import Image

from tests.run_scripts.outputs import check_tables
from transfusion_tf.analysis.sources import ranking, scores

SCRIPT = "run_scripts/rank_sources.py"


def test_tables_picture_and_lines(binary, tiny_runs, tiny_dataset, tmp_path):
    done = binary(
        SCRIPT,
        "--model=cbr_tiny",
        f"--sources={tiny_runs[0]}",
        f"--dataset={tiny_dataset}",
        f"--output_dir={tmp_path}",
        "--random_draws=1",
        "--split=test",
    )
    assert done.returncode == 0, done.stderr
    check_tables(
        tmp_path,
        {"source_ranking": ranking.COLUMNS, "source_scores": scores.COLUMNS},
    )
    first, floor, caution, *_ = done.stdout.splitlines()
    assert first.startswith("1. tiny: AUC ")
    assert "against random weights" in first
    assert floor.startswith("floor: random weights: AUC ")
    assert "neither is reliable (Chaves et al. 2023, 2024)" in caution
    with Image.open(tmp_path / "source_scores.png") as picture:
        picture.load()
    # A network and a split each.
    assert len(list((tmp_path / "features").glob("*.npz"))) == 4


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ([], "Give --sources=SOURCE,SOURCE and --output_dir=DIR."),
        (["--sources=/nowhere"], "--sources=/nowhere: there is no such file"),
        (
            ["--sources=/nowhere", "--output_dir=/dev/null"],
            "--output_dir=/dev/null: /dev/null is no directory; give another.",
        ),
    ],
)
def test_bad_input_is_one_line(binary, tmp_path, tiny_dataset, flags, message):
    done = binary(
        SCRIPT,
        f"--output_dir={tmp_path / 'out'}",
        f"--dataset={tiny_dataset}",
        "--model=cbr_tiny",
        *flags,
    )
    assert done.returncode == 2
    assert message in done.stderr and done.stderr.count("\n") == 1
    assert not (tmp_path / "out").exists()
