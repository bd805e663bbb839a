"""What all comparisons say together, against sentences written by hand."""

import pytest

from transfusion_tf.analysis.comparing import paired_table
from transfusion_tf.reporting import verdict_summary

ARMS = [
    {"arm": name, "value": 0.75, "low": 0.7, "high": 0.8, "num_seeds": 3}
    for name in ("pretrained", "random")
]
MARGIN = (
    "0.01 in AUC, which is 1 more of 100 pairs of a sick and a healthy image "
    "put in the right order."
)


def row(verdict, difference, arm="pretrained", **changes):
    """A comparison; its intervals have 0.02 (90%: 0.008) on both sides."""
    values = dict.fromkeys(paired_table.COLUMNS)
    if difference is not None:
        values |= {"low": difference - 0.02, "high": difference + 0.02}
        values |= {"low_90": difference - 0.008}
        values |= {"high_90": difference + 0.008}
    return {
        **values,
        "arm": arm,
        "reference": "random",
        "difference": difference,
        "verdict": verdict,
        "note": "",
        **changes,
    }


def said(*rows, arms=ARMS, margin=0.01):
    return verdict_summary.sentences(rows, arms, margin=margin)


def test_one_gain_and_what_the_margin_means():
    assert said(row("helps", 0.0312)) == (
        "pretrained does better than random (+0.031 [+0.011, +0.051] in AUC).",
        f"The margin is {MARGIN}",
    )
    assert "2.5 more of 100 pairs" in said(row("helps", 0.1), margin=0.025)[1]


def test_each_group_has_a_sentence():
    rows = (
        row("helps", 0.05, "a"),
        row("hurts", -0.06, "b"),
        row("helps_within_margin", 0.001, "c"),
        row("cannot_tell", 0.01, "d", settled_by_seeds_from=7),
    )
    assert said(*rows) == (
        "a does better than random (+0.050 [+0.030, +0.070] in AUC); b does "
        "worse than random (-0.060 [-0.080, -0.040] in AUC).",
        "c and random (+0.001, 90% interval [-0.007, +0.009]) do not differ by "
        f"an AUC that matters: less than the margin, {MARGIN}",
        "These data cannot tell for d against random (+0.010 [-0.010, +0.030]; "
        "7 or more seeds would settle it), which is not to say that there is "
        "no difference.",
    )


@pytest.mark.parametrize("number", [4, 40])
def test_many_are_counted_and_the_largest_is_named(number):
    verdicts = ("helps", "hurts", "equivalent", "cannot_tell")
    rows = [
        row(verdict, (-1) ** (verdict == "hurts") * 0.001 * i, f"arm{i}")
        for verdict in verdicts
        for i in range(1, number + 1)
    ]
    sentences = said(*rows)
    assert len(sentences) == 3
    first = f"{number} arms do better than what they are compared with"
    assert sentences[0].startswith(first)
    for sentence in sentences:
        assert f"arm{number} against random" in sentence
        assert "arm1 " not in sentence
    assert f"{number} arms do worse" in sentences[0]
    assert f"{number} comparisons" in sentences[2]


def test_one_seed_and_an_auc_that_is_undefined():
    single = [{**arm, "num_seeds": 1} for arm in ARMS]
    (sentence,) = said(
        row("cannot_tell", None, note="no positive image"), arms=single
    )
    assert sentence == (
        "pretrained against random has no AUC (no positive image), as far as "
        "one seed can tell."
    )


def test_nothing_is_compared():
    (sentence,) = said(arms=ARMS[1:])
    assert sentence == (
        "Nothing is compared, as no arm has a reference (random: AUC 0.750 "
        "[0.700, 0.800])."
    )
