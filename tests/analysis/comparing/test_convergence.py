"""Steps to a validation AUC, from learning curves that are known."""

import pytest

from tests.reporting.curve_trees import make_curve
from transfusion_tf.analysis.comparing import convergence

SLOW = ([0.5, 0.6, 0.7, 0.8, 0.9, 0.9], [0.5, 0.5, 0.6, 0.7, 0.8, 0.9])
FAST = ([0.8, 0.9, 0.9, 0.9, 0.9, 0.9], [0.7, 0.8, 0.9, 0.9, 0.9, 0.9])
RANDOM, PRETRAINED = "cbr_tiny random", "cbr_tiny pretrained imagenet"


@pytest.fixture
def runs(tmp_path):
    for seed, aucs in enumerate(SLOW):
        make_curve(tmp_path / f"random-{seed}", aucs, seed=seed)
    for seed, aucs in enumerate(FAST):
        make_curve(tmp_path / f"pre-{seed}", aucs, seed=seed, init="pretrained")
    return tmp_path


def rows_of(found, unit="step"):
    return {row["arm"]: row for row in found.rows if row["unit"] == unit}


def test_the_first_of_two_evaluations_in_a_row_counts(tmp_path):
    make_curve(tmp_path / "a", [0.9, 0.7, 0.8, 0.9, 0.6], seed=0)
    (row,) = convergence.compare([tmp_path / "a"], target=0.75).run_rows
    assert (row["is_reached"], row["step"], row["seconds"]) == (True, 30, 60)


def test_a_run_that_reaches_it_at_its_last_evaluation_is_censored(tmp_path):
    make_curve(tmp_path / "a", [0.5, None, 0.6, 0.9], seed=0)
    (row,) = convergence.compare([tmp_path / "a"], target=0.75).run_rows
    assert (row["is_reached"], row["step"]) == (False, 40)


def test_an_undefined_auc_reaches_nothing(tmp_path):
    make_curve(tmp_path / "a", [0.9, None, 0.9, 0.9, None], seed=0)
    (row,) = convergence.compare([tmp_path / "a"], target=0.8).run_rows
    assert (row["is_reached"], row["step"]) == (True, 30)


def test_the_target_is_nine_tenths_of_the_way_of_the_reference(runs):
    found = convergence.compare([runs / "*"])
    assert found.target == pytest.approx(0.5 + 0.9 * 0.4)


def test_medians_speed_up_and_censoring(runs):
    # Random: reached at 50, and not by 60; pretrained: at 20 and 30.
    found = convergence.compare([runs / "*"])
    random, pretrained = (rows_of(found)[a] for a in (RANDOM, PRETRAINED))
    assert (random["num_reached"], random["median"]) == (1, 50)
    assert random["p_value"] is None and random["reference"] == RANDOM
    assert (pretrained["num_reached"], pretrained["median"]) == (2, 20)
    assert pretrained["speed_up"] == 2.5
    # Two against two: the grouping found and its mirror, of six.
    assert pretrained["p_value"] == pretrained["smallest_p_value"] == 1 / 3
    assert pretrained["low"] is None and pretrained["high"] is None
    seconds = rows_of(found, "seconds")[PRETRAINED]
    assert seconds["median"] == 40 and seconds["speed_up"] == 2.5


def test_five_seeds_bound_the_speed_up(tmp_path):
    for seed in range(5):
        late = [0.5] * (8 + seed) + [0.9] * (12 - seed)
        early = [0.5] * seed + [0.9] * (20 - seed)
        make_curve(tmp_path / f"r{seed}", late, seed=seed)
        make_curve(tmp_path / f"p{seed}", early, seed=seed, init="pretrained")
    row = rows_of(convergence.compare([tmp_path / "*"], target=0.8))[PRETRAINED]
    assert row["p_value"] == pytest.approx(2 / 252)
    assert 1 < row["low"] < row["speed_up"] < row["high"]
    assert row["speed_up"] == pytest.approx(110 / 30)


def test_a_target_that_nobody_reaches_is_said(runs):
    found = convergence.compare([runs / "*"], target=0.99)
    row = rows_of(found)[PRETRAINED]
    assert row["speed_up"] is None and row["median"] is None
    assert "no run of either arm" in row["note"]
    assert row["p_value"] == 1


def test_curves_are_means_where_all_runs_have_an_evaluation(runs):
    make_curve(runs / "random-9", [0.3] * 3, seed=9)
    curves = convergence.compare([runs / "*"], target=0.8).curve_rows
    random = [row for row in curves if row["arm"] == RANDOM]
    assert [row["step"] for row in random] == [10, 20, 30]
    assert random[1]["mean"] == pytest.approx((0.6 + 0.5 + 0.3) / 3)
    assert (random[1]["lowest"], random[1]["highest"]) == (0.3, 0.6)


def test_unfinished_runs_are_left_out_and_named(runs):
    make_curve(runs / "killed", [0.9, 0.9], seed=7, status="running")
    found = convergence.compare([runs / "*"])
    assert len(found.run_rows) == 4
    (line,) = found.left_out
    assert "killed" in line and "not finished" in line


@pytest.mark.parametrize(
    "change, message",
    [
        ({"target": 0.4}, "above 0.5 and at most 1. Received: 0.4"),
        ({"reference": "nobody"}, "none of the arms: cbr_tiny"),
    ],
)
def test_what_cannot_be_compared_is_refused(runs, change, message):
    with pytest.raises(ValueError, match=message):
        convergence.compare([runs / "*"], **change)


def test_a_reference_is_asked_for_where_none_or_several_are_random(runs):
    with pytest.raises(ValueError, match="No arm starts from random weights"):
        convergence.compare([runs / "pre-*"])
    make_curve(runs / "other", [0.5] * 3, seed=0, model="cbr_small")
    with pytest.raises(ValueError, match="Several arms start from random"):
        convergence.compare([runs / "*"])


def test_runs_on_several_data_sets_are_refused(runs):
    make_curve(runs / "other", [0.5] * 3, seed=4, data="chests")
    with pytest.raises(ValueError, match="one data set.*chests, eyes"):
        convergence.compare([runs / "*"])


@pytest.mark.parametrize(
    "text", ["", "step,seconds\n1,2\n", "step,seconds,val_auc\nx,1,0.5\n"]
)
def test_a_damaged_history_is_named(tmp_path, text):
    root = make_curve(tmp_path / "a", [0.5, 0.6], seed=0)
    (root / "history.csv").write_text(text)
    with pytest.raises(ValueError, match="history.csv is damaged"):
        convergence.compare([root])


def test_each_network_and_size_has_a_target_of_its_own(tmp_path):
    for model, size, end in (
        ("cbr_tiny", 50, 0.7),
        ("cbr_tiny", None, 0.8),
        ("cbr_small", None, 0.9),
        ("cbr_larget", None, 0.4),
    ):
        at = {"model": model, "train_size": size}
        if size:
            at["subset_seed"] = 0
        for init in ("random", "pretrained"):
            root = tmp_path / f"{model}-{size}-{init}"
            make_curve(root, [0.5, end, end], seed=0, init=init, **at)
    found = convergence.compare_networks([tmp_path / "*"])
    targets = {row["reference"]: row["target"] for row in found.rows}
    assert targets == {
        "cbr_tiny random, train_size=50": pytest.approx(0.68),
        "cbr_tiny random, train_size=all": pytest.approx(0.77),
        "cbr_small random": pytest.approx(0.86),
    }
    assert len(found.rows) == 12 and len(found.run_rows) == 6
    # Worse than chance at its end: nothing to be reached.
    (line,) = found.left_out
    assert line.startswith("cbr_larget random: The target is a validation AUC")
