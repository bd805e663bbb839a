"""Variances of means over seeds and patients, in cases with a known answer."""

import numpy as np
import pytest
import scipy.stats

from transfusion_tf.statistics import variance_components


def of_means(arms):
    return variance_components.of_means(arms, patients_freedom=50)


def test_one_seed_leaves_the_patients_alone():
    influence = np.array([[0.1, -0.2, 0.1]])
    found = of_means([(np.array([0.9]), influence)])
    assert found.seeds is None and found.noise == 0
    assert found.total == found.patients == pytest.approx(0.06)
    assert found.degrees_of_freedom == pytest.approx(50)


def test_equal_influences_add_the_whole_variance_of_the_seeds():
    influence = np.tile([0.1, -0.2, 0.1], (4, 1))
    values = np.array([0.8, 0.9, 0.85, 0.95])
    found = of_means([(values, influence)])
    assert found.patients == pytest.approx(0.06)
    assert found.seeds == pytest.approx(values.var(ddof=1) / 4)
    assert found.noise == 0


def test_what_patients_make_seeds_differ_is_not_counted_twice():
    rng = np.random.default_rng(0)
    influences = rng.normal(size=(50, 400)) / 400
    # Seeds that differ by the noise of their patients alone.
    values = 0.9 + influences.sum(axis=1)
    found = of_means([(values, influences)])
    noise = 1 / 400 / 50  # By hand: the variance of a mean of 50.
    assert found.noise == pytest.approx(noise, rel=0.05)
    assert found.patients == pytest.approx(noise, rel=0.3)
    assert found.seeds < 0.6 * noise


def test_seeds_that_happen_to_be_alike_are_counted_as_they_are():
    influences = np.array([[0.3, -0.1, -0.2], [0.1, -0.3, 0.2]])
    values = np.array([0.9, 0.902])
    found = of_means([(values, influences)])
    between = 0.001**2  # By hand: (0.002^2 / 2) / 2.
    patients = 0.2**2 + 0.2**2
    noise = (0.1**2 + 0.1**2 + 0.2**2) * 2 / 2
    assert (found.seeds, found.noise) == (0.0, pytest.approx(noise))
    assert found.patients == pytest.approx(patients)
    assert found.total == pytest.approx(between + patients - noise)
    # By hand: the shares of the variance, over their degrees of freedom.
    inverse = (between / 1 + (patients - noise) / 50) / found.total
    assert found.degrees_of_freedom == pytest.approx(1 / inverse)


def test_equal_aucs_of_different_networks_do_not_show_no_variance():
    influences = np.array([[0.3, -0.3, 0.0], [-0.3, 0.0, 0.3]])
    found = of_means([(np.array([0.9, 0.9]), influences)])
    assert found.total >= found.noise > 0


def test_the_variance_is_unbiased_where_seeds_are_alike():
    rng = np.random.default_rng(4)
    values, totals = [], []
    for _ in range(3000):
        shared = rng.normal(size=100)
        own = rng.normal(size=(3, 100))
        influences = (shared + own) / 100
        values.append(influences.sum(axis=1).mean())
        found = of_means([(influences.sum(axis=1), influences)])
        totals.append(found.total)
    # Each has a standard error of 2.6%.
    assert np.mean(totals) == pytest.approx(np.var(values), rel=0.1)


def test_freedom_of_normal_parts_is_their_number():
    parts = np.random.default_rng(5).normal(size=100_000)
    found = variance_components.freedom_of_squares(parts, len(parts))
    assert found == pytest.approx(len(parts), rel=0.03)


def test_freedom_is_what_few_parts_leave():
    freedom = variance_components.freedom_of_squares
    # By hand: 2 x 4^2 / (2^4 - 4^2 / 5).
    assert freedom([2.0, 0, 0, 0, 0], 5) == pytest.approx(32 / 12.8)
    assert freedom([2.0, 0, 0, 0, 0], 1000) == pytest.approx(2, rel=2e-3)
    assert freedom([0.1, -0.1, 0.1, -0.1, 0, 0], 4) == 3
    assert freedom([0.0, 0.0], 2) == 1


def test_freedom_says_how_much_a_variance_varies():
    rng = np.random.default_rng(6)
    # Each kind: normal, and one in ten that has nearly all.
    for kurtosis in (False, True):
        parts = rng.normal(size=(4000, 300))
        if kurtosis:
            parts *= np.where(rng.random(parts.shape) < 0.1, 3.0, 0.5)
        sums = np.sum(parts**2, axis=1)
        expected = 2 * sums.mean() ** 2 / sums.var()
        found = [variance_components.freedom_of_squares(p, 300) for p in parts]
        assert np.median(found) == pytest.approx(expected, rel=0.2)


def test_components_of_a_mixed_model_are_recovered():
    rng = np.random.default_rng(1)
    seeds, common, noise = 0.2**2, 1.0, 0.5
    found = []
    for _ in range(400):
        shared = rng.normal(size=200) * np.sqrt(common)
        own = rng.normal(size=(5, 200)) * np.sqrt(noise)
        influences = (shared + own) / 200
        values = 0.8 + rng.normal(size=5) * np.sqrt(seeds)
        values = values + influences.sum(axis=1)
        part = of_means([(values, influences)])
        found.append((part.seeds, part.patients, part.noise))
    expected = (seeds / 5, (common + noise / 5) / 200, noise / 5 / 200)
    np.testing.assert_allclose(np.mean(found, axis=0), expected, rtol=0.12)


def test_the_arms_of_a_difference_add_up():
    rng = np.random.default_rng(2)
    one = rng.normal(size=3), rng.normal(size=(3, 9)) / 100
    two = rng.normal(size=5), rng.normal(size=(5, 9)) / 100
    both = of_means([one, two])
    assert both.seeds == pytest.approx(
        of_means([one]).seeds + of_means([two]).seeds
    )
    mean = one[1].mean(axis=0) + two[1].mean(axis=0)
    assert both.patients == pytest.approx(np.sum(mean**2))


def test_satterthwaite_is_welchs_for_two_samples():
    rng = np.random.default_rng(3)
    a, b = rng.normal(size=7), 3 * rng.normal(size=12)
    terms = [(x.var(ddof=1) / len(x), len(x) - 1) for x in (a, b)]
    freedom = variance_components.satterthwaite(terms)
    value = a.mean() - b.mean()
    variance = sum(v for v, _ in terms)
    welch = scipy.stats.ttest_ind(a, b, equal_var=False)
    assert freedom == pytest.approx(welch.df)
    assert variance_components.p_value(
        value, variance, freedom
    ) == pytest.approx(welch.pvalue)
    reach = variance_components.t_quantile(0.95, freedom) * variance**0.5
    low, high = welch.confidence_interval(0.95)
    assert (value - reach, value + reach) == pytest.approx((low, high))


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
@pytest.mark.parametrize("num_arms", [1, 2])
def test_three_seeds_hold_what_is_promised(share, num_arms):
    """Where the seeds make any share of the variance."""
    rng, num = np.random.default_rng(11), 4000
    hits = 0
    for _ in range(num):
        between = share / num_arms * rng.chisquare(2, num_arms) / 2
        of_arms = variance_components.satterthwaite([(b, 2) for b in between])
        freedom = variance_components.cautious_freedom(
            [(between.sum(), of_arms), (1 - share, 300)]
        )
        reach = variance_components.t_quantile(0.95, freedom)
        hits += abs(rng.normal()) < reach * np.sqrt(between.sum() + 1 - share)
    # Three Monte Carlo standard errors; Satterthwaite's alone hold 92% of one
    # arm at a share of 0.9.
    assert 0.94 - 0.011 < hits / num < 0.97 + 0.009


def test_cautious_degrees_of_freedom_approach_banerjees_interval():
    terms = [(0.3, 20), (0.5, 30), (0.2, 60)]
    freedom = variance_components.cautious_freedom(terms)
    squares = [
        variance * scipy.stats.t.ppf(0.975, each) ** 2
        for variance, each in terms
    ]
    found = variance_components.t_quantile(0.95, freedom) ** 2
    assert found == pytest.approx(sum(squares), rel=2e-3)
    # Between those of its terms; all equal, they are the same.
    assert 20 < freedom < 60
    assert variance_components.cautious_freedom(
        [(0.1, 7), (0.9, 7)]
    ) == pytest.approx(7)


@pytest.mark.parametrize(
    "combine",
    [variance_components.satterthwaite, variance_components.cautious_freedom],
)
def test_no_variance_has_no_end_of_degrees_of_freedom(combine):
    freedom = combine([(0.0, 4), (0.0, 1)])
    assert freedom == float("inf")
    assert variance_components.t_quantile(0.95, freedom) == pytest.approx(
        scipy.stats.norm.ppf(0.975)
    )
    assert variance_components.p_value(0.0, 0.0, freedom) == 1.0
    assert variance_components.p_value(0.1, 0.0, freedom) == 0.0


def test_one_sided_p_values_are_half_and_the_rest():
    # Student's t of 2 with 4 degrees of freedom, from tables: 0.0581.
    assert variance_components.upper_p_value(1.0, 0.25, 4) == pytest.approx(
        0.0581, abs=5e-5
    )
    assert variance_components.upper_p_value(-1.0, 0.25, 4) == pytest.approx(
        0.9419, abs=5e-5
    )
    assert variance_components.upper_p_value(0.0, 0.25, 4) == 0.5
