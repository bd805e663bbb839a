"""Similarity against gain: the published numbers, and joining by hand."""

import numpy as np
import pandas as pd
import pytest

from transfusion_tf.analysis import gain

STAGES = ["conv1", "block1", "block2", "block3", "block4"]
# Computed once from the published files by other code (pandas and SciPy's
# pearsonr and spearmanr on the files merged as the authors' script does).
PUBLISHED = {
    ("imagenet", "pearson"): {
        "value": [-0.158, -0.029, -0.067, -0.096, -0.130],
        "between_cluster": [-0.16, 0.04, -0.02, -0.07, -0.12],
        "within_cluster": [-0.17, -0.21, -0.21, -0.18, -0.16],
    },
    ("imagenet", "spearman"): {
        "value": [-0.037, -0.057, -0.273, -0.146, -0.075]
    },
    ("radimagenet", "pearson"): {
        "value": [-0.151, -0.454, -0.430, -0.558, -0.469],
        "between_cluster": [-0.18, -0.56, -0.53, -0.72, -0.62],
        "within_cluster": [-0.24, -0.31, -0.34, -0.19, -0.08],
    },
    ("radimagenet", "spearman"): {
        "value": [-0.025, -0.527, -0.472, -0.517, -0.321]
    },
    ("all", "pearson"): {"value": [-0.071, -0.026, -0.043, -0.094, -0.194]},
}
MEAN_GAINS = {
    "imagenet": {"breast": 0.833, "chest": 0.197, "thyroid": -0.005},
    "radimagenet": {"breast": 0.781, "chest": 0.198, "thyroid": -0.042},
}
LEAVE_ONE_OUT = {"imagenet": (-0.52, 0.56), "radimagenet": (-0.64, -0.29)}


@pytest.fixture(scope="module")
def published(shared):
    """The points of the published files, as a DataFrame."""
    root = shared / "reference/revisiting_transfer_results"
    files = {"imagenet": "simVSaucImNet", "radimagenet": "simVSaucRadNet"}
    wide = pd.concat(
        pd.read_csv(root / f"{name}.csv").assign(source=source)
        for source, name in files.items()
    )
    wide["run"] = wide["stimuli"] + wide["source"] + wide["fold"]
    table = wide.melt("run", STAGES, var_name="stage")
    table["stage_index"] = table["stage"].map(STAGES.index)
    aucs = pd.read_csv(root / "AUC.csv").query("freeze == 'freezeFalse'")
    runs = [
        gain.TrainedRun(
            name=row.target + row.source.lower() + row.fold,
            dataset=row.target,
            setting=row.target,
            seed=int(row.fold.removeprefix("fold")),
            init=row.source.lower(),
            auc=row.AUC,
        )
        for row in aucs.itertuples()
    ]
    rows = gain.points(table.assign(measure="cca", note=""), runs)
    return pd.DataFrame(rows)


def test_published_points(published):
    assert len(published) == 2 * 35 * 5
    assert set(published["cluster"]) == set(published["dataset"])
    gains = published.groupby(["init", "dataset"])["gain"].mean()
    for init, expected in MEAN_GAINS.items():
        for dataset, value in expected.items():
            assert gains[init, dataset] == pytest.approx(value, abs=6e-4)


def test_published_correlations(published):
    table = pd.DataFrame(gain.correlations(published))
    assert len(table) == 3 * 5 * 2
    table = dict(tuple(table.groupby(["init", "coefficient"])))
    for (init, coefficient), columns in PUBLISHED.items():
        found = table[init, coefficient].set_index("stage").loc[STAGES]
        for column, expected in columns.items():
            digits = 3 if column == "value" else 2
            np.testing.assert_allclose(
                found[column], expected, atol=0.51 * 10**-digits
            )
        count = 70 if init == "all" else 35
        assert (found["num_points"] == count).all()
        assert (found["num_clusters"] == 7).all()
        assert (found["low"] < found["value"]).all()
        assert (found["value"] < found["high"]).all()
    for init, expected in LEAVE_ONE_OUT.items():
        row = table[init, "pearson"].set_index("stage").loc["block3"]
        found = row["leave_one_out_low"], row["leave_one_out_high"]
        # The range is known as rounded twice: 0.5549, 0.555, 0.56.
        np.testing.assert_allclose(found, expected, atol=0.0052)


def run(name, init, seed, auc, dataset="eyes", setting=None):
    setting = setting or dataset
    return gain.TrainedRun(name, dataset, setting, seed, init, auc)


RUNS = [
    run("r0", "random", 0, 0.5),
    run("r1", "random", 1, 0.8),
    run("p0", "pretrained", 0, 0.6),
    run("p1", "pretrained", 1, 0.6),
]


def similarity(names, value=0.7):
    return pd.DataFrame(
        {
            "run": names,
            "stage": "conv1",
            "stage_index": 0,
            "measure": "cca",
            "value": value,
            "note": "",
        }
    )


@pytest.mark.parametrize(
    "baseline, aucs, gains",
    [
        ("seed", [0.5, 0.8], [0.2, -0.25]),
        ("mean", [0.65, 0.65], [-1 / 13, -1 / 13]),
    ],
)
def test_gain_over_the_same_seed_or_the_mean(baseline, aucs, gains):
    rows = gain.points(similarity(["p0", "p1"]), RUNS, baseline=baseline)
    assert [row["baseline_auc"] for row in rows] == pytest.approx(aucs)
    assert [row["gain"] for row in rows] == pytest.approx(gains)
    assert set(rows[0]) == set(gain.POINT_COLUMNS)


def test_random_runs_make_no_points():
    rows = gain.points(similarity(["r0", "p0", "r1"]), RUNS)
    assert [row["run"] for row in rows] == ["p0"]


def test_clusters_are_data_sets_only_where_there_are_several():
    one = gain.points(similarity(["p0", "p1"]), RUNS)
    assert [row["cluster"] for row in one] == ["seed 0", "seed 1"]
    more = [
        run("s0", "random", 0, 0.5, "skin"),
        run("q0", "pretrained", 0, 0.6, "skin"),
    ]
    table = similarity(["p0", "p1", "q0"])
    two = gain.points(table, RUNS + more)
    assert [row["cluster"] for row in two] == ["eyes", "eyes", "skin"]
    by_seed = gain.points(table, RUNS + more, clusters="seed")
    assert [row["cluster"] for row in by_seed] == ["seed 0", "seed 1", "seed 0"]


def test_baselines_are_of_the_same_setting():
    other = [
        run("r-small", "random", 0, 0.4, setting="eyes, 100 images"),
        run("p-small", "pretrained", 0, 0.6, setting="eyes, 100 images"),
    ]
    rows = gain.points(similarity(["p0", "p-small"]), RUNS + other)
    assert [row["gain"] for row in rows] == pytest.approx([0.2, 0.5])


def test_undefined_values_stay_undefined():
    runs = [*RUNS[1:], run("r0", "random", 0, None)]
    table = similarity(["p0", "p1"], [0.7, np.nan])
    first, second = gain.points(table, runs)
    assert first["gain"] is None and "No AUC" in first["note"]
    assert second["similarity"] is None
    assert second["gain"] == pytest.approx(-0.25)
    row = gain.correlations(pd.DataFrame([first, second]))[0]
    assert (row["num_points"], row["value"]) == (0, None)
    assert row["note"].startswith("2 of 2 points left out")


@pytest.mark.parametrize(
    "names, runs, options, message",
    [
        (["r0"], RUNS, {}, "random weights only"),
        (["p0"], RUNS[1:], {}, r"\(eyes\), seed 0. .* runs: 1. .*=mean"),
        (["p0"], RUNS[2:], {}, "Seeds of such runs: none. Add one to --runs."),
        (
            ["p0"],
            [*RUNS, run("r2", "random", 0, 0.5)],
            {},
            "several random runs of its seed 0: r0, r2",
        ),
        (["p0", "p0"], RUNS, {}, r"\(cca\) of p0 at conv1 was given twice"),
        (["p0"], RUNS, {"clusters": "hospital"}, "known: dataset, seed"),
        (["p0"], RUNS, {"baseline": "best"}, "known: seed, mean"),
    ],
)
def test_mistakes_are_named(names, runs, options, message):
    with pytest.raises(ValueError, match=message):
        gain.points(similarity(names), runs, **options)
