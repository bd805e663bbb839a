"""Verdicts by their definition; Holm by hand."""

import numpy as np
import pytest

from transfusion_tf.statistics import equivalence


def test_holm_by_hand():
    # Sorted 0.01, 0.02, 0.03, 0.04 times 4, 3, 2, 1, made increasing.
    assert equivalence.holm([0.04, 0.01, 0.03, 0.02]) == pytest.approx(
        [0.06, 0.04, 0.06, 0.06]
    )
    assert equivalence.holm([0.4, 0.9]) == pytest.approx([0.8, 0.9])
    assert equivalence.holm([0.7, 0.8]) == [1.0, 1.0]
    assert equivalence.holm([]) == []


def test_an_undefined_comparison_was_planned_all_the_same():
    assert equivalence.holm([0.02, None]) == [0.04, None]


def test_holm_keeps_the_level_over_a_family():
    rng = np.random.default_rng(0)
    false = [
        min(equivalence.holm(list(rng.uniform(size=5)))) <= 0.05
        for _ in range(2000)
    ]
    # 5% and three standard errors.
    assert np.mean(false) < 0.065


@pytest.mark.parametrize(
    "value, low, high, p_value, expected",
    [
        (0.05, 0.02, 0.08, 0.01, "helps"),
        (-0.05, -0.08, -0.02, 0.01, "hurts"),
        (0.005, 0.002, 0.008, 0.01, "helps_within_margin"),
        (-0.005, -0.008, -0.002, 0.01, "hurts_within_margin"),
        (0.002, -0.004, 0.008, 0.5, "equivalent"),
        (0.002, -0.004, 0.0101, 0.5, "cannot_tell"),
        (0.002, -0.02, 0.008, 0.5, "cannot_tell"),
        # Significant before, but not after, an adjustment of the p value.
        (0.05, 0.002, 0.098, 0.12, "cannot_tell"),
        (0.005, 0.0005, 0.0095, 0.12, "equivalent"),
        (0.0, -0.02, 0.02, 1.0, "cannot_tell"),
        (None, None, None, None, "cannot_tell"),
    ],
)
def test_verdicts(value, low, high, p_value, expected):
    found = equivalence.verdict(value, low, high, p_value=p_value, margin=0.01)
    assert found == expected and found in equivalence.VERDICTS


def test_non_inferior_asks_for_the_lower_end_alone():
    assert equivalence.is_non_inferior(-0.009, margin=0.01)
    assert not equivalence.is_non_inferior(-0.01, margin=0.01)
    assert not equivalence.is_non_inferior(None, margin=0.01)


@pytest.mark.parametrize("margin", [0, -0.01, 1, float("nan"), float("inf")])
def test_a_margin_is_a_part_of_an_auc(margin):
    with pytest.raises(ValueError, match="--margin must lie between 0 and 1"):
        equivalence.verdict(0.1, 0.0, 0.2, p_value=0.5, margin=margin)
