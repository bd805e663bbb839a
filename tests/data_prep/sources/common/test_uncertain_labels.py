"""Tests of what becomes of uncertain and blank labels."""

import numpy as np
import pytest

from data_prep.sources.common import uncertain_labels


def values(states, label="Edema", **options):
    """The values of one label, for states by name."""
    policy = uncertain_labels.policy((label,), **options)
    indices = [uncertain_labels.STATES.index(state) for state in states]
    columns, known = policy.columns(np.array(indices)[:, None])
    (column,) = columns.values()
    return column.tolist(), known.tolist()


# Irvin et al. 2019, section 3, for each state in turn.
@pytest.mark.parametrize(
    "way, blank, expected",
    [
        ("ignore", "negative", [1, 0, -1, 0]),
        ("zeros", "negative", [1, 0, 0, 0]),
        ("ones", "negative", [1, 0, 1, 0]),
        ("ignore", "missing", [1, 0, -1, -1]),
        ("zeros", "missing", [1, 0, 0, -1]),
        ("ones", "missing", [1, 0, 1, -1]),
        (
            "multiclass",
            "negative",
            ["positive", "negative", "uncertain", "negative"],
        ),
        ("multiclass", "missing", ["positive", "negative", "uncertain", ""]),
    ],
)
def test_ways(way, blank, expected):
    found, known = values(
        ("positive", "negative", "uncertain", "unmentioned"),
        uncertain=[way],
        blank=blank,
    )
    assert found == expected
    assert known == [value not in (-1, "") for value in expected]


def test_each_label_has_its_way():
    labels = ("Atelectasis", "Edema", "Fracture")
    policy = uncertain_labels.policy(
        labels, ["Edema:ones", "ignore", "Fracture:zeros"], "missing"
    )
    uncertain = uncertain_labels.STATES.index("uncertain")
    columns, known = policy.columns(np.full((2, 3), uncertain))
    assert {k: v.tolist() for k, v in columns.items()} == {
        "Atelectasis": [-1, -1],
        "Edema": [1, 1],
        "Fracture": [0, 0],
    }
    assert known.all() and columns["Edema"].dtype == np.int8
    assert (policy.task, policy.classes) == ("multilabel", labels)
    assert policy.for_card() == {
        "uncertain": {
            "Atelectasis": "ignore",
            "Edema": "ones",
            "Fracture": "zeros",
        },
        "blank": "missing",
    }


def test_without_a_word_uncertain_is_ignored_and_blank_is_negative():
    policy = uncertain_labels.policy(("Edema", "Fracture"))
    assert set(policy.uncertain.values()) == {"ignore"}
    assert policy.blank == "negative"
    only = uncertain_labels.policy(("Edema", "Fracture"), ["Edema:ones"])
    assert only.uncertain == {"Edema": "ones", "Fracture": "ignore"}


@pytest.mark.parametrize("uncertain", [["multiclass"], ["Edema:multiclass"]])
def test_three_classes_of_one_label(uncertain):
    policy = uncertain_labels.policy(("Edema",), uncertain)
    assert policy.task == "multiclass"
    assert policy.classes == ("negative", "uncertain", "positive")


@pytest.mark.parametrize(
    "labels, options, message",
    [
        (
            ("Edema", "Fracture"),
            {"uncertain": ["multiclass"]},
            "three classes of one label, and there are 2: Edema, Fracture. N",
        ),
        (
            ("Edema", "Fracture"),
            {"uncertain": ["zeros", "Edema:multiclass"]},
            "three classes of one label",
        ),
        (
            ("Edema",),
            {"uncertain": ["zero"]},
            "Unknown way in --uncertain 'zero'; known: ignore, zeros, ones, m",
        ),
        (("Edema",), {"uncertain": ["Edema:"]}, "Unknown way .*''"),
        (
            ("Edema",),
            {"uncertain": ["edema:ones"]},
            "way for 'edema'; the labels that are taken are Edema",
        ),
        (
            ("Edema",),
            {"uncertain": ["ones", "zeros"]},
            "two ways for all labels: ones and zeros",
        ),
        (
            ("Edema",),
            {"uncertain": ["Edema:ones", "Edema:ones"]},
            "two ways for Edema",
        ),
        (("Edema",), {"blank": "ignore"}, "--blank 'ignore'; known: negative"),
    ],
)
def test_policies_that_cannot_be(labels, options, message):
    with pytest.raises(ValueError, match=message) as raised:
        uncertain_labels.policy(labels, **options)
    assert "\n" not in str(raised.value)
