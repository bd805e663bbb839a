"""Each outcome of claims on convergence, similarity and errors."""

import math

import pandas as pd
import pytest

from tests.study.report.claims.made_up import arm, evidence
from transfusion_tf.study.report.claims.rules import RULES

ARMS = (
    arm("r", "resnet50"),
    arm("m", "resnet50", "mean_var"),
    arm("p", "resnet50", "pretrained"),
)


def judged(rule, *arms, **found):
    """The outcome of a rule, of {table: rows}."""
    frames = {name: pd.DataFrame(rows) for name, rows in found.items()}
    return RULES[rule].judge(evidence(arms or ARMS, **frames)).outcome


def times(name, speed_up, p_value, reached=3):
    """A row of convergence.csv."""
    return {
        "arm": name,
        "reference": "r",
        "unit": "step",
        "num_runs": 3,
        "num_reached": reached,
        "speed_up": speed_up,
        "p_value": p_value,
        "smallest_p_value": 0.008,
    }


REFERENCE = times("r", 1.0, math.nan, reached=1)


@pytest.mark.parametrize(
    "rule, name", [("pretrained_sooner", "p"), ("mean_var_sooner", "m")]
)
@pytest.mark.parametrize(
    "row, outcome",
    [
        ((2.0, 0.01), "agrees"),
        ((0.5, 0.01), "disagrees"),
        ((2.0, 0.10), "cannot tell"),
        ((2.0, math.nan), "cannot tell"),
        # The reference has no median: what arrived more often was sooner.
        ((math.nan, 0.01), "agrees"),
        ((math.nan, 0.01, 0), "disagrees"),
        ((math.nan, 0.01, 1), "cannot tell"),
    ],
)
def test_sooner(rule, name, row, outcome):
    found = [times(name, *row), REFERENCE]
    assert judged(rule, convergence=found) == outcome
    assert judged(rule, convergence=[REFERENCE]) == "not asked"


def test_two_networks_halve_the_level():
    arms = (*ARMS, arm("p2", "cbr_tiny", "pretrained"))
    rows = [times("p", 2.0, 0.03), times("p2", 2.0, 0.03)]
    assert judged("pretrained_sooner", *arms, convergence=rows[:1]) == "agrees"
    assert judged("pretrained_sooner", *arms, convergence=rows) == "cannot tell"


@pytest.mark.parametrize(
    "medians, p_values, outcome",
    [
        ((100, 50, 45, 40), (0.01, 0.01), "agrees"),
        ((100, 95, 45, 40), (0.01, 0.01), "disagrees"),
        ((100, 50, 45, 40), (0.20, 0.01), "cannot tell"),
        ((100, 95, 45, 40), (0.01, 0.20), "cannot tell"),
        ((math.nan, 50, 45, 40), (0.01, 0.01), "cannot tell"),
        # Two falls are the largest.
        ((100, 60, 20, 10), (0.20, 0.20), "cannot tell"),
    ],
)
def test_first_stage(medians, p_values, outcome):
    names = ("r", "t1", "t2", "p")
    stages = [
        {
            "series": "resnet50",
            "unit": "step",
            "through": through,
            "place": place,
            "arm": name,
            "median": median,
        }
        for place, (name, median, through) in enumerate(
            zip(names, medians, ("none", "a", "b", "all"), strict=True)
        )
    ]
    rows = [times("t1", 2, p_values[0]), times("p", 2, p_values[1])]
    found = judged(
        "first_stage_most", convergence=rows, convergence_stages=stages
    )
    assert found == outcome


def similar(**runs):
    """Rows of before_after.csv: similarities of runs, bottom to top."""
    return [
        {
            "run": run,
            "other_run": run,
            "measure": measure,
            "stage_index": index,
            "value": value if measure == "cca" else 0.5,
        }
        for run, values in runs.items()
        for measure in ("svcca", "cca")
        for index, value in enumerate(values)
    ]


HIGH = {"p0": (0.9, 0.3), "p1": (0.8, 0.3), "p2": (0.85, 0.3)}
FLAT = {"r0": (0.5, 0.5), "r1": (0.5, 0.45), "r2": (0.5, 0.47)}


@pytest.mark.parametrize(
    "pretrained, random, outcome",
    [
        (HIGH, FLAT, "agrees"),
        (
            {"p0": (0.5, 0.5), "p1": (0.5, 0.45), "p2": (0.5, 0.47)},
            {"r0": (0.9, 0.3), "r1": (0.8, 0.3), "r2": (0.85, 0.3)},
            "disagrees",
        ),
        (HIGH, {f"r{name[1]}": v for name, v in HIGH.items()}, "cannot tell"),
        ({"p0": (0.9, 0.3)}, {"r0": (0.5, 0.5)}, "cannot tell"),
        ({}, FLAT, "not asked"),
    ],
)
def test_reuse_in_the_lowest_stage(pretrained, random, outcome):
    rows = similar(**pretrained, **random)
    assert judged("reuse_lowest", before_after=rows) == outcome


def test_change_with_height_is_by_students_interval():
    assert judged("changes_with_height", before_after=similar(**HIGH)) == (
        "agrees"
    )
    upside_down = {run: values[::-1] for run, values in HIGH.items()}
    found = judged("changes_with_height", before_after=similar(**upside_down))
    assert found == "disagrees"
    # Falls 0.6, 0.5, 0.55: mean 0.55, t(2) 4.3027 times 0.05 / sqrt(3).
    frame = pd.DataFrame(similar(**HIGH))
    rule = RULES["changes_with_height"]
    found = rule.judge(evidence(ARMS, before_after=frame))
    assert found.numbers == "p, cca: +0.550 [+0.426, +0.674]"


def between(alike, other):
    """Rows of between.csv: two random runs, and a random and another."""
    values = {("r0", "r1"): alike, ("r1", "r2"): alike + 0.01}
    values |= {("r0", "p0"): other, ("p1", "r2"): other + 0.01}
    values |= {("p0", "p1"): 0.99}
    return [
        {
            "run": run,
            "other_run": other_run,
            "measure": "cca",
            "stage_index": index,
            # Only the upper two count.
            "value": value if index else 0.0,
        }
        for (run, other_run), value in values.items()
        for index in range(3)
    ]


@pytest.mark.parametrize(
    "alike, other, outcome",
    [
        (0.5, 0.3, "agrees"),
        (0.3, 0.5, "disagrees"),
        (0.3, 0.305, "cannot tell"),
    ],
)
def test_alike_starts(alike, other, outcome):
    rule = "same_start_more_alike"
    assert judged(rule, between=between(alike, other)) == outcome
    small = (arm("r"), arm("p", scheme="pretrained"))
    assert judged(rule, *small, between=between(alike, other)) == "not asked"


def kappa(low, high, run="p0", other="q0"):
    """A row of agreement.csv."""
    value = (low + high) / 2
    ends = {"value": value, "low": low, "high": high}
    return {"run": run, "other_run": other, "measure": "kappa", **ends}


@pytest.mark.parametrize(
    "rows, outcome",
    [
        ([kappa(0.1, 0.5)], "agrees"),
        ([kappa(-0.5, -0.1)], "disagrees"),
        ([kappa(-0.1, 0.5)], "cannot tell"),
        ([kappa(0.1, 0.5), kappa(-0.1, 0.3, "p1")], "cannot tell"),
        # Of one source.
        ([kappa(0.1, 0.5, "p0", "p1")], "not asked"),
        ([kappa(math.nan, math.nan)], "not asked"),
    ],
)
def test_predictions(rows, outcome):
    other = arm("q", "resnet50", "pretrained", source="radimagenet")
    found = judged("similar_predictions", *ARMS, other, agreement=rows)
    assert found == outcome


def correlated(*ends):
    """Rows of gain_correlations.csv, one a stage."""
    return [
        {
            "init": "pretrained imagenet",
            "measure": "cca",
            "stage": f"conv{index}",
            "coefficient": "pearson",
            "value": (low + high) / 2,
            "low": low,
            "high": high,
        }
        for index, (low, high) in enumerate(ends)
    ]


@pytest.mark.parametrize(
    "ends, without, against",
    [
        ([(-0.2, 0.3), (-0.3, 0.1)], "agrees", "disagrees"),
        ([(-0.9, -0.2), (-0.8, -0.1), (-0.9, 0.9)], "disagrees", "agrees"),
        ([(0.2, 0.9), (0.1, 0.9)], "disagrees", "disagrees"),
        ([(-0.9, -0.2), (-0.9, 0.9)], "cannot tell", "cannot tell"),
        ([(math.nan, math.nan)], "cannot tell", "cannot tell"),
        ([], "not asked", "not asked"),
    ],
)
def test_correlation_with_gain(ends, without, against):
    rows = {"gain_correlations": correlated(*ends)} if ends else {}
    assert judged("similarity_without_gain", **rows) == without
    assert judged("similarity_against_gain", **rows) == against
