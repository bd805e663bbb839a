"""Times until something happened, where for some units it never did.

A unit whose time is censored was watched for that long and nothing happened;
leaving it out, or taking its time as that of an event, favours the slow.
"""

import itertools
import math
import typing

import numpy as np
import scipy.stats

# 10 against 10 have 184,756 groupings. Beyond, as many are drawn.
MAX_GROUPINGS = 200_000
_AT_ONCE = 20_000
# Sums of the same scores in another order.
_ROUNDING = 1e-9


class LogRank(typing.NamedTuple):
    """What `log_rank` returns.

    Attributes:
        statistic: events of the first group less those expected of it.
        p_value: two-sided.
        smallest: the least p value that groups of these sizes and this many
            ties can have.
        is_exact: whether all groupings were looked at, not a sample.
    """

    statistic: float
    p_value: float
    smallest: float
    is_exact: bool


def median(times, is_event):
    """The time by which half of the units had the event; None if fewer had.

    From the estimate of Kaplan and Meier (1958, J. American Statistical
    Association 53, 457-481): the first time at which the share of units
    without the event is at most a half.

    Args:
        times: (n,), of event or censoring.
        is_event: (n,) bool.
    """
    times, is_event = _checked(times, is_event)
    if not is_event.any():
        return None
    data = scipy.stats.CensoredData(
        uncensored=times[is_event], right=times[~is_event]
    )
    curve = scipy.stats.ecdf(data).sf
    reached = curve.quantiles[curve.probabilities <= 0.5 + _ROUNDING]
    return float(reached[0]) if len(reached) else None


def log_rank(times, is_event, other_times, other_is_event, *, seed=0):
    """Log-rank test of two groups by permutation of the units.

    The statistic (Mantel 1966, Cancer Chemotherapy Reports 50, 163-170) is a
    sum over the first group of scores that the pooled units determine: 1 for an
    event, less the cumulative hazard (Nelson and Aalen's estimate) up to its
    time (Peto and Peto 1972, J. Royal Statistical Society A 135, 185-207). If
    the groups do not differ every grouping is as likely; the normal
    approximation finds a difference far too often in groups of three to five.

    Args:
        times, is_event: (n,) of the first group.
        other_times, other_is_event: (m,) of the other.
        seed: of the groupings that are drawn where there are more than
            MAX_GROUPINGS.

    Returns:
        LogRank.
    """
    times, is_event = _checked(times, is_event)
    other_times, other_is_event = _checked(other_times, other_is_event)
    pooled = np.concatenate([times, other_times])
    scores = _scores(pooled, np.concatenate([is_event, other_is_event]))
    statistic = scores[: len(times)].sum()
    sums, is_exact = _sums_of_groupings(scores, len(times), seed)
    sizes = np.abs(sums)
    p_value = _share(sizes >= abs(statistic) - _ROUNDING, is_exact)
    smallest = _share(sizes >= sizes.max() - _ROUNDING, is_exact)
    return LogRank(float(statistic), p_value, smallest, is_exact)


def speed_up_interval(
    times, is_event, other_times, other_is_event, *, level=0.95, seed=0
):
    """Factors by which the first group may be faster than the other.

    Those factors by which its times can be multiplied without the log-rank
    test telling the groups apart (Tsiatis 1990, Annals of Statistics 18,
    354-372: inversion of a linear rank test in the accelerated failure time
    model).

    Args:
        times, is_event: (n,), times above 0.
        other_times, other_is_event: (m,), likewise.
        level: of the interval.
        seed: as for `log_rank`.

    Returns:
        (low, high), None for an end that these data do not bound.
    """
    times, is_event = _checked(times, is_event)
    other_times, other_is_event = _checked(other_times, other_is_event)
    # The order of the pooled times changes at these factors only.
    changes = np.unique(other_times[None, :] / times[:, None])
    between = np.sqrt(changes[1:] * changes[:-1])
    tried = np.concatenate([[changes[0] / 2], between, [changes[-1] * 2]])
    is_possible = np.array(
        [
            log_rank(
                factor * times,
                is_event,
                other_times,
                other_is_event,
                seed=seed,
            ).p_value
            > 1 - level
            for factor in tried
        ]
    )
    if not is_possible.any():
        return None, None
    first, last = np.flatnonzero(is_possible)[[0, -1]]
    low = None if first == 0 else float(changes[first - 1])
    high = None if last == len(changes) else float(changes[last])
    return low, high


def _checked(times, is_event):
    times = np.asarray(times, np.float64)
    is_event = np.asarray(is_event, bool)
    if times.shape != is_event.shape or times.ndim != 1 or not len(times):
        raise ValueError(
            "Times and whether they end in an event must be lists of one "
            f"length, at least one. Received: {times.shape}, {is_event.shape}."
        )
    if not (np.isfinite(times) & (times > 0)).all():
        raise ValueError(f"Times must be above 0. Received: {times.tolist()}.")
    return times, is_event


def _scores(times, is_event):
    """(n,) log-rank scores: event less cumulative hazard up to its time."""
    at_risk = (times[None, :] >= times[:, None]).sum(axis=1)
    share = is_event / at_risk
    hazard = (share[None, :] * (times[None, :] <= times[:, None])).sum(axis=1)
    return is_event - hazard


def _sums_of_groupings(scores, size, seed):
    """Sums of `size` of the scores for all groupings, or for a sample."""
    num = len(scores)
    if math.comb(num, size) <= MAX_GROUPINGS:
        groupings = itertools.combinations(range(num), size)
        parts = []
        while chunk := list(itertools.islice(groupings, _AT_ONCE)):
            parts.append(scores[np.array(chunk)].sum(axis=1))
        return np.concatenate(parts), True
    rng = np.random.default_rng(seed)
    sums = [
        rng.permuted(np.tile(scores, (_AT_ONCE, 1)), axis=1)[:, :size].sum(
            axis=1
        )
        for _ in range(MAX_GROUPINGS // _AT_ONCE)
    ]
    return np.concatenate(sums), False


def _share(is_as_extreme, is_exact):
    """Of a sample the observed grouping counts as one more (Phipson and Smyth

    2010, Statistical Applications in Genetics and Molecular Biology 9).
    """
    if is_exact:
        return float(is_as_extreme.mean())
    return float((1 + is_as_extreme.sum()) / (1 + len(is_as_extreme)))
