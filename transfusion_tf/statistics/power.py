"""How likely a study is to settle a comparison, and how large it must be.

A comparison is settled where its verdict is not `cannot_tell`: its difference
is significant, or its 90% interval lies within the margin. The estimate is
normal around the true difference, its variance estimated with some degrees of
freedom; both are integrated over, so that few seeds are paid for.
"""

import dataclasses

import numpy as np
import scipy.special
import scipy.stats

from transfusion_tf.statistics import equivalence, variance_components

TARGET_POWER = 0.8
# A study that needs more than this many times its size is no plan.
MAX_GROWTH = 1000
# Quantiles of the variance's distribution that are averaged over.
_NUM_QUANTILES = 200


def of_settling(difference, variance, degrees_of_freedom, *, margin, num=1):
    """Chance that the verdict is not `cannot_tell`.

    Args:
        difference: the true one.
        variance: of its estimate.
        degrees_of_freedom: of the estimated variance.
        margin: as for `equivalence.verdict`.
        num: comparisons planned together; the chance is that of the one that
            Holm's procedure tests first (Bonferroni's), so never too high.

    Returns:
        A float in [0, 1].
    """
    equivalence.check_margin(margin)
    error = np.sqrt(variance)
    spread = error * _relative_errors(degrees_of_freedom)
    significant = variance_components.t_quantile(
        1 - equivalence.SIGNIFICANCE / num, degrees_of_freedom
    )
    within = margin - spread * variance_components.t_quantile(
        equivalence.EQUIVALENCE_LEVEL, degrees_of_freedom
    )
    reach = significant * spread
    beyond = _normal(-reach, difference, error) + 1
    beyond -= _normal(reach, difference, error)
    # Equivalent without being significant: |estimate| below both bounds.
    bound = np.minimum(np.maximum(within, 0), reach)
    inside = _normal(bound, difference, error)
    inside -= _normal(-bound, difference, error)
    return float(np.mean(beyond + inside))


def _relative_errors(degrees_of_freedom):
    """Equally likely ratios of the estimated to the true standard error."""
    if np.isinf(degrees_of_freedom):
        return np.ones(1)
    middles = (np.arange(_NUM_QUANTILES) + 0.5) / _NUM_QUANTILES
    return np.sqrt(
        scipy.stats.chi2.ppf(middles, degrees_of_freedom) / degrees_of_freedom
    )


def _normal(at, mean, deviation):
    return scipy.special.ndtr((at - mean) / deviation)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Design:
    """A study's size, and what its comparison's variance is made of.

    Attributes:
        num_seeds: of each arm.
        num_units: patients (or images) of the test set.
        seed_variance: of the mean difference, from the seeds; None where one
            seed an arm leaves it unknown.
        patient_variance: of the mean difference, from the units.
        noise_variance: the part of `patient_variance` that is each network's
            own and is averaged out by seeds as well.
        patients_freedom: degrees of freedom of `patient_variance`; None: all
            that the units of two classes have.
    """

    num_seeds: int
    num_units: int
    seed_variance: float | None
    patient_variance: float
    noise_variance: float = 0.0
    patients_freedom: float | None = None

    def variance(self, num_seeds, num_units):
        """(variance, degrees of freedom) of a study of another size."""
        seeds, units = self.num_seeds / num_seeds, self.num_units / num_units
        own = self.noise_variance * seeds
        common = max(0.0, self.patient_variance - self.noise_variance)
        between = (self.seed_variance or 0.0) * seeds
        freedom = self.patients_freedom or max(1, self.num_units - 2)
        if num_seeds > 1 and self.seed_variance is not None:
            terms = [
                (between + own * units, _freedom_of_two(num_seeds - 1)),
                (common * units, freedom / units),
            ]
        else:
            terms = [(between + (common + own) * units, freedom / units)]
        total = sum(variance for variance, _ in terms)
        return total, variance_components.cautious_freedom(terms)


def _freedom_of_two(each):
    """Degrees of freedom to expect of two arms' variances together.

    Those of Satterthwaite, from two estimates of one variance, are fewer than
    2 x each by the chance that the estimates differ; the harmonic mean of what
    they come out as.
    """
    return 2 * each * (each + 1) / (each + 2)


def needed_seeds(design, difference, *, margin, num=1):
    """Seeds of each arm that settle the comparison with TARGET_POWER.

    Args:
        design: a Design of a study that was made.
        difference: the true one, as it is supposed.
        margin, num: as for `of_settling`.

    Returns:
        An int of at least `design.num_seeds`; None where no number of seeds
        does, or more than MAX_GROWTH times as many are needed.
    """
    return _smallest(
        lambda count: design.variance(count, design.num_units),
        design.num_seeds,
        difference,
        margin,
        num,
    )


def needed_units(design, difference, *, margin, num=1):
    """Patients of the test set that settle the comparison, likewise."""
    return _smallest(
        lambda count: design.variance(design.num_seeds, count),
        design.num_units,
        difference,
        margin,
        num,
    )


def _smallest(variance_at, least, difference, margin, num):
    def settles(count):
        """Whether a study of this size has the power that is asked for."""
        variance, freedom = variance_at(count)
        power = of_settling(
            difference, variance, freedom, margin=margin, num=num
        )
        return power >= TARGET_POWER

    low, high = least - 1, least
    while not settles(high):
        if high >= least * MAX_GROWTH:
            return None
        low, high = high, min(2 * high, least * MAX_GROWTH)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if settles(middle) else (middle, high)
    return high
