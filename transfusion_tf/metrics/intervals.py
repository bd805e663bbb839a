"""Confidence intervals of AUCs and proportions, as functions of numbers."""

import math
import statistics

import numpy as np
from scipy import special


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


def logit(value, variance, *, level=0.95):
    """Interval of an AUC strictly between 0 and 1, by the delta method.

    Symmetric on the scale log(value / (1 - value)), so it stays inside (0, 1)
    and keeps its level near 1, where the plain interval is too short.

    Args:
        value: the estimate, 0 < value < 1.
        variance: its variance, positive.
        level: confidence level.

    Returns:
        (low, high).
    """
    center = special.logit(value)
    half = normal_quantile(level) * math.sqrt(variance) / (value * (1 - value))
    return float(special.expit(center - half)), float(
        special.expit(center + half)
    )


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
