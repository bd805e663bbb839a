"""The binary analyze_filters.py on two tiny runs."""

import numpy as np
import pytest
from PIL import Image

from transfusion_tf import tables
from transfusion_tf.analysis.filters import changes, gabor_like
from transfusion_tf.analysis.filters import tables as filter_tables
from transfusion_tf.runs.directory import RunDir

SCRIPT = "run_scripts/analyze_filters.py"
WRITTEN = [
    "filters.csv",
    "filter_kernels.csv",
    "gabor_fits.csv",
    "gabor_counts.csv",
    "gabor_scrambled.csv",
    "filters.png",
    "filters_channels.png",
    "gabor_like.png",
]


def test_tables_and_picture(binary, tiny_runs, tmp_path):
    done = binary(
        SCRIPT,
        f"--runs={tiny_runs[0]},{tiny_runs[1]}",
        f"--output_dir={tmp_path}",
        "--checkpoint=last",
        "--num_scrambles=2",
        "--scramble_seed=3",
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [str(tmp_path / name) for name in WRITTEN]
    table = tables.read(tmp_path / "filters.csv")
    assert tuple(table.columns) == (*changes.COLUMNS, *filter_tables.SUBJECT)
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
    check_gabor_tables(tmp_path, kernels, last)
    for name in WRITTEN[5:]:
        with Image.open(tmp_path / name) as picture:
            picture.load()


def check_gabor_tables(directory, kernels, last):
    """They tell of the same filters as the table of numbers."""
    fits, counts, scrambled = (
        tables.read(directory / f"gabor_{stem}.csv")
        for stem in ("fits", "counts", "scrambled")
    )
    assert tuple(fits.columns) == gabor_like.COLUMNS
    assert tuple(counts.columns) == gabor_like.COUNT_COLUMNS
    steps = [("seed0", 0), ("seed0", last), ("seed1", 0), ("seed1", last)]
    assert list(counts[["run", "step"]].itertuples(index=False)) == steps
    assert (counts["num_filters"] == 32).all()
    for (_, of), (_, row) in zip(
        fits.groupby(["run", "step"], sort=False),
        counts.iterrows(),
        strict=True,
    ):
        assert of["gabor_like"].sum() == row["num_gabor_like"]
    assert len(scrambled) == 4 * 32 * 2

    # From the written numbers and the given seed, the same comes out.
    first = kernels[(kernels["run"] == "seed1") & (kernels["step"] == last)]
    order = ["row", "column", "channel", "filter"]
    kernel = first.sort_values(order)["value"].to_numpy().reshape(5, 5, 3, 32)
    changed = changes.changes(kernel, kernel, run="seed1")
    again = gabor_like.rows(
        kernel, changed, step=last, num_scrambles=2, seed=3
    )[1]
    assert again["threshold"] == pytest.approx(counts["threshold"].iloc[3])
    assert again["num_gabor_like"] == counts["num_gabor_like"].iloc[3]


def test_the_bank_is_what_training_starts_from(binary, tiny_dataset, tmp_path):
    from transfusion_tf import experiment
    from transfusion_tf.config.run import RunConfig

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
        (["--model=cbr_tiny"], "--model=cbr_tiny goes with --bank"),
        (["--num_scrambles=0"], "num_scrambles"),
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


def test_the_bank_refuses_flags_of_runs(binary, tmp_path):
    done = binary(
        SCRIPT,
        "--bank",
        "--model=cbr_tiny",
        "--num_scrambles=3",
        f"--output_dir={tmp_path / 'out'}",
    )
    assert done.returncode == 2
    assert "error: --num_scrambles=3 goes with --runs" in done.stderr
