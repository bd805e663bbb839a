"""How small a network may be, on runs of known quality and costs by hand."""

import pytest

from tests.reporting.arm_trees import make_run
from transfusion_tf.analysis.comparing import measured_costs, network_sizes
from transfusion_tf.metrics import paired_auc
from transfusion_tf.reporting import network_size_report
from transfusion_tf.runs.predictions import read as read_predictions

# {network: (parameters, ms)}; the names have no more to do with it.
COSTS = {
    "resnet50": (1000, 9.0),
    "cbr_small": (100, 1.0),
    "cbr_tiny": (50, 2.0),
    "cbr_tiny@conv2": (10, 0.5),
}


def costs(chosen):
    """As measured_costs.of_arms, with the numbers of COSTS."""
    found = []
    for one in chosen:
        parameters, milliseconds = COSTS[one.config.model.label]
        found.append(
            {
                "parameters": parameters,
                "multiply_adds": 7 * parameters,
                "milliseconds_single": milliseconds,
                "milliseconds_batch": None,
                "machine": "an abacus",
            }
        )
    return found


def make_arm(root, network, signal, *, val_auc, seeds=3, **options):
    name, _, stage = network.partition("@")
    for seed in range(seeds):
        make_run(
            root / f"{network}-{seed}",
            **{
                "seed": seed,
                "signal": signal,
                "model": name,
                "truncate_at": stage or None,
                "val_auc": val_auc,
                "num_train_images": 500,
                "num": (150, 150),
                **options,
            },
        )


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    root = tmp_path_factory.mktemp("runs")
    # On val the largest is the best, on test a smaller one.
    make_arm(root, "resnet50", 3.0, val_auc=0.99)
    make_arm(root, "cbr_small", 3.1, val_auc=0.98)
    make_arm(root, "cbr_tiny", 3.05, val_auc=0.97)
    make_arm(root, "cbr_tiny@conv2", 0.5, val_auc=0.6)
    return root


def compare(runs, **options):
    return network_sizes.compare([runs / "*"], costs, **options)


def by_arm(found):
    return {row["arm"]: row for row in found.rows}


def scores_of(runs, network):
    paths = sorted(runs.glob(f"{network}-*/predictions/test.csv"))
    read = [read_predictions(path)[0] for path in paths]
    return read[0].labels, [one.scores[:, 1] for one in read]


def test_the_best_is_chosen_on_val_and_rows_are_by_parameters(runs):
    found = compare(runs, margin=0.1)
    assert found.best == "resnet50 random" and found.is_chosen
    rows = by_arm(found)
    assert list(rows) == [
        *("cbr_tiny@conv2 random", "cbr_tiny random", "cbr_small random"),
        "resnet50 random",
    ]
    best = rows[found.best]
    assert best["difference"] == 0 and best["p_non_inferior"] is None
    assert best["non_inferior"]


def test_differences_are_paired_and_p_values_adjusted(runs):
    found = compare(runs, margin=0.1)
    row = by_arm(found)["cbr_tiny random"]
    labels, first = scores_of(runs, "resnet50")
    expected = paired_auc.over_seeds(
        labels, first, scores_of(runs, "cbr_tiny")[1]
    )
    assert row["difference"] == pytest.approx(expected.value)
    assert row["difference_low"] == pytest.approx(expected.low)
    p_values = sorted(
        r["p_non_inferior"] for r in found.rows if r["arm"] != found.best
    )
    smallest = min(
        (r for r in found.rows if r["arm"] != found.best),
        key=lambda r: r["p_non_inferior"],
    )
    assert smallest["p_adjusted"] == pytest.approx(3 * p_values[0])
    # One-sided at 5% is the lower end of the 90% interval.
    low, _ = expected.bounds(0.9)
    assert (row["p_non_inferior"] <= 0.05) == (low > -0.1)


def test_the_smallest_that_is_shown_is_named(runs):
    found = compare(runs, margin=0.1)
    assert found.smallest["arm"] == "cbr_tiny random"
    lines = list(network_size_report.answer(found))
    assert lines[0] == (
        "On eyes (test: 300 images), AUC of yes: the best on val is resnet50 "
        "random with 1,000 parameters."
    )
    assert lines[1].startswith(
        "The smallest not inferior to it within 0.1: cbr_tiny random, "
    )
    assert "with 50 parameters (5.0% of them)" in lines[1]


def test_where_nothing_can_be_shown_the_answer_is_that(runs):
    found = compare(runs, margin=0.0001)
    assert found.smallest is None
    assert "Cannot tell" in list(network_size_report.answer(found))[1]


def test_smaller_networks_that_are_worse_are_called_worse(runs, tmp_path):
    make_arm(tmp_path, "resnet50", 3.0, val_auc=0.9)
    make_arm(tmp_path, "cbr_tiny@conv2", 0.2, val_auc=0.5)
    found = compare(tmp_path, margin=0.05)
    lines = list(network_size_report.answer(found))
    assert lines[1].startswith("Every smaller network is worse by more than")


def test_the_best_may_be_the_smallest(runs):
    reference = "cbr_tiny@conv2 random"
    found = compare(runs, margin=0.05, reference=reference)
    assert found.best == reference and not found.is_chosen
    lines = list(network_size_report.answer(found))
    assert "what --reference names is cbr_tiny@conv2 random" in lines[0]
    assert lines[1] == "It is itself the smallest of these networks."


def test_the_front_is_what_nothing_is_cheaper_and_better_than():
    rows = [
        {"value": value, "parameters": cost, "milliseconds_batch": None}
        for value, cost in ((0.9, 10), (0.8, 20), (0.95, 20), (0.9, 10))
    ]
    rows.append({"value": None, "parameters": 1, "milliseconds_batch": None})
    for row in rows:
        row |= {"multiply_adds": 1, "milliseconds_single": 1}
    network_sizes._mark_fronts(rows)
    assert [row["front_parameters"] for row in rows] == [
        *(True, False, True, True, None)
    ]
    assert [row["front_multiply_adds"] for row in rows] == [
        *(False, False, True, False, None)
    ]
    assert {row["front_milliseconds_batch"] for row in rows} == {None}


def test_arms_that_err_nowhere_are_compared_exactly(tmp_path):
    for network, val_auc in (("resnet50", 0.9), ("cbr_tiny", 0.8)):
        make_arm(tmp_path, network, 60.0, val_auc=val_auc, num=(40, 40))
    row = by_arm(compare(tmp_path, margin=0.1))["cbr_tiny random"]
    assert row["difference"] == 0
    assert row["p_non_inferior"] == pytest.approx(0.9**40)
    assert row["non_inferior"]


def test_one_seed_and_few_positives_are_noted(tmp_path):
    for network in ("resnet50", "cbr_tiny"):
        make_arm(tmp_path, network, 1.0, val_auc=0.9, seeds=1, num=(4, 50))
    for row in compare(tmp_path).rows:
        assert "one seed" in row["note"]
        assert "only 4 images of one class" in row["note"]


def test_an_undefined_auc_shows_nothing(tmp_path):
    for network in ("resnet50", "cbr_tiny"):
        make_arm(tmp_path, network, 1.0, val_auc=0.9, num=(0, 20))
    found = compare(tmp_path, reference="resnet50 random")
    row = by_arm(found)["cbr_tiny random"]
    assert row["difference"] is None and not row["non_inferior"]
    assert found.smallest is None
    assert "no positive image" in row["note"]
    assert list(network_size_report.answer(found))[1].startswith("Cannot tell")


def test_bad_input_is_refused(runs, tmp_path):
    with pytest.raises(ValueError, match="one arm only, resnet50 random"):
        network_sizes.compare([runs / "resnet50-*"], costs)
    with pytest.raises(ValueError, match="--reference=x is none of the arms"):
        compare(runs, reference="x")
    with pytest.raises(ValueError, match="--margin must lie between 0 and 1"):
        compare(runs, margin=0.0)
    make_arm(tmp_path, "cbr_tiny", 1.0, val_auc=None)
    with pytest.raises(ValueError, match="cbr_tiny random is missing or undef"):
        network_sizes.compare([runs / "resnet50-*", tmp_path / "*"], costs)
    make_arm(tmp_path / "few", "cbr_tiny", 1.0, val_auc=0.5, train_size=50)
    with pytest.raises(ValueError, match="--train_size. Received: all, 50"):
        network_sizes.compare([runs / "*", tmp_path / "few" / "*"], costs)


def test_costs_are_those_of_the_network_of_the_run(tmp_path):
    from transfusion_tf.analysis.comparing import chosen_arms

    for network in ("cbr_tiny", "cbr_tiny@conv2"):
        make_arm(tmp_path, network, 1.0, val_auc=0.5, seeds=1)
    chosen, _ = chosen_arms.read([tmp_path / "*"], "test")
    whole, cut = measured_costs.of_arms(chosen, is_timed=False)
    lower = 25 * (3 * 32 + 32 * 64) + 4 * (32 + 64)
    upper = 25 * (64 * 128 + 128 * 256) + 4 * (128 + 256)
    # Two outputs; images of 32 pixels.
    assert cut["parameters"] == lower + 64 * 2 + 2
    assert whole["parameters"] == lower + upper + 256 * 2 + 2
    assert (
        cut["multiply_adds"]
        == 25 * (32 * 32 * 3 * 32 + 16 * 16 * 32 * 64) + 64 * 2
    )
    assert cut["milliseconds_single"] is None and cut["machine"] == ""
