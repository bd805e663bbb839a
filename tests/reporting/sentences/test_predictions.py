"""Sentences on predictions, from tables that are small enough to check."""

import numpy as np
import pandas as pd
import pytest

from transfusion_tf.reporting.sentences import predictions

ARMS = {"r0": "tiny random", "r1": "tiny random", "p0": "tiny pretrained"}


def arm_aucs(*rows, of="sick"):
    names = ("arm", "auc_of", "value", "low", "high")
    table = pd.DataFrame(
        [dict(zip(names, (arm, of, *v), strict=True)) for arm, *v in rows]
    )
    return table.assign(note="no positive image")


@pytest.mark.parametrize(
    "rows, sentence",
    [
        (
            [("a", 0.8, 0.7, 0.9), ("b", 0.6, 0.4, 0.8)],
            "The AUC of sick is highest in a: 0.800 [0.700, 0.900] and lowest "
            "in b: 0.600 [0.400, 0.800]; the interval of b holds chance.",
        ),
        (
            [("a", 0.8, 0.7, 0.9)],
            "The AUC of sick of a: 0.800 [0.700, 0.900].",
        ),
        (
            [("a", 0.6, 0.5, 0.7), ("b", 0.5, 0.4, 0.6)],
            "The AUC of sick is highest in a: 0.600 [0.500, 0.700] and lowest "
            "in b: 0.500 [0.400, 0.600]; every interval holds chance.",
        ),
        (
            [("a", np.nan, np.nan, np.nan)],
            "There is no value to show: no positive image.",
        ),
    ],
)
def test_the_highest_and_the_lowest_auc(rows, sentence):
    assert predictions.arm_aucs(arm_aucs(*rows)) == sentence


def test_of_several_aucs_the_mean_counts():
    first = arm_aucs(("a", 0.9, 0.8, 1.0), ("b", 0.7, 0.6, 0.8), of=">=1")
    mean = arm_aucs(("a", 0.7, 0.6, 0.8), ("b", 0.8, 0.7, 0.9), of="mean")
    said = predictions.arm_aucs(pd.concat([first, mean], ignore_index=True))
    assert said.startswith("The mean AUC is highest in b: 0.800")


def test_the_threshold_that_arms_are_judged_by_counts():
    first = arm_aucs(("a", 0.9, 0.8, 1.0), ("b", 0.7, 0.6, 0.8), of=">=1")
    mean = arm_aucs(("a", 0.7, 0.6, 0.8), ("b", 0.8, 0.7, 0.9), of="mean")
    table = pd.concat([first, mean], ignore_index=True)
    said = predictions.arm_aucs(table, of=">=1")
    assert said.startswith("The AUC of >=1 is highest in a: 0.900")


def scores(**columns):
    return pd.DataFrame(
        {
            "run": ["r0", "p0"],
            "seed": [0, 0],
            "auc_of": "sick",
            "prevalence": 0.25,
            "note": "one class",
            **columns,
        }
    )


def test_the_best_and_the_worst_calibrated():
    assert predictions.calibration(scores(ece=[0.2, 0.05]), ARMS) == (
        "The expected calibration error lies between 0.050 (sick, tiny "
        "pretrained seed 0) and 0.200 (sick, tiny random seed 0); 0 is perfect."
    )
    assert predictions.calibration(scores(ece=[np.nan, 0.1]), ARMS) == (
        "The expected calibration error is 0.100 (sick, tiny pretrained seed "
        "0); 0 is perfect."
    )


def test_the_average_precision_that_is_furthest_above_chance():
    table = scores(
        average_precision=[0.3, 0.6],
        average_precision_low=[0.2, 0.5],
        average_precision_high=[0.4, 0.7],
    )
    assert predictions.curves(table, ARMS) == (
        "The average precision is furthest above chance for sick in tiny "
        "pretrained seed 0: 0.600 [0.500, 0.700], where scores that say "
        "nothing have 0.250, the share of positives."
    )
    undefined = table.assign(average_precision=np.nan)
    assert "one class" in predictions.curves(undefined, ARMS)


@pytest.fixture
def groups():
    return pd.DataFrame(
        {
            "run": ["r0", "p0"],
            "seed": [0, 0],
            "auc_of": "sick",
            "column": "site",
            "group": ["B", ""],
            "other_group": "A",
            "difference": [-0.2, 0.1],
            "low": [-0.3, 0.0],
            "high": [-0.1, 0.2],
            "p_adjusted": [0.3, 0.01],
        }
    )


def test_a_difference_that_is_shown_goes_before_a_larger_one(groups):
    assert predictions.subgroup_differences(groups, ARMS) == (
        "Groups differ; the largest difference shown is that of the AUC of "
        "sick in tiny pretrained seed 0, site=(empty) minus A: +0.100 [+0.000, "
        "+0.200], adjusted p = 0.01."
    )


def test_no_difference_between_groups(groups):
    table = groups.assign(p_adjusted=[0.3, 0.9])
    assert predictions.subgroup_differences(table, ARMS).startswith(
        "No difference between groups is shown; the largest that was seen is "
        "that of the AUC of sick in tiny random seed 0, site=B minus A: -0.200"
    )
    none = predictions.subgroup_differences(
        groups.assign(difference=np.nan), ARMS
    )
    assert none.startswith("No two groups can be compared")


def pairs(measure, values, of="all classes"):
    names = [("r0", "r1"), ("r0", "p0"), ("r1", "p0")]
    return pd.DataFrame(
        {
            "run": [a for a, _ in names],
            "other_run": [b for _, b in names],
            "of": of,
            "measure": measure,
            "value": values,
        }
    )


def test_errors_within_an_arm_and_between_arms():
    assert predictions.agreement(pairs("kappa", [0.5, 0.1, 0.3]), ARMS) == (
        "The kappa of errors is 0.50 between seeds of one arm and 0.10 to 0.30 "
        "between arms; 0 is independence, 1 the same errors."
    )
    undefined = pairs("kappa", [np.nan] * 3)
    assert "no run errs" in predictions.agreement(undefined, ARMS)


def test_errors_on_each_class():
    table = pd.concat(
        [
            pairs("one_right", [0.1, 0.2, 0.3]).assign(true_class="healthy"),
            pairs("one_right", [0.4] * 3).assign(true_class="sick"),
            pairs("unequal_predictions", [0.9] * 3).assign(true_class="sick"),
        ]
    )
    assert predictions.disagreement(table) == (
        "Exactly one of two runs is right on a share of 0.10 to 0.30 of the "
        "images whose true class is healthy and a share of 0.40 of the images "
        "whose true class is sick."
    )
