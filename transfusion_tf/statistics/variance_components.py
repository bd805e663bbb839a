"""What a mean over seeds owes to its seeds and to its patients.

A network's score on a test set errs twice: another seed would give another
network, and other patients another score. An arm of S seeds is scored on the
same patients, so its mean has the variance

    seeds / S + patients,

and more seeds shrink the first part only. Both parts are estimated from one
study: the second from what each patient contributes to the mean (its
influence), the first from how much the seeds differ, less what the patients
alone make them differ (a network's own noise on each patient, which is in
the second part already). It is the analysis of variance of a mixed model with
seeds and patients crossed (Searle, Casella and McCulloch 1992, Variance
Components, chapter 4), with influences in place of residuals.
"""

import dataclasses

import numpy as np
import scipy.special


@dataclasses.dataclass(frozen=True, kw_only=True)
class Components:
    """The variance of a mean over seeds, or of a difference of such means.

    Attributes:
        seeds: from the seeds; None where no seed is repeated.
        patients: from the patients (units of the test set).
        noise: the part of `patients` that is each network's own and shrinks
            with more seeds as well; 0 where no seed is repeated.
        degrees_of_freedom: of `total`, by Satterthwaite (1946).
    """

    seeds: float | None
    patients: float
    noise: float
    degrees_of_freedom: float

    @property
    def total(self):
        """The variance of the mean, both parts together."""
        return self.patients + (self.seeds or 0.0)


def of_means(arms, *, patients_freedom):
    """Components of a sum of independent arms' means over seeds.

    Args:
        arms: sequence of (values, influences) of each arm: (num_seeds,) the
            estimate of each seed, and (num_seeds, num_units) what each unit
            adds to its error, so that the sum of squares over units is its
            variance from the units. For a difference one arm has its signs
            turned. Numbers of seeds may differ; the units are the same.
        patients_freedom: degrees of freedom of the variance from the units.

    Returns:
        Components.
    """
    mean = sum(np.mean(influences, axis=0) for _, influences in arms)
    patients = float(np.sum(mean**2))
    terms = [(patients, patients_freedom)]
    seeds, noises = None, 0.0
    for values, influences in arms:
        num_seeds = len(values)
        if num_seeds < 2:
            continue
        between = float(np.var(values, ddof=1)) / num_seeds
        # What patients alone make the seeds differ is in `patients` already.
        noise = float(np.var(influences, axis=0, ddof=1).sum()) / num_seeds
        noises += noise
        seeds = (seeds or 0.0) + max(0.0, between - noise)
        terms.append((between, num_seeds - 1))
    total = patients + (seeds or 0.0)
    return Components(
        seeds=seeds,
        patients=patients,
        noise=min(noises, patients),
        degrees_of_freedom=satterthwaite(terms, total=total),
    )


def satterthwaite(terms, *, total=None):
    """Degrees of freedom of a sum of variances.

    Satterthwaite (1946), Biometrics Bulletin 2, 110-114, eq. 17.

    Args:
        terms: (variance, its degrees of freedom) of each summand.
        total: the sum, where it is less than that of the terms; None: theirs.

    Returns:
        A float of at least the smallest of the terms' degrees of freedom;
        infinity where all variances are zero.
    """
    if total is None:
        total = sum(variance for variance, _ in terms)
    spread = sum(
        variance**2 / freedom for variance, freedom in terms if variance > 0
    )
    if not spread:
        return float("inf")
    least = min(freedom for variance, freedom in terms if variance > 0)
    return max(float(least), total**2 / spread)


def t_quantile(level, degrees_of_freedom):
    """t with P(|T| <= t) = `level`, for Student's T; normal at infinity."""
    tail = (1 + level) / 2
    if np.isinf(degrees_of_freedom):
        return float(scipy.special.ndtri(tail))
    return float(scipy.special.stdtrit(degrees_of_freedom, tail))


def p_value(value, variance, degrees_of_freedom):
    """Two-sided p value of `value` with an estimated variance, by Student's t.

    With no variance it is 1 for a value of zero, else 0.
    """
    if variance <= 0:
        return 1.0 if value == 0 else 0.0
    t = abs(value) / np.sqrt(variance)
    if np.isinf(degrees_of_freedom):
        return float(2 * scipy.special.ndtr(-t))
    return float(2 * scipy.special.stdtr(degrees_of_freedom, -t))


def upper_p_value(value, variance, degrees_of_freedom):
    """One-sided p value of a true value of zero or less; see `p_value`."""
    both = p_value(value, variance, degrees_of_freedom)
    return both / 2 if value > 0 else 1 - both / 2
