"""AUCs over folds: by hand, against DeLong in each fold, and by simulation."""

import numpy as np
import pytest
import scipy.stats

from transfusion_tf.metrics import auc, fold_auc, paired_auc, seed_auc


def arm(labels, scores, folds, codes=None):
    """The seed_auc.Arm of two classes; scores (num_seeds, num_images)."""
    scores = np.asarray(scores)
    both = np.stack([1 - scores, scores], axis=-1)
    if codes is None:
        codes = np.arange(len(labels))
    labels, folds = np.asarray(labels), np.asarray(folds)
    parts, mean = fold_auc.of_task("multiclass", labels, both, codes, folds)
    ((index, one),) = parts
    assert index == 1 and np.array_equal(one.values, mean.values)
    return one


LABELS = [1, 1, 0, 0, 1, 1, 0, 0]
FOLDS = [1, 1, 1, 1, 2, 2, 2, 2]
# AUCs 3/4 and 1; pooled, the second fold's negatives are above the first's.
SCORES = [0.4, 0.2, 0.3, 0.1, 0.9, 0.8, 0.7, 0.6]


def test_by_hand():
    found = seed_auc.over_seeds(arm(LABELS, [SCORES], FOLDS))
    assert found.value == 0.875 and found.values == (0.875,)
    # Fold 1: positives are above 2 and 1 of 2 negatives, negatives below 1 and
    # 2 of 2 positives: deviations of 1/4 from 3/4, so 1/16 x 2 / (2 - 1) / 2
    # for either side; fold 2 has none. Over 2 folds, squared.
    assert found.variance == pytest.approx((1 / 16 + 1 / 16) / 4)
    assert auc.auc(LABELS, SCORES) == 11 / 16  # Pooled.


def direct(labels, scores, other):
    """DeLong et al. (1988) by all pairs: variance of a difference."""
    tens, ones = [], []
    for row in (scores, other):
        high, low = row[labels == 1][:, None], row[labels == 0][None]
        wins = (high > low) + 0.5 * (high == low)
        tens.append(wins.mean(axis=1))
        ones.append(wins.mean(axis=0))
    covariance = np.cov(tens) / len(tens[0]) + np.cov(ones) / len(ones[0])
    return np.array([-1, 1]) @ covariance @ np.array([-1, 1])


def test_a_paired_difference_is_that_of_each_fold():
    rng = np.random.default_rng(0)
    labels, folds = rng.integers(0, 2, 90), np.repeat([1, 2, 3], 30)
    scores, other = rng.uniform(size=(2, 90)) * 0.7 + 0.3 * labels
    found = paired_auc.between(
        arm(labels, [scores], folds), arm(labels, [other], folds)
    )
    inside = [folds == fold for fold in (1, 2, 3)]
    values = [
        auc.auc(labels[i], other[i]) - auc.auc(labels[i], scores[i])
        for i in inside
    ]
    variances = [direct(labels[i], scores[i], other[i]) for i in inside]
    assert found.value == pytest.approx(np.mean(values))
    assert found.variance == pytest.approx(np.sum(variances) / 9)
    assert found.num_groups == 90 and found.seed_variance is None


def test_one_fold_is_an_arm_without_folds():
    rng = np.random.default_rng(1)
    labels, scores = rng.integers(0, 2, 50), rng.uniform(size=(3, 50))
    codes = np.arange(50) // 2
    plain = seed_auc.scored(labels, scores, codes)
    for one in (plain, arm(labels, scores, np.ones(50), codes)):
        found = seed_auc.over_seeds(one)
        assert found == seed_auc.over_seeds(plain)


def test_a_fold_without_a_class_and_one_with_a_single_image():
    undefined = arm([1, 0, 0, 0], [[0.9, 0.1, 0.2, 0.3]], [1, 1, 2, 2])
    found = seed_auc.over_seeds(undefined)
    assert found.value is None and "one of 2 folds" in found.reason
    compared = paired_auc.between(undefined, undefined)
    assert compared.value is None and "fewer folds" in compared.reason
    # No variance can be seen in a fold with one positive.
    labels, folds = [1, 0, 0, 1, 1, 0, 0], [1, 1, 1, 2, 2, 2, 2]
    scores = [[0.5, 0.4, 0.6, 0.5, 0.3, 0.4, 0.2]]
    single = arm(labels, scores, folds)
    assert seed_auc.over_seeds(single).interval == "exact"
    compared = paired_auc.between(single, single)
    assert compared.interval == "exact" and "in a fold" in compared.reason


def test_classes_that_all_folds_have_make_the_mean():
    labels = np.array([0, 1, 2, 0, 1, 0, 1, 0])
    folds = np.array([1, 1, 1, 1, 2, 2, 2, 2])
    scores = np.random.default_rng(2).dirichlet(np.ones(3), (2, 8))
    parts, mean = fold_auc.of_task(
        "multiclass", labels, scores, np.arange(8), folds
    )
    defined = [one.values for _, one in parts if one.values is not None]
    assert len(parts) == 3 and len(defined) == 2
    np.testing.assert_allclose(mean.values, np.mean(defined, axis=0))
    assert mean.num_folds == 2


def simulated(rng, *, seed_sd, gain, num_seeds=4, num_folds=5, size=60):
    """Two arms on the same patients, two images each, and the true AUCs.

    Networks of a fold have a shift of their own, so that pooled scores mean
    nothing.
    """
    count = num_folds * size
    folds = np.repeat(np.arange(num_folds), size)
    codes = np.arange(count) // 2
    labels = codes % 3 == 0
    patient = 0.8 * rng.normal(size=count // 2)[codes]
    image = patient + 0.6 * rng.normal(size=count)
    arms, truths = [], []
    for signal in (1.0, 1.0 + gain):
        of_seed = seed_sd * rng.normal(size=(num_seeds, 1))
        of_network = seed_sd * rng.normal(size=(num_seeds, num_folds))
        raised = signal + of_seed + of_network[:, folds]
        scores = image + 0.5 * rng.normal(size=(num_seeds, count))
        scores += raised * labels
        scores += 3 * rng.normal(size=(num_seeds, num_folds))[:, folds]
        arms.append(arm(labels, scipy.stats.norm.cdf(scores), folds, codes))
        spread = np.sqrt(2 * (0.8**2 + 0.6**2 + 0.5**2) + 2 * seed_sd**2)
        truths.append(scipy.stats.norm.cdf(signal / spread))
    return arms, truths


@pytest.mark.parametrize("seed_sd", [0.0, 0.3])
def test_intervals_cover_the_truth(seed_sd):
    rng, num = np.random.default_rng(3), 250
    covered = np.zeros(2)
    for _ in range(num):
        (first, other), truths = simulated(rng, seed_sd=seed_sd, gain=0.3)
        single = seed_auc.over_seeds(first)
        between = paired_auc.between(first, other)
        covered += [
            single.low <= truths[0] <= single.high,
            between.low <= truths[1] - truths[0] <= between.high,
        ]
    # Three standard errors of a share of 95% among 250 are 4.1%.
    assert (covered / num >= 0.909).all(), covered / num
    assert (covered / num <= 0.99).all(), covered / num
