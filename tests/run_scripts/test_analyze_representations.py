"""The binary analyze_representations.py on two tiny runs."""

import pytest
from PIL import Image

from transfusion_tf.analysis import views
from transfusion_tf.reporting import tables
from transfusion_tf.run_dir import RunDir

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
    assert done.stdout.split() == [str(path) for path in written]
    assert sorted((tmp_path / "out").iterdir()) == written

    table = tables.read(written[0])
    assert tuple(table.columns) == views.COLUMNS
    assert len(table) == 2 * 4 * 2  # Runs, stages, measures.
    assert list(table["run"].unique()) == ["seed0", "seed1"]
    assert (table["run"] == table["other_run"]).all()
    assert (table["step"] == 0).all()
    best = RunDir(tiny_runs[0]).checkpoint_step("best")
    of_first = table[table["run"] == "seed0"]
    assert (of_first["other_step"] == best).all()
    assert (table["num_images"] == 60).all()
    conv1 = table[table["stage"] == "conv1"]
    assert (conv1["num_datapoints"] == 60 * 16 * 16).all()
    # A few steps do not turn the first filters into unrelated ones.
    assert conv1["value"].between(0.5, 1.0).all()
    assert (conv1["value"] > conv1["chance"] + 0.2).all()
    with Image.open(written[1]) as picture:
        picture.load()


def test_between_with_chosen_images_stages_and_measure(analyze, tmp_path):
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
    # conv4 has 2 x 2 positions of 50 images for up to 256 channels.
    assert table["value"].isna().tolist() == [False, True]
    assert "Received: 200" in table["note"][1]


def test_a_start_against_itself_is_one_and_says_so(analyze, tmp_path):
    done = analyze(tmp_path, "--checkpoint=0", "--measures=svcca")
    assert done.returncode == 0, done.stderr
    table = tables.read(tmp_path / "before_after.csv")
    assert (table["value"] > 1 - 1e-5).all()
    assert table["note"].str.contains("same weights").all()


@pytest.mark.parametrize(
    "flag, message",
    [
        ("--view=sideways", "<before_after|between>"),
        ("--measures=cca,pearson", "'pearson'; known: cca, svcca"),
        ("--stages=conv9", "'conv9'; known: conv1, conv2, conv3, conv4"),
        ("--checkpoint=7777", "Unknown checkpoint '7777'; known: best, last"),
        ("--published=chest", "Unknown published curve 'chest'; known: "),
        ("--published=chest:random_random", "with conv2, conv3, conv4; leave"),
        ("--dataset=/nowhere", "/nowhere"),
        ("--runs=/nowhere", "/nowhere"),
    ],
)
def test_bad_input_is_one_line_and_writes_nothing(
    analyze, tmp_path, flag, message
):
    done = analyze(tmp_path / "out", flag)
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
