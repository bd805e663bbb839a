"""Power against textbook values and against simulation."""

import numpy as np
import pytest
import scipy.stats

from transfusion_tf.statistics import equivalence, power, variance_components


def of_settling(difference, error, freedom=np.inf, *, margin=0.01, num=1):
    return power.of_settling(
        difference, error**2, freedom, margin=margin, num=num
    )


def test_it_is_the_power_of_the_z_test_where_the_margin_is_out_of_reach():
    # 2.8 standard errors: 80% at the two-sided 5% level.
    assert of_settling(0.28, 0.1) == pytest.approx(0.7995, abs=1e-3)
    assert of_settling(0.0, 0.1) == pytest.approx(0.05)
    assert of_settling(0.28, 0.1, num=5) == pytest.approx(
        scipy.stats.norm.sf(scipy.stats.norm.ppf(0.995) - 2.8), abs=1e-3
    )


def test_it_is_the_power_of_the_t_test():
    freedom, error = 6.0, 0.1
    bound = scipy.stats.t.ppf(0.975, freedom)
    t = scipy.stats.nct(freedom, 0.3 / error)
    expected = t.sf(bound) + t.cdf(-bound)
    assert of_settling(0.3, error, freedom) == pytest.approx(expected, abs=2e-3)


def test_it_is_the_power_of_two_one_sided_tests():
    # Equivalent, or significant besides; margin of 3 standard errors.
    error = 0.01 / 3
    inside = 2 * scipy.stats.norm.cdf(3 - scipy.stats.norm.ppf(0.95)) - 1
    assert of_settling(0.0, error) == pytest.approx(
        max(inside, 0.05), abs=0.05 + 1e-9
    )
    assert of_settling(0.0, error) >= inside


@pytest.mark.parametrize("difference", [0.0, 0.004, 0.03])
def test_it_is_how_often_a_simulated_verdict_is_given(difference):
    rng, freedom, error = np.random.default_rng(0), 5, 0.005
    values = difference + error * rng.normal(size=4000)
    variances = error**2 * rng.chisquare(freedom, size=4000) / freedom
    settled = []
    for value, variance in zip(values, variances, strict=True):
        reach = variance_components.t_quantile(0.9, freedom) * variance**0.5
        found = equivalence.verdict(
            value,
            value - reach,
            value + reach,
            p_value=variance_components.p_value(value, variance, freedom),
            margin=0.01,
        )
        settled.append(found != equivalence.CANNOT_TELL)
    expected = of_settling(difference, error, freedom)
    # Four standard errors of 4,000 draws.
    assert np.mean(settled) == pytest.approx(expected, abs=0.032)


DESIGN = power.Design(
    num_seeds=3,
    num_units=100,
    seed_variance=0.02**2,
    patient_variance=0.01**2,
    noise_variance=0.004**2,
)


def test_a_design_of_its_own_size_has_its_own_variance():
    variance, _ = DESIGN.variance(3, 100)
    assert variance == pytest.approx(0.02**2 + 0.01**2)
    more_seeds, _ = DESIGN.variance(6, 100)
    assert more_seeds == pytest.approx(
        (0.02**2 + 0.004**2) / 2 + 0.01**2 - 0.004**2
    )
    more_units, _ = DESIGN.variance(3, 200)
    assert more_units == pytest.approx(0.02**2 + 0.01**2 / 2)


def test_the_predicted_number_has_the_power_and_one_less_has_not():
    found = power.needed_seeds(DESIGN, 0.05, margin=0.01)
    assert found > 3
    for count, enough in ((found, True), (found - 1, False)):
        variance, freedom = DESIGN.variance(count, 100)
        reached = power.of_settling(0.05, variance, freedom, margin=0.01)
        assert (reached >= power.TARGET_POWER) == enough


def test_what_patients_leave_open_no_seed_settles():
    assert power.needed_seeds(DESIGN, 0.011, margin=0.01) is None
    assert power.needed_units(DESIGN, 0.011, margin=0.01) is None


def test_a_settled_comparison_needs_no_more():
    assert power.needed_seeds(DESIGN, 0.5, margin=0.01) == 3
    assert power.needed_units(DESIGN, 0.5, margin=0.01) == 100
