"""Times with censoring, against SciPy, an enumeration and values by hand."""

import itertools

import numpy as np
import pytest
import scipy.stats

from transfusion_tf.statistics import survival


def test_median_by_hand():
    # 4 of 6 without the event after 3; the unit at 4 leaves; 4 * 2/3 * 1/2.
    times = [2, 3, 4, 5, 6, 7]
    is_event = [True, True, False, True, True, False]
    assert survival.median(times, is_event) == 5
    assert survival.median([3, 1, 2], [True] * 3) == 2


@pytest.mark.parametrize(
    "times, is_event", [([5, 5, 9], [False, False, True]), ([4], [False])]
)
def test_a_median_that_fewer_than_half_reach(times, is_event):
    # A late event among few at risk counts for all who were censored before.
    expected = 9 if any(is_event) else None
    assert survival.median(times, is_event) == expected


def test_no_median_where_most_were_censored_last():
    assert survival.median([1, 9, 9], [True, False, False]) is None


def _random_groups(rng, sizes):
    return [
        (rng.integers(1, 9, size) * 10.0, rng.random(size) < 0.7)
        for size in sizes
    ]


@pytest.mark.parametrize("seed", range(20))
def test_median_is_scipys_estimate(seed):
    ((times, is_event),) = _random_groups(np.random.default_rng(seed), [9])
    curve = scipy.stats.ecdf(
        scipy.stats.CensoredData(times[is_event], right=times[~is_event])
    ).sf
    found = survival.median(times, is_event)
    if found is None:
        assert curve.probabilities.min() > 0.5
    else:
        assert curve.evaluate(found) <= 0.5 + 1e-12
        assert curve.evaluate(found - 1e-6) > 0.5


def _mantel(times, is_event, in_first):
    """(observed less expected, its variance) from tables at each time."""
    difference = variance = 0.0
    for time in np.unique(times[is_event]):
        at_risk = times >= time
        n, first = at_risk.sum(), (at_risk & in_first).sum()
        deaths = (is_event & (times == time)).sum()
        difference += (is_event & in_first & (times == time)).sum()
        difference -= deaths * first / n
        if n > 1:
            variance += (
                deaths * first * (n - first) * (n - deaths) / n**2 / (n - 1)
            )
    return difference, variance


@pytest.mark.parametrize("seed", range(20))
def test_statistic_and_p_value_are_those_of_an_enumeration(seed):
    rng = np.random.default_rng(seed)
    (a, a_event), (b, b_event) = _random_groups(rng, [4, 3])
    found = survival.log_rank(a, a_event, b, b_event)
    times, events = np.concatenate([a, b]), np.concatenate([a_event, b_event])
    first = np.arange(7) < 4
    difference, variance = _mantel(times, events, first)
    assert found.statistic == pytest.approx(difference, abs=1e-12)
    all_of_them = []
    for chosen in itertools.combinations(range(7), 4):
        all_of_them.append(
            abs(_mantel(times, events, np.isin(range(7), chosen))[0])
        )
    extreme = np.array(all_of_them) >= abs(difference) - 1e-9
    assert found.p_value == pytest.approx(extreme.mean())
    assert found.is_exact
    if variance > 0:
        theirs = scipy.stats.logrank(
            scipy.stats.CensoredData(a[a_event], right=a[~a_event]),
            scipy.stats.CensoredData(b[b_event], right=b[~b_event]),
        )
        assert difference / variance**0.5 == pytest.approx(
            theirs.statistic, abs=1e-9
        )


def test_three_against_three_cannot_go_below_a_tenth():
    found = survival.log_rank([1, 2, 3], [True] * 3, [4, 5, 6], [True] * 3)
    assert found.p_value == found.smallest == pytest.approx(0.1)


def test_level_of_the_test_and_coverage_of_the_speed_up():
    rng = np.random.default_rng(0)
    rejected = covered = 0
    count, factor = 100, 2.0
    for _ in range(count):
        a, b = rng.lognormal(3, 0.3, (2, 5))
        seen = np.minimum(a, 30.0), np.minimum(b, 30.0)
        events = a < 30, b < 30
        p_value = survival.log_rank(seen[0], events[0], seen[1], events[1])[1]
        rejected += p_value <= 0.05
        low, high = survival.speed_up_interval(
            a, [True] * 5, factor * b, [True] * 5
        )
        covered += (low or 0) <= factor <= (high or np.inf)
    # Exact tests are conservative; three standard errors of a share of 5%.
    error = 3 * (0.05 * 0.95 / count) ** 0.5
    assert 0 < rejected / count < 0.05 + error
    assert 0.95 - error < covered / count < 1


def test_a_speed_up_moves_with_the_unit_and_turns_with_the_groups():
    rng = np.random.default_rng(1)
    a, b = rng.lognormal(3, 0.3, (2, 6))
    events = [True] * 6
    low, high = survival.speed_up_interval(a, events, 3 * b, events)
    again = survival.speed_up_interval(60 * a, events, 180 * b, events)
    assert again == pytest.approx((low, high))
    turned = survival.speed_up_interval(3 * b, events, a, events)
    assert turned == pytest.approx((1 / high, 1 / low))


def test_three_against_three_bound_nothing():
    low, high = survival.speed_up_interval(
        [1, 2, 3], [True] * 3, [40, 50, 60], [True] * 3
    )
    assert (low, high) == (None, None)


def test_groups_too_large_to_enumerate_are_sampled_alike_each_time():
    rng = np.random.default_rng(2)
    a, b = rng.lognormal(3, 0.4, 15), rng.lognormal(3.5, 0.4, 15)
    events = [True] * 15
    found = [survival.log_rank(a, events, b, events) for _ in range(2)]
    assert found[0] == found[1]
    assert not found[0].is_exact
    theirs = scipy.stats.logrank(a, b).pvalue
    assert found[0].p_value == pytest.approx(theirs, abs=0.01)


@pytest.mark.parametrize(
    "times, is_event", [([], []), ([1, 2], [True]), ([0], [True])]
)
def test_what_are_no_times_is_refused(times, is_event):
    with pytest.raises(ValueError, match="Received"):
        survival.median(times, is_event)
