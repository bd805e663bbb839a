"""Each outcome of claims on AUCs, from made-up differences."""

import math

import pytest

from tests.study.report.claims.made_up import arm, evidence, row
from transfusion_tf.reporting.published import claims
from transfusion_tf.study.report.claims import judgement
from transfusion_tf.study.report.claims.rules import RULES

# Difference, half of its 95% interval; the margin is 0.01.
BETTER, WORSE = (0.05, 0.01), (-0.05, 0.01)
EQUAL, SLIGHTLY = (0.0, 0.005), (0.005, 0.003)
UNCLEAR = (0.02, 0.05)
# More than the margin, but perhaps not by more than that.
NOT_CLEARLY_MUCH = (0.015, 0.01)


def judged(rule, found):
    """The outcome of a rule."""
    return RULES[rule].judge(found).outcome


def started(model, *differences, **values):
    """Evidence of pretrained against random networks of a model."""
    arms, rows = [], []
    for place, difference in enumerate(differences):
        names = f"random{place}", f"pretrained{place}"
        others = {"others": str(place), **values}
        arms.append(arm(names[0], model, others=str(place)))
        arms.append(arm(names[1], model, "pretrained", **others))
        rows.append(row(names[1], names[0], *difference))
    return evidence(arms, rows)


@pytest.mark.parametrize(
    "rule, model",
    [
        ("pretraining_little_for_large", "resnet50"),
        ("pretraining_little_for_small", "cbr_small"),
    ],
)
@pytest.mark.parametrize(
    "differences, outcome",
    [
        ([EQUAL], "agrees"),
        ([SLIGHTLY], "agrees"),
        ([EQUAL, SLIGHTLY], "agrees"),
        ([BETTER], "disagrees"),
        ([WORSE], "disagrees"),
        ([EQUAL, BETTER], "disagrees"),
        ([UNCLEAR], "cannot tell"),
        ([NOT_CLEARLY_MUCH], "cannot tell"),
        ([EQUAL, UNCLEAR], "cannot tell"),
        ([], "not asked"),
    ],
)
def test_little(rule, model, differences, outcome):
    assert judged(rule, started(model, *differences)) == outcome


def test_claims_on_large_networks_are_not_judged_by_small_ones():
    small = started("cbr_small", BETTER)
    assert judged("pretraining_little_for_large", small) == "not asked"
    large = started("resnet50", BETTER)
    assert judged("pretraining_little_for_small", large) == "not asked"


@pytest.mark.parametrize(
    "difference, outcome",
    [
        (BETTER, "agrees"),
        (SLIGHTLY, "agrees"),
        (WORSE, "disagrees"),
        (EQUAL, "disagrees"),
        (UNCLEAR, "cannot tell"),
    ],
)
def test_pretraining_helps(difference, outcome):
    found = started("resnet50", difference)
    assert judged("pretraining_helps", found) == outcome
    other = started("resnet50", difference, source="radimagenet")
    assert judged("pretraining_helps", other) == "not asked"


def statistics(features, statistics_alone):
    """Evidence of pretrained, mean_var and random arms."""
    arms = [
        arm("random"),
        arm("mean_var", scheme="mean_var"),
        arm("pretrained", scheme="pretrained"),
    ]
    return evidence(
        arms,
        [
            row("pretrained", "mean_var", *features),
            row("mean_var", "random", *statistics_alone),
        ],
    )


@pytest.mark.parametrize(
    "features, alone, matter, alike, both",
    [
        (BETTER, BETTER, "agrees", "disagrees", "agrees"),
        (EQUAL, BETTER, "disagrees", "agrees", "disagrees"),
        (BETTER, EQUAL, "agrees", "disagrees", "disagrees"),
        (SLIGHTLY, BETTER, "agrees", "agrees", "agrees"),
        (UNCLEAR, BETTER, "cannot tell", "cannot tell", "cannot tell"),
    ],
)
def test_features_and_statistics(features, alone, matter, alike, both):
    found = statistics(features, alone)
    assert judged("features_matter", found) == matter
    assert judged("mean_var_ends_alike", found) == alike
    assert judged("features_and_statistics", found) == both


def pair(first, other, difference):
    """Evidence of two arms and their difference."""
    return evidence([first, other], [row(first.name, other.name, *difference)])


PAIRS = {
    "imagenet_over_radimagenet": (
        arm("a", "resnet50", "pretrained"),
        arm("b", "resnet50", "pretrained", source="radimagenet"),
    ),
    "gabor_as_good": (
        arm("a", scheme="gabor", source=None),
        arm("b", scheme="transfusion", through="conv1"),
    ),
    "slim_as_good": (
        arm("a", "resnet50_slim", "transfusion", through="conv2"),
        arm("b", "resnet50", "pretrained"),
    ),
    "truncated_as_good": (
        arm("a", "resnet50", "pretrained", truncate_at="conv2"),
        arm("b", "resnet50", "pretrained"),
    ),
    "small_as_good": (arm("a", "cbr_small"), arm("b", "resnet50")),
}


@pytest.mark.parametrize("rule", PAIRS)
@pytest.mark.parametrize(
    "difference, outcome",
    [
        (BETTER, "agrees"),
        (EQUAL, "agrees"),
        (WORSE, "disagrees"),
        (UNCLEAR, "cannot tell"),
        ((-0.015, 0.01), "cannot tell"),
    ],
)
def test_as_good(rule, difference, outcome):
    first, other = PAIRS[rule]
    assert judged(rule, pair(first, other, difference)) == outcome


@pytest.mark.parametrize("rule", PAIRS)
def test_undefined_differences_say_nothing(rule):
    first, other = PAIRS[rule]
    found = RULES[rule].judge(pair(first, other, (math.nan, math.nan)))
    assert found.outcome == "cannot tell"
    assert found.numbers == "a minus b: n/a"


def test_one_small_network_that_is_as_good_is_enough():
    arms = [
        arm("tiny", "cbr_tiny"),
        arm("small", "cbr_small"),
        arm("large", "resnet50"),
    ]
    rows = [row("tiny", "large", *WORSE), row("small", "large", *EQUAL)]
    assert judged("small_as_good", evidence(arms, rows)) == "agrees"


def sized(few, many, count=1):
    """Evidence of gains with few and with all training images."""
    arms, rows = [], []
    for place in range(count):
        for size, difference in ((100, few), (None, many)):
            values = {"train_size": size, "others": str(place)}
            names = f"r{place}{size}", f"p{place}{size}"
            arms.append(arm(names[0], **values))
            arms.append(arm(names[1], scheme="pretrained", **values))
            rows.append(row(names[1], names[0], *difference))
    return evidence(arms, rows)


@pytest.mark.parametrize(
    "few, many, outcome",
    [
        ((0.05, 0.01), (0.01, 0.01), "agrees"),
        ((0.01, 0.01), (0.05, 0.01), "disagrees"),
        ((0.01, 0.004), (0.01, 0.004), "disagrees"),
        ((0.05, 0.04), (0.01, 0.04), "cannot tell"),
    ],
)
def test_more_with_few(few, many, outcome):
    assert judged("more_with_few", sized(few, many)) == outcome


def test_the_interval_of_a_difference_of_differences_is_by_pythagoras():
    found = RULES["more_with_few"].judge(sized((0.05, 0.03), (0.01, 0.04)))
    assert found.numbers.endswith("+0.0400 [-0.0100, +0.0900]")


def test_several_networks_need_wider_intervals():
    few, many = (0.05, 0.028), (0.01, 0.028)
    assert judged("more_with_few", sized(few, many)) == "agrees"
    assert judged("more_with_few", sized(few, many, 4)) == "cannot tell"


def test_one_size_asks_nothing():
    found = sized(BETTER, EQUAL)
    largest = found.at_largest_size()
    assert {a.train_size for a in largest.arms} == {None}
    assert judged("more_with_few", largest) == "not asked"


@pytest.mark.parametrize(
    "small, large, outcome",
    [
        ((0.05, 0.01), (0.01, 0.01), "agrees"),
        ((0.01, 0.01), (0.05, 0.01), "disagrees"),
        ((0.02, 0.05), (0.01, 0.05), "cannot tell"),
    ],
)
def test_more_for_small(small, large, outcome):
    arms = [
        arm("rs", "squeezenet"),
        arm("ps", "squeezenet", "pretrained"),
        arm("rl", "resnet50"),
        arm("pl", "resnet50", "pretrained"),
    ]
    rows = [row("ps", "rs", *small), row("pl", "rl", *large)]
    assert judged("more_for_small", evidence(arms, rows)) == outcome


def test_every_claim_has_a_rule_and_every_rule_a_claim():
    assert {claim.rule for claim in claims.CLAIMS} == set(RULES)
    keys = [claim.key for claim in claims.CLAIMS]
    assert len(set(keys)) == len(keys)
    contradicted = {key for claim in claims.CLAIMS for key in claim.contradicts}
    assert contradicted <= set(keys)


def test_without_any_evidence_nothing_is_asked():
    for rule in RULES.values():
        assert rule.judge(evidence([])) == judgement.NOTHING
