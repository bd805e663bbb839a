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


def test_no_variance_has_no_end_of_degrees_of_freedom():
    freedom = variance_components.satterthwaite([(0.0, 4), (0.0, 1)])
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
