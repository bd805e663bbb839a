"""What a mean over seeds owes to its seeds and to its patients.

A network's score on a test set errs twice: another seed would give another
network, and other patients another score. An arm of S seeds is scored on the
same patients, so its mean has the variance

    (seeds + noise) / S + common:

what the seeds themselves differ by, what patients make them differ by on top
(each network errs on other patients), and what all networks of an arm owe to
the same patients. The first two together are the variance between the seeds,
which is as it is observed; `common` is the variance of the mean from the
patients, by what each contributes to it (its influence), less their noise.

This is the analysis of many readers and many cases of Obuchowski and Rockette
(1995, Communications in Statistics - Simulation and Computation 24, 285-308),
seeds in place of readers and each reading for one arm; as in Hillis (2007,
Statistics in Medicine 26, 596-619; the nested design: 2014, ibid. 33, 330-360)
the variance between seeds has S - 1 degrees of freedom. Only `common` is kept
from being negative. To subtract the noise from the variance between seeds, and
keep that from being negative, would count the patients in full even where the
seeds happen to differ less: with three seeds that are alike the variance is
then a sixth too large (docs/statistics.md).
"""

import dataclasses

import numpy as np
import scipy.special

# Means of equal numbers differ by less.
_TIED = 1e-12


@dataclasses.dataclass(frozen=True, kw_only=True)
class Components:
    """The variance of a mean over seeds, or of a difference of such means.

    Attributes:
        total: the variance.
        seeds: from the seeds; None where no seed is repeated; 0 where they
            differ no more than their patients' noise makes them.
        patients: from the patients (units of the test set). With `seeds` it
            adds up to `total`, except where these were cut at 0.
        noise: the part of `patients` that is each network's own and shrinks
            with more seeds as well; 0 where no seed is repeated.
        degrees_of_freedom: of `total` (`cautious_freedom` of the seeds' and
            the patients' part; of the arms' by Satterthwaite 1946).
        patients_freedom: those of `patients` alone.
    """

    total: float
    seeds: float | None
    patients: float
    noise: float
    degrees_of_freedom: float
    patients_freedom: float


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
    terms, noises, seeds = [], 0.0, None
    for values, influences in arms:
        num_seeds = len(values)
        if num_seeds < 2:
            continue
        between = float(np.var(values, ddof=1)) / num_seeds
        noise = float(np.var(influences, axis=0, ddof=1).sum()) / num_seeds
        if np.ptp(values) < _TIED:
            # Equal AUCs of networks that err on different patients come from
            # the few values that an AUC can take: they show no variance of 0.
            between = noise
        noises += noise
        seeds = (seeds or 0.0) + max(0.0, between - noise)
        terms.append((between, num_seeds - 1))
    between = sum(variance for variance, _ in terms)
    common = max(0.0, patients - noises)
    return Components(
        total=between + common,
        seeds=seeds,
        patients=patients,
        noise=min(noises, patients),
        degrees_of_freedom=cautious_freedom(
            [(between, satterthwaite(terms)), (common, patients_freedom)]
        ),
        patients_freedom=patients_freedom,
    )


def freedom_of_squares(parts, num_parts):
    """Degrees of freedom of a variance that is a sum of squares.

    Twice the square of the sum over its own estimated variance (O'Neill 2014,
    The American Statistician 68, 282-296): n - 1 for normal parts, fewer where
    most of the sum comes from a few, as the variance of an AUC near 1 does
    from the few images that are hard. Never more than n - 1, never below 1.

    Args:
        parts: (num_units,) whose squares are added up; those of units that
            have no part are zero.
        num_parts: how many have one.
    """
    squares = np.square(parts)
    total = float(squares.sum())
    spread = float(np.sum(squares**2)) - total**2 / num_parts
    most = max(1, num_parts - 1)
    # Squares that are equal but for rounding have no variance of their own.
    if spread * most <= 2 * total**2:
        return float(most)
    return max(1.0, 2 * total**2 / spread)


def satterthwaite(terms):
    """Degrees of freedom of a sum of variances.

    Satterthwaite (1946), Biometrics Bulletin 2, 110-114, eq. 17.

    Args:
        terms: (variance, its degrees of freedom) of each summand.

    Returns:
        A float of at least the smallest of the terms' degrees of freedom;
        infinity where all variances are zero.
    """
    spread = sum(variance**2 / freedom for variance, freedom in terms)
    if not spread:
        return float("inf")
    return float(sum(variance for variance, _ in terms) ** 2 / spread)


def cautious_freedom(terms):
    """Degrees of freedom of a sum whose largest part may be the least known.

    Their reciprocal is the mean of the terms' reciprocals, weighted by the
    variances: to the first order the interval of Banerjee (1960, Sankhya 22,
    357-358), whose squared quantile is the mean of the terms' and which holds
    what it promises whatever the true variances. Satterthwaite weights by the
    squares of what was estimated: where three seeds happen to be alike, these
    all but ignore the part of the seeds, and the interval is too narrow just
    where its variance is too small (92% in place of 95% of the time, where
    seeds make nine tenths of the variance; docs/statistics.md).

    Args:
        terms: (variance, its degrees of freedom) of each summand.

    Returns:
        A float between the smallest and the largest of the terms' degrees of
        freedom; infinity where all variances are zero.
    """
    total = sum(variance for variance, _ in terms)
    inverse = sum(variance / freedom for variance, freedom in terms)
    return float(total / inverse) if inverse else float("inf")


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
