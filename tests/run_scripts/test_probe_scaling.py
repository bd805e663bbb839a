"""The binary probe_scaling.py on a tiny run."""

import pytest
from PIL import Image

from transfusion_tf import names, tables
from transfusion_tf.analysis import scaling_differences, scaling_probe

SCRIPT = "run_scripts/probe_scaling.py"


def test_table_picture_and_ranking(binary, tiny_runs, tiny_dataset, tmp_path):
    done = binary(
        SCRIPT,
        "--model=cbr_tiny",
        f"--weights={tiny_runs[0]}",
        f"--dataset={tiny_dataset}",
        f"--output_dir={tmp_path}",
        "--num_images=64",
    )
    assert done.returncode == 0, done.stderr
    table = tables.read(tmp_path / "scaling_probe.csv")
    assert tuple(table.columns) == scaling_probe.COLUMNS
    assert set(table["scaling"]) == set(names.INPUT_SCALINGS)
    differences = tables.read(tmp_path / "scaling_differences.csv")
    assert tuple(differences.columns) == scaling_differences.COLUMNS
    assert (differences["num_groups"] == 10).all()
    closest = table.groupby("scaling")["divergence"].mean().idxmin()
    assert differences["scaling"][0] == closest
    assert f"closest: --input_scaling={closest}" in done.stdout
    with Image.open(tmp_path / "scaling_probe.png") as picture:
        picture.load()


@pytest.mark.parametrize(
    "flags, message",
    [
        ([], "Give --weights"),
        (["--weights=/nowhere"], "no such file or directory"),
    ],
)
def test_bad_input_is_one_line(binary, tmp_path, flags, message):
    done = binary(SCRIPT, f"--output_dir={tmp_path / 'out'}", *flags)
    assert done.returncode == 2
    lines = done.stderr.splitlines()
    assert sum(line.startswith("error: ") for line in lines) == 1
    assert message in done.stderr
    assert not (tmp_path / "out").exists()
