"""The binary analyze_filters.py on two tiny runs."""

import numpy as np
import pytest
from PIL import Image

from transfusion_tf.analysis import filters
from transfusion_tf.reporting import tables
from transfusion_tf.run_dir import RunDir

SCRIPT = "run_scripts/analyze_filters.py"
WRITTEN = ["filters.csv", "filter_kernels.csv", "filters.png"]


def test_tables_and_picture(binary, tiny_runs, tmp_path):
    done = binary(
        SCRIPT,
        f"--runs={tiny_runs[0]},{tiny_runs[1]}",
        f"--output_dir={tmp_path}",
        "--checkpoint=last",
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [str(tmp_path / name) for name in WRITTEN]
    table = tables.read(tmp_path / "filters.csv")
    assert tuple(table.columns) == filters.COLUMNS
    assert list(table["run"]) == ["seed0"] * 32 + ["seed1"] * 32
    assert (table["l2_change"] > 0).all()
    assert (table["cosine"] < 1).all()

    kernels = tables.read(tmp_path / "filter_kernels.csv")
    last = RunDir(tiny_runs[0]).weight_steps()[-1]
    assert list(kernels["step"].unique()) == [0, last]
    # The norms follow from the numbers of the filters.
    of_first = kernels[(kernels["run"] == "seed0") & (kernels["step"] == 0)]
    norms = of_first.groupby("filter")["value"].apply(np.linalg.norm)
    np.testing.assert_allclose(norms, table["l2_before"][:32], rtol=1e-6)
    with Image.open(tmp_path / "filters.png") as picture:
        picture.load()


def test_the_bank_is_what_training_starts_from(binary, tiny_dataset, tmp_path):
    from transfusion_tf import experiment
    from transfusion_tf.config import RunConfig

    done = binary(
        SCRIPT,
        "--bank",
        "--model=cbr_tiny",
        "--seed=3",
        "--gabor_orientations=4",
        "--gabor_wavelengths=3,4.5",
        f"--output_dir={tmp_path}",
    )
    assert done.returncode == 0, done.stderr
    written = ["gabor_bank.csv", "gabor_kernels.csv", "gabor_bank.png"]
    assert done.stdout.split() == [str(tmp_path / name) for name in written]
    table = tables.read(tmp_path / "gabor_bank.csv")
    assert set(table["orientation_degrees"]) == {0, 45, 90, 135}
    assert set(table["wavelength_pixels"]) == {3, 4.5}

    run = experiment.train(
        RunConfig.from_flags_dict(
            {
                "dataset": str(tiny_dataset),
                "model": "cbr_tiny",
                "init": "gabor",
                "seed": 3,
                "gabor_orientations": 4,
                "gabor_wavelengths": ("3", "4.5"),
                "steps": 1,
            }
        ),
        run_dir=tmp_path / "run",
    )
    started = experiment.load_backbone(run, 0).first_kernel.numpy()
    kernels = tables.read(tmp_path / "gabor_kernels.csv")
    order = ["row", "column", "channel", "filter"]
    values = kernels.sort_values(order)["value"].to_numpy()
    np.testing.assert_allclose(values.reshape(5, 5, 3, 32), started, rtol=1e-6)


@pytest.mark.parametrize(
    "flags, message",
    [
        (["--bank"], "either --runs=DIR,DIR or --bank"),
        (["--runs=/nowhere"], "/nowhere"),
        (["--checkpoint=0"], "step 0, the start itself"),
        (["--runs="], "at least one run"),
    ],
)
def test_bad_input_is_one_line_and_writes_nothing(
    binary, tiny_runs, tmp_path, flags, message
):
    output_dir = tmp_path / "out"
    done = binary(
        SCRIPT, f"--runs={tiny_runs[0]}", f"--output_dir={output_dir}", *flags
    )
    assert done.returncode == 2
    lines = [
        line for line in done.stderr.splitlines() if line.startswith("error: ")
    ]
    assert len(lines) == 1 and message in lines[0]
    assert not output_dir.exists()
