"""Outcomes of judging a claim, and how several make one."""

import dataclasses
import math

from scipy import stats

from transfusion_tf.reporting import verdict_text
from transfusion_tf.statistics import equivalence

AGREES, DISAGREES = "agrees", "disagrees"
CANNOT_TELL, NOT_ASKED = "cannot tell", "not asked"
OUTCOMES = (AGREES, DISAGREES, CANNOT_TELL, NOT_ASKED)
_HELPS = (equivalence.HELPS, equivalence.HELPS_WITHIN_MARGIN)
_HURTS = (equivalence.HURTS, equivalence.HURTS_WITHIN_MARGIN)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Judgement:
    """What data say of a claim.

    Attributes:
      outcome: one of OUTCOMES.
      numbers: what it rests on, in words; empty where nothing was asked.
    """

    outcome: str
    numbers: str = ""


NOTHING = Judgement(outcome=NOT_ASKED)


def together(outcomes, numbers):
    """The Judgement of several networks, sources or stages.

    It disagrees where one of them does, and agrees where all of them do.
    Without any, nothing was asked.

    Args:
      outcomes: AGREES, DISAGREES or CANNOT_TELL of each.
      numbers: text of each.
    """
    outcomes = list(outcomes)
    if not outcomes:
        return NOTHING
    outcome = CANNOT_TELL
    if DISAGREES in outcomes:
        outcome = DISAGREES
    elif set(outcomes) == {AGREES}:
        outcome = AGREES
    return Judgement(outcome=outcome, numbers="; ".join(numbers))


def of_rows(rows, judge):
    """The Judgement of rows of differences, each judged by `judge`."""
    return together(map(judge, rows), map(shown, rows))


def shown(row):
    """A row of a difference in words."""
    return f"{row['arm']} minus {row['reference']}: {_interval(row)}"


def _interval(row):
    if math.isnan(row["difference"]):
        return verdict_text.interval({"difference": None})
    return verdict_text.interval(row)


def little(row):
    """Whether a difference does not matter."""
    margin = row["margin"]
    if -margin < row["low_90"] and row["high_90"] < margin:
        return AGREES
    is_beyond = row["low"] > margin or row["high"] < -margin
    is_shown = row["verdict"] in (equivalence.HELPS, equivalence.HURTS)
    return DISAGREES if is_shown and is_beyond else CANNOT_TELL


def better(row):
    """Whether an arm is better than its reference."""
    if row["verdict"] in _HELPS:
        return AGREES
    if row["verdict"] in (*_HURTS, equivalence.EQUIVALENT):
        return DISAGREES
    return CANNOT_TELL


def as_good(row):
    """Whether an arm is worse than its reference by less than the margin."""
    if row["low_90"] > -row["margin"]:
        return AGREES
    is_worse = row["verdict"] == equivalence.HURTS
    is_beyond = row["high"] < -row["margin"]
    return DISAGREES if is_worse and is_beyond else CANNOT_TELL


def more(first, second, *, count):
    """Whether one difference is larger than another, and both in words.

    The interval of a difference of differences is combined of theirs (Zou and
    Donner 2008) as if they were independent: too wide where both are of the
    same patients.

    Args:
      first, second: rows of differences.
      count: number of such comparisons that a claim rests on (Bonferroni).

    Returns:
      (outcome, text).
    """
    value = first["difference"] - second["difference"]
    below = math.hypot(_arm(first, "low", count), _arm(second, "high", count))
    above = math.hypot(_arm(first, "high", count), _arm(second, "low", count))
    low, high = value - below, value + above
    text = (
        f"({shown(first)}) less ({shown(second)}): "
        f"{_interval({'difference': value, 'low': low, 'high': high})}"
    )
    return signed(low, high, within=first["margin"]), text


def signed(low, high, *, within=0.0):
    """Whether an interval shows something to be above 0.

    Args:
      low, high: the interval.
      within: an interval inside of plus and minus this shows the contrary.
    """
    if low > 0:
        return AGREES
    if high < 0 or (-within < low and high < within):
        return DISAGREES
    return CANNOT_TELL


def _arm(row, end, count):
    """Length of one side of an interval, made longer for `count` of them."""
    length = abs(row["difference"] - row[end])
    freedom = row["degrees_of_freedom"]
    if count == 1 or math.isnan(freedom):
        return length
    tail = (1 - row["level"]) / 2
    ratio = stats.t.isf(tail / count, freedom) / stats.t.isf(tail, freedom)
    return length * ratio
