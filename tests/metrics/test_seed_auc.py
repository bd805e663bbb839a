"""Differences of arms, seed by seed."""

import numpy as np
import pytest

from transfusion_tf.metrics import paired_auc, seed_auc

LABELS = np.arange(40) % 2
CODES = np.arange(40)


def arm(*strengths):
    """A seed for each strength, of which more makes a greater AUC."""
    noise = np.random.default_rng(0).normal(size=(len(strengths), 40))
    scores = noise + np.array(strengths)[:, None] * LABELS
    return seed_auc.scored(LABELS, scores, CODES)


def test_values_and_influences_are_subtracted():
    first, other = arm(2.0, 1.5), arm(0.5, 0.0)
    found = seed_auc.minus(first, other)
    np.testing.assert_array_equal(found.values, first.values - other.values)
    np.testing.assert_array_equal(
        found.influences,
        first.positive - other.positive + first.negative - other.negative,
    )
    assert found.num_units == 40


def test_an_arm_from_itself_is_nothing():
    found = seed_auc.minus(arm(1.0), arm(1.0))
    assert found.values == [0] and not found.influences.any()


def test_losses_of_two_arms_are_compared():
    """What both lose alike is no difference; what one loses more is."""
    plain, kept, shuffled = (arm(*[x] * 5) for x in (3.0, 2.8, 0.0))
    little, much = (seed_auc.minus(plain, one) for one in (kept, shuffled))
    assert paired_auc.between(much, much).value == 0
    more = paired_auc.between(little, much)
    expected = kept.values.mean() - shuffled.values.mean()
    assert more.value == pytest.approx(expected)
    assert 0 < more.low < more.value < more.high


def test_an_undefined_auc_leaves_no_difference():
    ones = seed_auc.scored(np.ones(4), np.zeros((1, 4)), np.arange(4))
    assert seed_auc.minus(ones, ones).values is None
    found = paired_auc.between(ones, seed_auc.minus(ones, ones))
    assert found.value is None and "no negative image" in found.reason
