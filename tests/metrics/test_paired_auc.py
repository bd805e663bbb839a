"""Paired differences against a direct computation, and what must not matter."""

import numpy as np
import pytest
import scipy.stats

from transfusion_tf.metrics import auc, paired_auc


def direct(labels, scores, other_scores):
    """DeLong et al. (1988), section 4, by all pairs: (value, variance)."""
    values, tens, ones = [], [], []
    for row in (scores, other_scores):
        high, low = row[labels == 1][:, None], row[labels == 0][None]
        wins = (high > low) + 0.5 * (high == low)
        values.append(wins.mean())
        tens.append(wins.mean(axis=1))
        ones.append(wins.mean(axis=0))
    covariance = np.cov(tens) / len(tens[0]) + np.cov(ones) / len(ones[0])
    contrast = np.array([-1, 1])
    return values[1] - values[0], contrast @ covariance @ contrast


def case(rng, *, num=None, ties=False):
    num = num or int(rng.integers(6, 40))
    labels = np.zeros(num, int)
    labels[: rng.integers(2, num - 1)] = 1
    common = rng.normal(size=num) + labels
    both = common + rng.normal(size=(2, num))
    return labels, *(both.round(0 if ties else 9))


def test_a_thousand_cases_agree_with_all_pairs():
    rng, undefined = np.random.default_rng(0), 0
    for number in range(1000):
        labels, scores, other = case(rng, ties=number % 2 == 0)
        found = paired_auc.paired(labels, scores, other)
        value, variance = direct(labels, scores, other)
        assert found.value == pytest.approx(value, abs=1e-12)
        if found.variance is None:
            undefined += 1
            assert variance < 1e-20
            continue
        assert found.variance == pytest.approx(variance, abs=1e-12)
        assert found.low <= found.value <= found.high
    assert undefined < 20


def test_arms_are_told_with_their_aucs():
    labels, scores, other = case(np.random.default_rng(1), num=50)
    found = paired_auc.paired(labels, scores, other)
    assert found.first == auc.auc(labels, scores)
    assert found.other == auc.auc(labels, other)
    assert found.value == found.other - found.first
    assert (found.num_positive + found.num_negative, found.num_groups) == (
        50,
        50,
    )
    turned = paired_auc.paired(labels, other, scores)
    assert turned.value == -found.value and turned.p_value == found.p_value
    assert (turned.low, turned.high) == (-found.high, -found.low)


def test_scales_of_the_scores_do_not_matter():
    labels, scores, other = case(np.random.default_rng(2), num=60)
    found = paired_auc.paired(labels, scores, other)
    again = paired_auc.paired(labels, np.exp(3 * scores), other * 1e-6 - 7)
    assert again == found


def test_level_and_p_value_belong_together():
    labels, scores, other = case(np.random.default_rng(3), num=80)
    found = paired_auc.paired(labels, scores, other)
    low, high = found.bounds(1 - found.p_value)
    assert min(abs(low), abs(high)) < 1e-12
    assert found.bounds(0.95) == (found.low, found.high)
    wider, narrower = (
        paired_auc.paired(labels, scores, other, level=level)
        for level in (0.99, 0.9)
    )
    assert wider.low < found.low < narrower.low
    assert found.bounds(0.9) == (narrower.low, narrower.high)


def test_a_patient_that_is_copied_adds_nothing():
    labels, scores, other = case(np.random.default_rng(4), num=40)
    patients = np.arange(40)
    once = paired_auc.paired(labels, scores, other, patients)
    thrice = paired_auc.paired(
        *(np.tile(part, 3) for part in (labels, scores, other, patients))
    )
    assert thrice.variance == pytest.approx(once.variance, rel=1e-9)
    naive = paired_auc.paired(
        *(np.tile(part, 3) for part in (labels, scores, other))
    )
    assert naive.variance < 0.4 * once.variance


def test_equal_scores_leave_what_the_number_of_images_leaves():
    labels = np.repeat([0, 1], [30, 20])
    scores = labels + np.random.default_rng(5).normal(size=50)
    found = paired_auc.paired(labels, scores, scores)
    assert (found.value, found.variance, found.p_value) == (0.0, None, 1.0)
    # Rule of three for 20 disjoint pairs: 0.05 ** (1 / 20).
    assert found.high == pytest.approx(1 - 0.05 ** (1 / 20))
    assert found.low == -found.high and found.interval == "exact"
    perfect = paired_auc.paired(labels, labels, 2.0 * labels + 1)
    assert (perfect.first, perfect.high) == (1.0, found.high)


def test_what_is_undefined_has_a_reason():
    none = paired_auc.paired([1, 1], [0.1, 0.2], [0.3, 0.1])
    assert none.value is None and "no negative image among 2" in none.reason
    alone = paired_auc.paired(
        [1, 1, 0, 0], [4, 3, 2, 1], [1, 3, 2, 4], ["a", "a", "b", "c"]
    )
    assert (alone.low, alone.high, alone.variance) == (-1.0, 1.0, None)
    assert "all of one unit" in alone.reason


@pytest.mark.parametrize(
    "scores, other, options, message",
    [
        ([[1, 2, 3]], [[1, 2]], {}, r"Received: \(1, 2\) and \(3,\)"),
        ([1, 2, 3], [[1, 2, 3]], {}, r"must be \(num_seeds, num_images\)"),
        (
            [[1, 2, 3]],
            [[1, 2, 3], [3, 2, 1]],
            {"paired_seeds": True},
            "Received: 1 and 2",
        ),
        ([[1, 2, 3]], [[1, 2, float("nan")]], {}, "must be finite"),
        ([[1, 2, 3]], [[1, 2, 3]], {"level": 95}, "between 0 and 1"),
    ],
)
def test_bad_input_is_said_in_one_line(scores, other, options, message):
    with pytest.raises(ValueError, match=message):
        paired_auc.over_seeds([0, 1, 1], scores, other, **options)


def study(rng, *, seeds, effect, spread, num=(60, 60)):
    """Labels and the scores of two arms, equally good on average."""
    labels = np.repeat([1, 0], num)
    image = rng.normal(size=len(labels))
    arms = []
    for count in seeds:
        of_arm = rng.normal(size=len(labels))
        own = rng.normal(size=(count, len(labels)))
        shift = effect + spread * rng.normal(size=(count, 1))
        arms.append(0.7 * image + 0.4 * of_arm + 0.6 * own + shift * labels)
    return labels, *arms


def test_one_seed_an_arm_is_the_paired_test():
    labels, first, other = study(
        np.random.default_rng(6), seeds=(1, 1), effect=1.5, spread=0.0
    )
    found = paired_auc.over_seeds(labels, first, other)
    assert found == paired_auc.paired(labels, first[0], other[0])
    assert found.seed_variance is None
    assert found.variance == found.patient_variance


def test_seeds_that_differ_widen_the_interval_and_are_shown_apart():
    rng = np.random.default_rng(7)
    labels, first, other = study(rng, seeds=(5, 4), effect=1.5, spread=0.8)
    found = paired_auc.over_seeds(labels, first, other)
    assert (found.num_seeds, found.num_other_seeds) == (5, 4)
    assert found.variance == found.seed_variance + found.patient_variance
    assert found.seed_variance > found.patient_variance > found.noise_variance
    # By hand: between the seeds, less the noise that images make.
    values = [[auc.auc(labels, row) for row in arm] for arm in (first, other)]
    between = sum(np.var(v, ddof=1) / len(v) for v in values)
    assert 0.8 * between < found.seed_variance < between
    assert found.degrees_of_freedom < 10


def test_paired_seeds_that_err_together_need_fewer():
    rng = np.random.default_rng(8)
    labels, first, _ = study(rng, seeds=(4, 1), effect=1.5, spread=1.0)
    other = first + 0.2 * labels + 0.05 * rng.normal(size=first.shape)
    apart, together = (
        paired_auc.over_seeds(labels, first, other, paired_seeds=paired)
        for paired in (False, True)
    )
    assert apart.value == together.value
    assert together.seed_variance < 0.1 * apart.seed_variance
    assert together.p_value < 0.05 < apart.p_value


@pytest.mark.parametrize(
    "seeds, spread", [(1, 0.0), (3, 0.0), (3, 0.5), (5, 0.2)]
)
def test_intervals_cover_and_the_null_is_kept(seeds, spread):
    rng, covered, runs = np.random.default_rng(9), 0, 300
    for _ in range(runs):
        labels, first, other = study(
            rng, seeds=(seeds, seeds), effect=1.5, spread=spread
        )
        found = paired_auc.over_seeds(labels, first, other)
        assert (found.p_value > 0.05) == (found.low < 0 < found.high)
        covered += found.low < 0 < found.high
    # 95% less three and a half standard errors; exact values: the benchmark.
    assert covered / runs > 0.95 - 3.5 * np.sqrt(0.05 * 0.95 / runs)
    assert covered / runs < 0.995


def test_a_true_difference_is_found_with_its_sign():
    rng = np.random.default_rng(10)
    labels, first, _ = study(rng, seeds=(3, 1), effect=0.5, spread=0.1)
    _, _, other = study(rng, seeds=(1, 3), effect=2.5, spread=0.1)
    found = paired_auc.over_seeds(labels, first, other)
    assert found.low > 0.1 and found.p_value < 1e-3
    expected = scipy.stats.norm.cdf(2.5 / 2**0.5) - scipy.stats.norm.cdf(
        0.5 / 2**0.5
    )
    assert found.low < expected < found.high
