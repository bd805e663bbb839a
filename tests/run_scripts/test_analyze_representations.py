"""The binary analyze_representations.py on two tiny runs."""

import pytest
from PIL import Image

from transfusion_tf import tables
from transfusion_tf.analysis import representations
from transfusion_tf.analysis.views import rows as view_rows
from transfusion_tf.analysis.views import start_end

SCRIPT = "run_scripts/analyze_representations.py"


@pytest.fixture(scope="module")
def analyze(binary, tiny_runs):
    """analyze(output_dir, flags...) of the two tiny runs."""

    def run(output_dir, *flags):
        runs = ",".join(map(str, tiny_runs))
        return binary(
            SCRIPT, f"--runs={runs}", f"--output_dir={output_dir}", *flags
        )

    return run


def test_before_after(analyze, tmp_path, tiny_runs):
    done = analyze(tmp_path / "out", "--view=before_after")
    assert done.returncode == 0, done.stderr
    written = [tmp_path / "out" / f"before_after.{s}" for s in ("csv", "png")]
    assert done.stdout.splitlines() == [
        "Fewer groups of images (7) than --groups=10: too few images or "
        "patients; wider intervals.",
        *map(str, written),
    ]
    assert sorted((tmp_path / "out").iterdir()) == written

    table = tables.read(written[0])
    assert tuple(table.columns) == view_rows.TABLE_COLUMNS
    assert len(table) == 2 * 4 * 2  # Runs, stages, measures.
    assert list(table["run"].unique()) == ["seed0", "seed1"]
    assert (table["run"] == table["other_run"]).all()
    assert (table["step"] == 0).all()
    # The last step, though the best one may be another.
    assert (table["other_step"] == 6).all()
    assert (table["num_images"] == 60).all()
    conv1 = table[table["stage"] == "conv1"]
    assert (conv1["num_datapoints"] == 60 * 16 * 16).all()
    # A few steps do not turn the first filters into unrelated ones.
    assert conv1["value"].between(0.5, 1.0).all()
    assert (conv1["value"] > conv1["chance"] + 0.2).all()
    with Image.open(written[1]) as picture:
        picture.load()


def test_between_is_what_the_library_gives(analyze, tmp_path, tiny_runs):
    done = analyze(
        tmp_path,
        "--view=between",
        "--measures=cca",
        "--stages=conv1,conv4",
        "--split=train",
        "--max_images=50",
        "--batch_size=32",
        "--checkpoint=last",
    )
    assert done.returncode == 0, done.stderr
    table = tables.read(tmp_path / "between.csv")
    assert list(table["stage"]) == ["conv1", "conv4"]
    assert set(table["other_run"]) == {"seed1"}
    assert (table["num_images"] == 50).all()
    called = representations.run(
        tiny_runs,
        representations.RepresentationOptions(
            view="between",
            measures=("cca",),
            stages=("conv1", "conv4"),
            split="train",
            max_images=50,
            batch_size=32,
            checkpoint="last",
        ),
    )
    written = tables.write(tmp_path / "called.csv", called).read_bytes()
    assert written == (tmp_path / "between.csv").read_bytes()
    # conv4 has 2 x 2 positions of 50 images for up to 256 channels.
    assert table["value"].isna().tolist() == [False, True]
    assert "Received: 200" in table["note"][1]


def test_draws_of_channels_as_points(analyze, tmp_path):
    done = analyze(
        tmp_path,
        "--view=start_against_end",
        "--points=draws",
        "--channels=8",
        "--max_points=600",
        "--repeats=4",
        "--measures=cca",
        "--stages=conv1,conv2",
    )
    assert done.returncode == 0, done.stderr
    table = tables.read(tmp_path / "start_against_end.csv")
    assert len(table) == 2 * 2 * 4  # Start and end, stages, draws.
    assert (table["kept_x"] <= 8).all() and table["low"].isna().all()
    fits = tables.read(tmp_path / "start_against_end_fits.csv")
    assert tuple(fits.columns) == start_end.COLUMNS
    assert (fits["num_points"] == 4).all()
    assert fits["r_squared"].isna().all()
    assert fits["note"].str.startswith("No line: 4 points of 2 runs").all()
    assert (tmp_path / "start_against_end.png").is_file()


def test_reuse_of_the_first_run(analyze, tmp_path, tiny_runs):
    done = analyze(
        tmp_path / "out",
        "--view=reuse",
        f"--source={tiny_runs[0]}",
        "--measures=svcca,cka",
        "--stages=conv1,conv4",
        "--groups=4",
        f"--moments_dir={tmp_path / 'moments'}",
    )
    assert done.returncode == 0, done.stderr
    table = tables.read(tmp_path / "out" / "reuse.csv")
    probes = table[table["measure"] == "probe_auc"]
    assert list(probes["run"].unique()) == ["source", "seed0"]
    assert probes["value"].between(0.5, 1.0).all()
    compared = table[table["measure"] == "cka"]
    assert set(compared["other_run"]) == {"seed0", "seed1"}
    assert (compared["num_groups"] == 4).all()
    itself = compared[
        (compared["other_run"] == "seed0") & (compared["other_step"] > 0)
    ]
    assert (itself["value"] > 1 - 1e-4).all()
    assert itself["note"].str.contains("same weights").all()
    assert list((tmp_path / "moments").iterdir())
    assert (tmp_path / "out" / "reuse.png").is_file()


@pytest.mark.parametrize(
    "flag, message",
    [
        ("--view=sideways", "<before_after|between|start_against_end|"),
        ("--measures=cca,pearson", "'pearson'; known: cca, svcca"),
        ("--stages=conv9", "'conv9'; known: conv1, conv2, conv3, conv4"),
        ("--checkpoint=7777", "Unknown checkpoint '7777'; known: best, last"),
        ("--published=chest", "Unknown published curve 'chest'; known: "),
        ("--max_memory_gib=inf", "--max_memory_gib must be a finite number"),
        ("--groups=0", "--groups must be at least 1. Received: 0"),
        ("--repeats=3", "goes with --max_points=N or --channels=N"),
        ("--points=draws", "--points goes with --view=start_against_end"),
        ("--source=imagenet", "goes with --view=reuse. Received"),
        ("--points=pairs", "--points goes with --view=start_against_end"),
        ("--floors=false --groups=1 --seed=1", "--seed=1 goes with --floors"),
        ("--channels=8 --groups=10", "--groups=10 goes with all images"),
        (
            "--datapoints=pooled --max_points=9",
            "--max_points goes with --datapoints=positions",
        ),
        (
            "--view=start_against_end --checkpoint=0",
            "is step 0, the start itself",
        ),
        ("--runs=/nowhere", "/nowhere"),
    ],
)
def test_bad_input_is_one_line_and_writes_nothing(
    analyze, tmp_path, flag, message
):
    done = analyze(tmp_path / "out", *flag.split())
    assert done.returncode == 2
    lines = [
        line for line in done.stderr.splitlines() if line.startswith("error: ")
    ]
    assert len(lines) == 1 and message in lines[0]
    assert list(tmp_path.iterdir()) == []


def test_between_needs_two_runs(binary, tiny_runs, tmp_path):
    done = binary(
        SCRIPT,
        f"--runs={tiny_runs[0]}",
        "--view=between",
        f"--output_dir={tmp_path}",
    )
    assert done.returncode == 2
    assert "at least two" in done.stderr
