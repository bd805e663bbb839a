"""Measures of one stage with their null floors, and an interval for each.

Where images or channels are drawn, there is the range of the draws in place of
an interval: draws of the same images say nothing of other images.
"""

import dataclasses
import typing

import numpy as np

from transfusion_tf.analysis import similarity, stage_sums
from transfusion_tf.statistics import jackknife

FLOORS = tuple(kind for kind in stage_sums.KINDS if kind != "measured")


# What `low` and `high` may be.
JACKKNIFE = "jackknife"
RANGE = "range of draws"


class Range(typing.NamedTuple):
    """The smallest and the largest of several draws; no interval."""

    low: float
    high: float


@dataclasses.dataclass(frozen=True, eq=False)
class Estimate:
    """One measure of one stage of one pair.

    Attributes:
      values: {"measured", "layout", "chance": value}, None where undefined,
        and {"excess": measured minus chance}.
      intervals: {the same names: jackknife.Interval, or Range where something
        was drawn}, None where undefined.
      result: what the measure returned, for all groups; None where undefined.
      reason: why the measured value is undefined, or "".
      moments: Moments of the measured pair.
      draws: `values` of each draw; empty where nothing was drawn.
    """

    values: dict
    intervals: dict
    result: object
    reason: str
    moments: stage_sums.Moments
    draws: tuple = ()


def of_stage(sums, measures):
    """Returns {pair: {name of a measure: Estimate}} of a StageSums.

    Where images or channels were drawn, values are means over the draws, and
    beside them is the Range of these; otherwise intervals come from leaving out
    each group.

    Args:
      sums: StageSums.
      measures: {name: function of Moments}.
    """
    groups = range(sums.num_groups)
    if sums.drawn:
        parts = [[group] for group in groups]
    else:
        parts = [[g for g in groups if g != out] for out in groups]
        parts = parts if len(parts) > 1 else []
    everything = _evaluated(sums.moments([0] if sums.drawn else None), measures)
    # Their values only: the moments of all parts would be as many times the
    # memory of one.
    replicates = [_values(sums.moments(part), measures) for part in parts]
    return {
        pair: {
            measure: _estimate(
                found,
                [r[pair, measure] for r in replicates],
                sums,
                similarity.RANGES.get(measure),
            )
            for measure, found in of_pair.items()
        }
        for pair, of_pair in everything.items()
    }


@dataclasses.dataclass(frozen=True, eq=False)
class _Evaluation:
    values: dict
    result: object
    reason: str
    moments: stage_sums.Moments


def _evaluated(of_pairs, measures):
    """{pair: {measure: _Evaluation}}."""
    return {
        pair: {name: _one(m, measure) for name, measure in measures.items()}
        for pair, m in of_pairs.items()
    }


def _values(of_pairs, measures):
    """{(pair, measure): values of the _Evaluation}."""
    return {
        (pair, name): _one(m, measure).values
        for pair, m in of_pairs.items()
        for name, measure in measures.items()
    }


def _one(stage_moments, measure):
    result, reason = _measured(stage_moments.measured, measure)
    values = {"measured": result and result.value}
    for floor in FLOORS:
        found = getattr(stage_moments, floor)
        of_floor = found and _measured(found, measure)[0]
        values[floor] = of_floor and of_floor.value
    values["excess"] = _minus(values["measured"], values["chance"])
    return _Evaluation(values, result, reason, stage_moments.measured)


def _measured(moments, measure):
    """(result, "") or (None, the reason why there is none)."""
    try:
        result = measure(moments)
    except similarity.TooFewDatapoints as error:
        return None, str(error)
    if np.isnan(result.value):
        return None, _why_undefined(moments)
    return result, ""


def _why_undefined(moments):
    if moments.cov_xx.any() and moments.cov_yy.any():
        return "The debiased similarity of a side with itself is not positive."
    return "A side is constant: all its channels are dead."


def _estimate(found, replicates, sums, bounds):
    values = found.values
    if sums.drawn:
        values = {
            name: _mean([values[name] for values in replicates])
            for name in found.values
        }
    intervals = {}
    for name, value in values.items():
        of_parts = [values[name] for values in replicates]
        if value is None or None in of_parts:
            intervals[name] = None
        elif sums.drawn:
            intervals[name] = _range(of_parts)
        else:
            intervals[name] = jackknife.delete_a_group(
                value,
                of_parts,
                sums.images_of_groups,
                bounds=_of_difference(bounds) if name == "excess" else bounds,
            )
    return Estimate(
        values,
        intervals,
        found.result,
        found.reason,
        found.moments,
        tuple(replicates) if sums.drawn else (),
    )


def _of_difference(bounds):
    """What the difference of two values can be that have these `bounds`."""
    if bounds is None:
        return (-1.0, 1.0)
    low, high = bounds
    return (low - high, high - low)


def _range(of_draws):
    """The Range of the draws; None of a single one."""
    if len(of_draws) < 2:
        return None
    return Range(min(of_draws), max(of_draws))


def _minus(value, floor):
    return None if value is None or floor is None else value - floor


def _mean(values):
    return None if None in values else float(np.mean(values))
