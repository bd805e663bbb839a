"""The binary analyze_gain.py on runs of two data sets."""

import pytest
from PIL import Image

from tests.reporting.gain_trees import make_run, make_table
from transfusion_tf import tables
from transfusion_tf.analysis import gain

SCRIPT = "run_scripts/analyze_gain.py"
# Init and data set: AUC and similarity of seeds 0, 1, 2.
AUCS = {
    ("random", "eyes"): [0.4, 0.5, 0.6],
    ("random", "skin"): [0.5, 0.5, 0.8],
    ("pretrained", "eyes"): [0.6, 0.6, 0.6],
    ("pretrained", "skin"): [0.6, 0.7, 0.8],
    ("gabor", "skin"): [0.5, 0.4, 0.8],
}
SIMILARITY = {
    "eyes-pretrained": [0.9, 0.8, 0.7],
    "skin-pretrained": [0.5, 0.6, None],
    "skin-random": [0.1, 0.1, 0.1],
    "skin-gabor": [0.4, 0.5, 0.6],
}


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    """--similarity and --runs."""
    root = tmp_path_factory.mktemp("gain")
    runs = [
        make_run(
            root / f"{data}-{init}{seed}",
            auc=auc,
            data=data,
            init=init,
            seed=seed,
            weights="imagenet" if init == "pretrained" else None,
            source={"kind": "imagenet"} if init == "pretrained" else None,
        )
        for (init, data), aucs in AUCS.items()
        for seed, auc in enumerate(aucs)
    ]
    csvs = [
        make_table(
            root / f"{data}.csv",
            {
                f"{name}{seed}": value
                for name, values in SIMILARITY.items()
                if name.startswith(data)
                for seed, value in enumerate(values)
            },
        )
        for data in ("eyes", "skin")
    ]
    return {"similarity": csvs, "runs": runs}


@pytest.fixture
def analyze(binary, given, tmp_path):
    """analyze(flags...) into tmp_path / "out"."""

    def run(*flags):
        return binary(
            SCRIPT,
            *(f"--{k}={','.join(map(str, v))}" for k, v in given.items()),
            f"--output_dir={tmp_path / 'out'}",
            *flags,
        )

    return run


def test_tables_and_picture(analyze, tmp_path):
    done = analyze()
    assert done.returncode == 0, done.stderr
    out = tmp_path / "out"
    written = ["gain_points.csv", "gain_correlations.csv", "gain_cca.png"]
    assert done.stdout.split() == [str(out / name) for name in written]
    assert sorted(p.name for p in out.iterdir()) == sorted(written)

    points = tables.read(out / "gain_points.csv")
    assert tuple(points.columns) == gain.POINT_COLUMNS
    points = points[points["stage"] == "conv1"].set_index("run")
    assert len(points) == 9  # Random runs make none.
    assert points["gain"]["eyes-pretrained0"] == pytest.approx(0.5)
    assert points["gain"]["skin-gabor1"] == pytest.approx(-0.2)
    assert set(points["cluster"]) == {"eyes", "skin"}
    assert points["similarity"].isna().sum() == 1

    table = tables.read(out / "gain_correlations.csv")
    assert tuple(table.columns) == gain.CORRELATION_COLUMNS
    assert len(table) == 3 * 2 * 2  # Inits, stages, coefficients.
    table = table.query("stage == 'conv2' and coefficient == 'spearman'")
    table = table.set_index("init")
    assert table["num_points"]["pretrained imagenet"] == 5
    assert "1 of 6 points" in table["note"]["pretrained imagenet"]
    assert list(table["num_clusters"]) == [2, 1, 2]
    assert table["low"].isna().all()
    with Image.open(out / "gain_cca.png") as picture:
        picture.load()


def test_the_mean_baseline_and_seeds_as_clusters(analyze, tmp_path):
    done = analyze("--baseline=mean", "--clusters=seed")
    assert done.returncode == 0, done.stderr
    points = tables.read(tmp_path / "out" / "gain_points.csv")
    points = points.drop_duplicates("run").set_index("run")
    assert points["baseline_auc"]["skin-gabor0"] == pytest.approx(0.6)
    assert points["gain"]["eyes-pretrained2"] == pytest.approx(0.2)
    assert set(points["cluster"]) == {"seed 0", "seed 1", "seed 2"}


@pytest.mark.parametrize(
    "flag, message",
    [
        ("--runs=", "Give --runs=RUN,RUN"),
        ("--runs=/nowhere", "nowhere"),
        ("--clusters=hospital", "<dataset|seed>"),
    ],
)
def test_bad_input_is_one_line_and_writes_nothing(
    analyze, tmp_path, flag, message
):
    done = analyze(flag)
    assert done.returncode == 2
    assert done.stderr.startswith("error: ") and message in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "out").exists()
