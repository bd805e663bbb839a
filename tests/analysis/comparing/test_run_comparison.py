"""Verdicts on arms of run directories with predictions of known quality."""

import numpy as np
import pytest

from tests.reporting.arm_trees import make_run
from transfusion_tf.analysis import auc_table
from transfusion_tf.analysis.comparing import arms, run_comparison
from transfusion_tf.metrics import paired_auc
from transfusion_tf.runs.predictions import read as read_predictions


def make_arm(root, name, *, seeds=3, **options):
    return [
        make_run(root / f"{name}-{seed}", seed=seed, **options)
        for seed in range(seeds)
    ]


def compare(paths, **options):
    found = run_comparison.compare(paths, **options)
    return found, {row["arm"]: row for row in found.rows}


@pytest.fixture
def two_arms(tmp_path):
    return [
        *make_arm(tmp_path, "random", signal=0.5),
        *make_arm(tmp_path, "pretrained", signal=3.0, init="pretrained"),
    ]


def test_a_large_difference_helps_and_is_the_paired_auc(two_arms):
    found, rows = compare(two_arms)
    (row,) = rows.values()
    assert row["verdict"] == "helps" and row["non_inferior"]
    assert row["arm"] == "cbr_tiny pretrained imagenet"
    assert row["reference"] == "cbr_tiny random"
    read = [
        read_predictions(path / "predictions" / "test.csv")[0]
        for path in two_arms
    ]
    scores = np.stack([scored.scores[:, 1] for scored in read])
    expected = paired_auc.over_seeds(read[0].labels, scores[:3], scores[3:])
    assert row["difference"] == pytest.approx(expected.value)
    assert (row["low"], row["high"]) == (expected.low, expected.high)
    assert row["p_adjusted"] == row["p_value"] == expected.p_value
    assert [r["num_seeds"] for r in found.arm_rows] == [3, 3]
    assert found.left_out == [] and found.warnings == []


def test_seeds_that_are_missing_are_warned_of(two_arms):
    found, _ = compare(two_arms[:4])
    single, unequal = found.as_json()["warnings"]
    assert single.startswith("One seed only: cbr_tiny pretrained imagenet. ")
    assert "cbr_tiny random 3; cbr_tiny pretrained imagenet 1." in unequal


def test_the_other_way_round_it_hurts(two_arms):
    _, rows = compare(two_arms, reference="cbr_tiny pretrained imagenet")
    assert rows["cbr_tiny random"]["verdict"] == "hurts"


def test_equal_arms_cannot_be_told_apart_and_what_would_is_said(tmp_path):
    paths = [
        *make_arm(tmp_path, "random", signal=1.0),
        *make_arm(tmp_path, "gabor", signal=1.02, init="gabor", weights=None),
    ]
    _, rows = compare(paths)
    (row,) = rows.values()
    assert row["verdict"] == "cannot_tell" and not row["non_inferior"]
    assert row["settled_by_patients_from"] > 120
    _, rows = compare(paths, margin=0.4)
    (row,) = rows.values()
    assert row["verdict"] == "equivalent" and row["non_inferior"]
    assert row["settled_by_seeds_from"] is None


def test_p_values_are_adjusted_for_what_was_planned(tmp_path, two_arms):
    more = make_arm(tmp_path, "mean_var", signal=0.7, init="mean_var")
    _, one = compare(two_arms)
    _, two = compare([*two_arms, *more])
    name = "cbr_tiny pretrained imagenet"
    assert two[name]["p_value"] == one[name]["p_value"]
    assert two[name]["p_adjusted"] == pytest.approx(2 * one[name]["p_value"])


def test_learning_rates_are_arms_and_have_their_own_reference(tmp_path):
    paths = [
        path
        for rate in (1e-3, 1e-4)
        for init in ("random", "pretrained")
        for path in make_arm(
            tmp_path / f"{rate}",
            init,
            signal=1.0,
            init=init,
            learning_rate=rate,
        )
    ]
    _, rows = compare(paths)
    assert {name: row["reference"] for name, row in rows.items()} == {
        f"cbr_tiny pretrained imagenet, learning_rate={rate}": (
            f"cbr_tiny random, learning_rate={rate}"
        )
        for rate in (0.001, 0.0001)
    }


def test_seeds_of_subsets_are_no_arms_but_sizes_are(tmp_path):
    paths = [
        make_run(
            tmp_path / f"{size}-{seed}",
            seed=seed,
            signal=1.0,
            train_size=size,
            subset_seed=seed,
        )
        for size in (20, 50)
        for seed in (0, 1)
    ]
    grouped, _ = arms.of_runs(auc_table.load(paths, "test"))
    assert [(arm.name, arm.seeds) for arm in grouped] == [
        ("cbr_tiny random, train_size=20", ("0", "1")),
        ("cbr_tiny random, train_size=50", ("0", "1")),
    ]


def test_globs_name_runs_and_what_is_not_finished_is_named(tmp_path, two_arms):
    killed = make_run(tmp_path / "random-3", seed=3, signal=0.5)
    (killed / "predictions" / "test.csv").unlink()
    (tmp_path / "notes").mkdir()
    found, rows = compare([tmp_path / "*"])
    assert len(rows) == 1 and len(found.left_out) == 1
    assert "random-3: no predictions of test" in found.left_out[0]


def test_an_arm_without_a_reference_is_left_out_and_named(tmp_path, two_arms):
    other = make_arm(
        tmp_path, "large", signal=1.0, init="pretrained", image_size=64
    )
    found, rows = compare([*two_arms, *other])
    assert len(rows) == 1
    (line,) = found.left_out
    assert "image_size=64: no runs from random weights of the same" in line


def test_truncated_networks_are_other_networks(tmp_path, two_arms):
    cut = make_arm(
        tmp_path, "cut", signal=1.0, init="pretrained", truncate_at="conv2"
    )
    found, rows = compare([*two_arms, *cut])
    assert len(rows) == 1
    (line,) = found.left_out
    assert line.startswith("cbr_tiny@conv2 pretrained imagenet: no runs from")


def test_one_seed_counts_the_test_set_alone_and_says_so(two_arms):
    _, rows = compare([two_arms[0], two_arms[3]])
    (row,) = rows.values()
    assert row["seeds_sd"] is None and "one seed" in row["note"]


def test_few_positives_are_noted_and_none_is_undefined(tmp_path):
    few = [
        path
        for init in ("random", "pretrained")
        for path in make_arm(tmp_path, init, signal=1.0, init=init, num=(4, 50))
    ]
    _, rows = compare(few)
    (row,) = rows.values()
    assert "only 4 images of one class" in row["note"]
    none = [
        path
        for init in ("random", "pretrained")
        for path in make_arm(
            tmp_path / "none", init, signal=1.0, init=init, num=(0, 9)
        )
    ]
    found, rows = compare(none)
    (row,) = rows.values()
    assert row["verdict"] == "cannot_tell" and row["difference"] is None
    assert "no positive image among 9" in row["note"]
    assert found.arm_rows[0]["value"] is None


def test_patients_are_the_unit_where_there_are_any(tmp_path):
    patients = np.array([f"p{i // 2}" for i in range(120)])
    paths = [
        path
        for init in ("random", "pretrained")
        for path in make_arm(
            tmp_path, init, signal=1.0, init=init, patients=patients
        )
    ]
    _, rows = compare(paths)
    (row,) = rows.values()
    assert (row["num_images"], row["num_patients"]) == (120, 60)


def test_grades_are_compared_on_the_mean_or_on_one_threshold(tmp_path):
    paths = [
        path
        for init in ("random", "pretrained")
        for path in make_arm(
            tmp_path, init, signal=1.0, init=init, task="ordinal"
        )
    ]
    _, rows = compare(paths)
    assert next(iter(rows.values()))["metric"] == "mean AUC of 2"
    _, rows = compare(paths, threshold=2)
    assert next(iter(rows.values()))["metric"] == "AUC of grade >= severe"
    with pytest.raises(ValueError, match="must be one of 1..2"):
        compare(paths, threshold=3)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"reference": "best"}, "--reference=best is none of the arms: cbr"),
        ({"margin": 0.0}, "--margin must lie between 0 and 1"),
    ],
)
def test_wrong_options_are_one_line(two_arms, options, message):
    with pytest.raises(ValueError, match=message):
        compare(two_arms, **options)


def test_wrong_runs_are_one_line(tmp_path, two_arms):
    with pytest.raises(FileNotFoundError, match="matches nothing: a run is"):
        compare([tmp_path / "none-*"])
    with pytest.raises(FileNotFoundError, match="no predictions of val"):
        compare(two_arms, split="val")
    other = make_run(tmp_path / "x", seed=0, signal=1.0, data="lungs")
    with pytest.raises(ValueError, match=r"Received runs on eyes .*lungs"):
        compare([*two_arms, other])
    copy = make_run(tmp_path / "copy", seed=0, signal=0.5)
    with pytest.raises(ValueError, match="are the same run"):
        compare([*two_arms, copy])


def test_all_images_are_named_so_beside_a_number(tmp_path):
    paths = [
        *make_arm(tmp_path / "few", "cbr_tiny", signal=1.0, train_size=50),
        *make_arm(tmp_path / "all", "cbr_tiny", signal=1.0),
    ]
    grouped, _ = arms.of_runs(auc_table.load(paths, "test"))
    assert [arm.name for arm in grouped] == [
        "cbr_tiny random, train_size=50",
        "cbr_tiny random, train_size=all",
    ]


def test_one_and_several_that_are_left_out():
    said = [run_comparison.warnings([], ["a", "b"][:n]) for n in (0, 1, 2)]
    assert said == [
        [],
        ["1 run or arm is left out; see left_out."],
        ["2 runs or arms are left out; see left_out."],
    ]


def test_names_say_augmentations_and_the_ranges_that_are_not_implied(tmp_path):
    settings = {
        "plain": {},
        "shifted": {"augment": ["shift"]},
        "weighted": {"class_weights": ["balanced"]},
        "chest": {"augment": ["zoom", "shear", "shift", "rotation"]},
    }
    paths = [
        make_run(tmp_path / name, seed=0, signal=1.0, **of_name)
        for name, of_name in settings.items()
    ]
    grouped, _ = arms.of_runs(auc_table.load(paths, "test"))
    assert [arm.name.removeprefix("cbr_tiny random, ") for arm in grouped] == [
        "augment=none, class_weights=none",
        "augment=shift, class_weights=none",
        "augment=none, class_weights=balanced",
        "augment=chest, class_weights=none",
    ]
    far = make_run(
        tmp_path / "far",
        seed=0,
        signal=1.0,
        augment=["shift"],
        shift_range=0.3,
    )
    grouped, _ = arms.of_runs(auc_table.load([paths[1], far], "test"))
    assert [arm.name for arm in grouped] == [
        "cbr_tiny random, shift_range=0.1",
        "cbr_tiny random, shift_range=0.3",
    ]
