"""Which arms stand where in the row of stages that were transferred."""

import pytest

from tests.reporting.curve_trees import make_curve
from transfusion_tf.analysis.comparing import convergence

LATE, SOON = [0.5] * 4 + [0.9] * 2, [0.5] + [0.9] * 5


@pytest.fixture
def make(tmp_path):
    """Makes runs of an arm, of one seed for each curve."""

    def made(name, curves, **settings):
        for seed, aucs in enumerate(curves):
            make_curve(tmp_path / f"{name}-{seed}", aucs, seed=seed, **settings)

    return made


def transfusion(through):
    return {"init": "transfusion", "through": through}


def rows_of(tmp_path, **options):
    found = convergence.compare([tmp_path / "*"], target=0.8, **options)
    return [row for row in found.stage_rows if row["unit"] == "step"]


def test_places_medians_and_runs_that_never_arrive(make, tmp_path):
    make("pre", [SOON] * 3, init="pretrained")
    make("c3", [SOON, LATE, LATE], **transfusion("conv3"))
    make("c1", [LATE, LATE, [0.5] * 6], **transfusion("conv1"))
    make("random", [[0.5] * 6] * 3)
    make("gabor", [SOON], init="gabor", weights=None)
    rows = rows_of(tmp_path)
    keys = ("place", "through", "num_runs", "num_reached", "median")
    assert [tuple(row[key] for key in keys) for row in rows] == [
        (0, "none", 3, 0, None),
        (1, "conv1", 3, 2, 50),
        (2, "conv3", 3, 3, 50),
        (3, "all", 3, 3, 20),
    ]
    assert {row["series"] for row in rows} == {"cbr_tiny imagenet"}


def test_nothing_taken_by_transfusion_stands_beside_random(make, tmp_path):
    make("none", [LATE], **transfusion("none"), weights=None)
    make("c1", [SOON], **transfusion("conv1"))
    make("random", [LATE])
    rows = rows_of(tmp_path)
    assert [(row["place"], row["through"]) for row in rows] == [
        (0, "none"),
        (0, "none"),
        (1, "conv1"),
    ]


def test_what_is_above_the_stages_makes_a_series(make, tmp_path):
    over = {"rest": "mean_var"}
    make("pre", [SOON], init="pretrained")
    make("r1", [SOON], **transfusion("conv1"))
    make("m1", [LATE], **transfusion("conv1"), **over)
    make("m2", [SOON], **transfusion("conv2"), **over)
    make("mean_var", [LATE], init="mean_var")
    make("random", [LATE])
    make("shuffled", [SOON], init="shuffled")
    found = {}
    for row in rows_of(tmp_path):
        arm = row["arm"].removeprefix("cbr_tiny ")
        found.setdefault(row["series"], []).append((row["through"], arm))
    assert found == {
        "cbr_tiny imagenet, mean_var above": [
            ("none", "mean_var imagenet"),
            ("conv1", "transfusion imagenet through conv1, mean_var above"),
            ("conv2", "transfusion imagenet through conv2, mean_var above"),
            ("all", "pretrained imagenet"),
        ],
        "cbr_tiny imagenet": [
            ("none", "random"),
            ("conv1", "transfusion imagenet through conv1"),
            ("all", "pretrained imagenet"),
        ],
    }


@pytest.mark.parametrize(
    "model, first", [("squeezenet", "conv1"), ("deit_tiny", "embed")]
)
def test_stages_stand_in_the_order_of_the_network(make, tmp_path, model, first):
    for stage in ("block2", first, "block1"):
        make(stage, [SOON], model=model, **transfusion(stage))
    make("random", [LATE], model=model)
    places = [row["through"] for row in rows_of(tmp_path)]
    assert places == ["none", first, "block1", "block2"]


def test_networks_and_learning_rates_are_series_of_their_own(make, tmp_path):
    for rate in (0.01, 0.1):
        make(f"c1-{rate}", [SOON], learning_rate=rate, **transfusion("conv1"))
        make(f"random-{rate}", [LATE], learning_rate=rate)
    make("cut", [SOON], truncate_at="conv2", **transfusion("conv1"))
    reference = "cbr_tiny random, learning_rate=0.1"
    series = [
        (row["series"], row["through"])
        for row in rows_of(tmp_path, reference=reference)
    ]
    assert series == [
        ("cbr_tiny imagenet, learning_rate=0.01", "none"),
        ("cbr_tiny imagenet, learning_rate=0.01", "conv1"),
        ("cbr_tiny imagenet, learning_rate=0.1", "none"),
        ("cbr_tiny imagenet, learning_rate=0.1", "conv1"),
        ("cbr_tiny@conv2 imagenet, learning_rate=0.001", "conv1"),
    ]


def test_without_weight_transfusion_there_is_no_row(make, tmp_path):
    make("pre", [SOON], init="pretrained")
    make("random", [LATE])
    assert rows_of(tmp_path) == []
