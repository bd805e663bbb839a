"""What a test set can show before anything is trained."""

import dataclasses

import numpy as np
import pytest
import scipy.stats

from transfusion_tf.metrics import auc
from transfusion_tf.statistics import power
from transfusion_tf.study import grid, plan
from transfusion_tf.study.spec import StudyConfig


def idrid(**changes):
    values = {
        "positive": 64,
        "negative": 39,
        "positive_units": 64,
        "negative_units": 39,
        "units": 103,
        **changes,
    }
    return plan.Counts(**values)


def test_idrid_never_shows_a_margin_of_one_point():
    for num_seeds in (1, 5, 10):
        shown = plan.reaches([idrid()], num_seeds=num_seeds, num=1)
        assert [reach.auc for reach in shown] == list(plan.AUCS)
        assert min(reach.margin for reach in shown) > 0.01
    text = plan._on_margin(0.01, shown)
    assert text.startswith("A margin of 0.01 cannot be shown at any")


def test_folds_of_a_test_set_show_more_than_one_of_them():
    fold = idrid(positive=13, negative=8, units=21)
    fold = dataclasses.replace(fold, positive_units=13, negative_units=8)
    one, all_folds, whole = (
        plan.reaches(found, num_seeds=3, num=1, num_folds=num)[2].difference
        for found, num in (([fold], 1), ([fold] * 5, 5), ([idrid()], 1))
    )
    # As well as one test of all images, nearly: some pairs are not compared.
    assert whole < all_folds < 1.1 * whole and one > 2 * whole


def test_half_width_of_a_measured_difference():
    # reference/statistics.md: IDRiD, one seed 0.036, five 0.016, AUC 0.96.
    variance = plan.normal_variance(0.96, 64, 39)
    one = 1.96 * np.sqrt(2 * (1 - plan.CORRELATION) * variance)
    assert one == pytest.approx(0.036, abs=0.002)
    assert one / np.sqrt(5) == pytest.approx(0.016, abs=0.001)


def test_variance_is_that_of_normal_scores():
    rng = np.random.default_rng(0)
    labels = np.repeat([1, 0], [30, 50])
    shift = np.sqrt(2) * scipy.stats.norm.ppf(0.9)
    found = [
        auc.auc(labels, shift * labels + rng.normal(size=80))
        for _ in range(4000)
    ]
    expected = plan.normal_variance(0.9, 30, 50)
    assert np.var(found) == pytest.approx(expected, rel=0.08)
    assert expected == pytest.approx(plan.normal_variance(0.9, 50, 30))
    # Without any difference: the variance of the rank sum of Wilcoxon (1945).
    assert plan.normal_variance(0.5, 7, 4) == pytest.approx(12 / 12 / 28)


def test_what_is_reached_has_the_power_that_is_promised():
    (reach,) = plan.reaches([idrid()], num_seeds=5, num=3)[2:3]
    variance = plan.normal_variance(0.9, 64, 39) / 5
    # Two arms with 4 degrees of freedom each: fewer than 8, by their chance.
    freedom = 2 * 4 * 5 / 6
    told = power.of_settling(
        reach.difference, variance, freedom, margin=1e-9, num=3
    )
    assert told == pytest.approx(0.8, abs=1e-3)
    rng = np.random.default_rng(1)
    error = np.sqrt(variance)
    estimates = rng.normal(0, error, 20_000)
    arms = variance * rng.chisquare(4, (2, 20_000)) / 4 / 2
    welch = arms.sum(axis=0) ** 2 / (np.square(arms).sum(axis=0) / 4)
    widths = scipy.stats.t.ppf(0.95, welch) * np.sqrt(arms.sum(axis=0))
    inside = np.abs(estimates) + widths < reach.margin
    assert inside.mean() == pytest.approx(0.8, abs=0.02)


def test_more_seeds_more_patients_and_fewer_comparisons_show_more():
    base = plan.reaches([idrid()], num_seeds=3, num=4)[0]
    more = idrid(positive_units=640, negative_units=390, units=1030)
    for better in (
        plan.reaches([idrid()], num_seeds=6, num=4)[0],
        plan.reaches([idrid()], num_seeds=3, num=1)[0],
        plan.reaches([more], num_seeds=3, num=4)[0],
    ):
        assert better.difference < base.difference
        assert better.margin <= base.margin


def test_counts_are_of_patients():
    labels = [1, 1, 0, 0, 2]
    patients = ["a", "a", "a", "b", "b"]
    first, second = plan.counts("ordinal", labels, patients)
    assert first == plan.Counts(
        positive=3, negative=2, positive_units=2, negative_units=2, units=2
    )
    assert plan.counts("ordinal", labels, patients, threshold=2) == [second]
    assert (second.positive, second.negative) == (1, 4)
    found = plan.counts("multilabel", [[1, -1], [0, 1]], ["", ""])
    assert [(c.positive, c.negative) for c in found] == [(1, 1), (1, 0)]
    assert plan.reaches(found[1:], num_seeds=2, num=1) == []


@pytest.mark.parametrize(
    "values, expected",
    [
        ({}, 2),  # gabor of two sizes.
        ({"reference": "cbr_tiny:gabor"}, 2),
        ({"inits": "random"}, 1),
    ],
)
def test_planned_comparisons(values, expected):
    config = StudyConfig.from_values(
        {"inits": "random,gabor", "train_sizes": "50,all", **values}
    )
    assert plan.num_planned(config, grid.cells(config)[0]) == expected


def test_lines(tiny_dataset):
    config = StudyConfig.from_values(
        {"dataset": str(tiny_dataset), "inits": "random,gabor", "seeds": 3}
    )
    text = "\n".join(plan.lines(config))
    assert "has 60 images (30 positive, 30 negative); 3 seed(s) an arm" in text
    assert "A margin of 0.01 cannot be shown at any of these AUCs" in text
