"""Confidence intervals of AUCs and proportions, as functions of numbers."""

import math
import statistics

import numpy as np
from scipy import optimize, special

# How strongly an AUC's variance is drawn to `reference_variance`: half, where
# this is the number of the rarer class times sqrt(AUC (1 - AUC)). Chosen by
# simulation (docs/statistics.md): the smallest that covers 93% everywhere.
_TRUST = 6


def check_level(level):
    """Returns `level`, or raises ValueError unless it is in (0, 1)."""
    if not 0 < level < 1:
        raise ValueError(
            "`level` must lie between 0 and 1, e.g. 0.95. "
            f"Received: level={level}"
        )
    return level


def normal_quantile(level):
    """Returns z with P(|Z| <= z) = `level`, e.g. 1.96 for 0.95."""
    return statistics.NormalDist().inv_cdf((1 + check_level(level)) / 2)


def reference_variance(value, num_positive, num_negative):
    """Variance that an AUC has under no better knowledge of the scores.

    The formula of Hanley and McNeil (1982), Radiology 143, 29-36, for shares of
    comparisons won that vary as those of exponential scores do; but those of
    the rarer class with half of the largest variance that there is,
    value (1 - value), as where its scores vary twice as much as the others'
    (exponential ones: a third to a half). Equal for A and 1 - A, and for
    exchanged classes.

    Args:
        value: the AUC, 0 to 1; a float or an array.
        num_positive, num_negative: independent units of each class, at least
            one; need not be whole numbers.
    """
    rarer, other = sorted((num_positive, num_negative))
    nearer = np.minimum(value, 1 - value)
    shares = (rarer - 1) * nearer / (1 + nearer) + (other - 1) / 2
    return value * (1 - value) * (1 + shares) / (rarer * other)


def variance_ratio(value, variance, num_positive, num_negative):
    """How many times `reference_variance` an AUC's variance is taken to be.

    An estimate from few images is too small most times, the more so the nearer
    the AUC is to 0 or 1: the few images that are hard are then not in the
    sample. So it is drawn to the reference, never away from it, by a weight
    that ends with more images.

    Args:
        value: the AUC, between 0 and 1; a float or an array.
        variance: its estimated variance.
        num_positive, num_negative: as for `reference_variance`.
    """
    rarer = min(num_positive, num_negative)
    found = variance / reference_variance(value, num_positive, num_negative)
    weight = _TRUST**2 / (_TRUST**2 + rarer**2 * value * (1 - value))
    return np.maximum(found, weight + (1 - weight) * found)


def score(value, variance, num_positive, num_negative, *, level=0.95):
    """Score interval of an AUC strictly between 0 and 1.

    All t that the AUC differs from by at most z standard errors, these being
    what they are if t is true: sqrt(`variance_ratio` x `reference_variance` of
    t). So it stays inside (0, 1), and reaches farther to where the AUC varies
    more, which intervals around the estimate do not.

    Args:
        value: the estimate, 0 < value < 1.
        variance: its variance, positive.
        num_positive, num_negative: as for `reference_variance`.
        level: confidence level.

    Returns:
        (low, high).
    """
    counts = num_positive, num_negative
    ratio = variance_ratio(value, variance, *counts)
    reach = normal_quantile(level) ** 2 * ratio

    def excess(t):
        return (value - t) ** 2 - reach * reference_variance(t, *counts)

    return (
        float(optimize.brentq(excess, 0, value, xtol=1e-15)),
        float(optimize.brentq(excess, value, 1, xtol=1e-15)),
    )


def combined(parts, correlations):
    """Interval of the mean of estimates, from the interval of each.

    Their distances to the ends are added as standard errors are (the method of
    variance estimates recovery, Zou and Donner 2008, Statistics in Medicine 27,
    1693-1702), which keeps what is lopsided in them; fully correlated, it is
    the mean of the intervals.

    Args:
        parts: list of (value, low, high).
        correlations: (num_parts, num_parts) of the estimates.

    Returns:
        (low, high).
    """
    values, lows, highs = np.transpose(parts)
    below, above = (
        math.sqrt(max(0.0, distance @ correlations @ distance)) / len(parts)
        for distance in (values - lows, highs - values)
    )
    mean = float(values.mean())
    return mean - below, mean + above


def difference(first, other, correlation=0.0):
    """Interval of `other` minus `first`, from the interval of each.

    By the same method as `combined`: each end lies as far from the difference
    as the two estimates' distances to their ends on that side, the one of
    `first` on its opposite side (Zou 2008, Statistics in Medicine 27, section
    2.2).

    Args:
        first, other: (value, low, high).
        correlation: of the two estimates, -1 to 1.

    Returns:
        (low, high).
    """
    (value, low, high), (other_value, other_low, other_high) = first, other
    below = _distance(high - value, other_value - other_low, correlation)
    above = _distance(value - low, other_high - other_value, correlation)
    return other_value - value - below, other_value - value + above


def _distance(first, other, correlation):
    square = first**2 + other**2 - 2 * correlation * first * other
    return math.sqrt(max(0.0, square))


def exact(value, trials, *, level=0.95):
    """Interval of Clopper and Pearson (1934), Biometrika 26, 404-413.

    Args:
        value: the observed proportion, 0 to 1; `value * trials` need not be a
            whole number (the beta quantiles are continuous in it).
        trials: number of independent trials; with none, (0, 1).
        level: confidence level.

    Returns:
        (low, high). For value = 1 and 95%, low = 0.025 ** (1 / trials): the
        two-sided counterpart of the rule of three.
    """
    tail = (1 - check_level(level)) / 2
    hits = value * trials
    misses = trials - hits
    low, high = 0.0, 1.0
    if hits > 0:
        low = float(special.betaincinv(hits, misses + 1, tail))
    if misses > 0:
        high = float(special.betaincinv(hits + 1, misses, 1 - tail))
    return low, high


def wilson(value, trials, *, level=0.95):
    """Interval of Wilson (1927), JASA 22, 209-212.

    Args:
        value: the observed proportion, 0 to 1.
        trials: number of independent trials, positive; an effective sample
            size need not be a whole number.
        level: confidence level.

    Returns:
        (low, high), never of zero width.
    """
    z2 = normal_quantile(level) ** 2
    center = (value + z2 / (2 * trials)) / (1 + z2 / trials)
    half = math.sqrt(
        z2 * (value * (1 - value) / trials + z2 / (4 * trials**2))
    ) / (1 + z2 / trials)
    return max(0.0, center - half), min(1.0, center + half)


def effective_trials(hits, trials):
    """Number of independent trials that say as much as clustered ones.

    The variance of the ratio sum(hits) / sum(trials) between clusters, put
    into p (1 - p) / n and solved for n (Korn and Graubard 1998, Survey
    Methodology 24, 193-201). Never more than the trials; where the clusters
    show no variance (all right, or all wrong) or there is only one, the number
    of clusters, which is what remains if the members of each agree fully.

    Args:
        hits: (num_clusters,) hits in each cluster.
        trials: (num_clusters,) trials in each cluster, all positive.

    Returns:
        A positive float.
    """
    hits, trials = np.asarray(hits, float), np.asarray(trials, float)
    clusters, total = len(trials), trials.sum()
    if clusters == total:
        return float(total)
    value = hits.sum() / total
    spread = np.sum((hits - value * trials) ** 2)
    if clusters < 2 or spread == 0:
        return float(clusters)
    variance = clusters / (clusters - 1) * spread / total**2
    return float(min(total, value * (1 - value) / variance))
