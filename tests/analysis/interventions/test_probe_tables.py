"""Tables of probes: of networks whose features are known."""

import numpy as np
import pytest

from transfusion_tf.analysis.interventions import probe_tables, probing

LABELS = np.arange(200) % 2
PLACES = (("conv1", 0.0), ("conv2", 2.5), ("conv3", 1.0))
SUBJECT = {
    "dataset": "eyes",
    "model": "cbr_tiny",
    "init": "random",
    "split": "test",
}


def columns(prefix):
    ids = np.array([f"{prefix}{n}" for n in range(200)])
    return {"id": ids, "patient": ids, "label": LABELS}


@pytest.fixture(scope="module")
def questions():
    return probing.Questions(
        "multiclass", "ab", columns("train"), columns("test")
    )


def answers(questions, network, arm, seed, factor=1.0):
    """Answers of a network whose stages know the class more or less."""
    rng = np.random.default_rng(seed)

    def features(strength):
        x = rng.normal(size=(200, 4))
        x[:, 0] += factor * strength * LABELS
        return x

    return probe_tables.Answers(
        network=network,
        columns={**SUBJECT, "run": f"{arm}{seed}", "arm": arm, "seed": seed},
        step=9 if network == "trained" else None,
        probed={
            probe_tables.Place(stage, index, 4, one.name): questions.ask(
                one, features(strength), features(strength)
            )
            for one in probing.PROBES
            for index, (stage, strength) in enumerate(PLACES)
        },
    )


@pytest.fixture(scope="module")
def made(questions):
    return probe_tables.make(
        [
            *(answers(questions, "trained", "mine", seed) for seed in range(4)),
            answers(questions, "start", "mine", 4, factor=0),
            *(
                answers(questions, "random", probe_tables.FLOOR, seed, 0)
                for seed in (5, 6, 7)
            ),
        ],
        questions,
    )


def test_a_row_for_each_network_stage_and_probe(made):
    table = made["probes"]
    assert tuple(table.columns) == probe_tables.COLUMNS
    assert len(table) == 8 * 3 * 2
    assert set(table["metric"]) == {"AUC of b"}
    assert (table["num_train_images"] == 200).all()
    assert (table["num_patients"] == 200).all()
    assert set(table[table["probe"] == "knn"]["setting"]) == {"k = 20"}


def test_arms_are_means_over_their_networks(made):
    table, runs = made["probes_arms"], made["probes"]
    assert tuple(table.columns) == probe_tables.ARM_COLUMNS
    keys = ["network", "stage", "probe"]
    means = runs.groupby(keys)["value"].mean()
    for row in table.to_dict("records"):
        mean = means[tuple(row[key] for key in keys)]
        assert row["value"] == pytest.approx(mean)
        assert row["low"] < row["value"] < row["high"]
    numbers = table.drop_duplicates("network").set_index("network")
    assert dict(numbers["num_networks"]) == {
        "trained": 4,
        "start": 1,
        "random": 3,
    }
    assert "one network" in numbers.loc["start", "note"]
    assert numbers.loc["trained", "note"] == ""


def test_the_floor_is_taken_off(made):
    table = made["probes_arms"]
    values = table.set_index(["network", "stage", "probe"])["value"]
    for row in table.to_dict("records"):
        if row["network"] == "random":
            assert np.isnan(row["over_random"])
            continue
        floor = values["random", row["stage"], row["probe"]]
        assert row["over_random"] == pytest.approx(row["value"] - floor)
    trained = table[table["network"] == "trained"].set_index(["stage", "probe"])
    for probe in ("linear", "knn"):
        assert trained.loc[("conv2", probe), "over_random_low"] > 0
        nothing = trained.loc[("conv1", probe)]
        assert nothing["over_random_low"] < 0 < nothing["over_random_high"]


def test_peaks(made):
    table = made["probes_peaks"]
    assert tuple(table.columns) == probe_tables.PEAK_COLUMNS
    trained = table[table["network"] == "trained"]
    assert len(table) == 3 * 2 and list(trained["probe"]) == ["linear", "knn"]
    for row in trained.to_dict("records"):
        assert (row["peak_stage"], row["last_stage"]) == ("conv2", "conv3")
        assert row["above_last"] == pytest.approx(
            row["peak_auc"] - row["last_auc"]
        )
        assert 0 < row["low"] < row["above_last"] < row["high"]


def test_a_peak_at_the_last_stage_has_no_interval(questions):
    one = answers(questions, "trained", "mine", 0)
    last = {
        place: probed
        for place, probed in one.probed.items()
        if place.stage != "conv3"
    }
    one = probe_tables.Answers(
        network="trained", columns=one.columns, step=9, probed=last
    )
    (row, _) = probe_tables.make([one], questions)["probes_peaks"].to_dict(
        "records"
    )
    assert row["peak_stage"] == row["last_stage"] == "conv2"
    assert row["above_last"] == 0 and np.isnan(row["low"])


def test_what_nothing_was_learned_of_has_no_peak():
    train = {**columns("train"), "label": np.zeros(200, int)}
    questions = probing.Questions("multiclass", "ab", train, columns("test"))
    made = probe_tables.make([answers(questions, "start", "x", 0)], questions)
    assert made["probes_peaks"].empty
    assert made["probes_arms"]["value"].isna().all()
    notes = made["probes"]["note"]
    assert notes.str.contains("nothing was learned").all()
