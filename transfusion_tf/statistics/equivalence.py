"""What may be said of a difference: verdicts from intervals and a margin.

A margin is the largest difference that nobody would act on. Two arms are
equivalent where the 90% interval of their difference lies within it, which is
two one-sided tests at 5% (Schuirmann 1987, J. Pharmacokinetics and
Biopharmaceutics 15, 657-680). That a difference is not significant shows no
equivalence: then the answer is that one cannot tell.
"""

import numpy as np

HELPS, HURTS = "helps", "hurts"
HELPS_WITHIN_MARGIN = "helps_within_margin"
HURTS_WITHIN_MARGIN = "hurts_within_margin"
EQUIVALENT, CANNOT_TELL = "equivalent", "cannot_tell"
VERDICTS = (
    HELPS,
    HURTS,
    HELPS_WITHIN_MARGIN,
    HURTS_WITHIN_MARGIN,
    EQUIVALENT,
    CANNOT_TELL,
)
SIGNIFICANCE = 0.05
# Two one-sided tests at SIGNIFICANCE.
EQUIVALENCE_LEVEL = 1 - 2 * SIGNIFICANCE


def holm(p_values):
    """p values adjusted for their number, step-down.

    Holm (1979), Scandinavian Journal of Statistics 6, 65-70: among all planned
    comparisons together, the chance of one false finding stays below the
    level, whatever their dependence.

    Args:
        p_values: sequence of floats, None for those that are undefined, which
            count as planned nevertheless.

    Returns:
        List of adjusted p values (None where they were).
    """
    known = [i for i, p in enumerate(p_values) if p is not None]
    order = sorted(known, key=lambda i: p_values[i])
    adjusted, largest = [None] * len(p_values), 0.0
    for rank, index in enumerate(order):
        largest = max(largest, p_values[index] * (len(p_values) - rank))
        adjusted[index] = min(1.0, largest)
    return adjusted


def verdict(value, low, high, *, p_value, margin):
    """One of VERDICTS.

    Args:
        value: the difference, arm minus reference; None where undefined.
        low, high: its interval at EQUIVALENCE_LEVEL.
        p_value: of no difference, adjusted for the planned comparisons.
        margin: positive; the largest difference that does not matter.

    Raises:
        ValueError: the margin is not positive.
    """
    check_margin(margin)
    if value is None or low is None:
        return CANNOT_TELL
    within = -margin < low and high < margin
    if p_value is not None and p_value <= SIGNIFICANCE and value:
        if value > 0:
            return HELPS_WITHIN_MARGIN if within else HELPS
        return HURTS_WITHIN_MARGIN if within else HURTS
    return EQUIVALENT if within else CANNOT_TELL


def is_non_inferior(low, *, margin):
    """Whether the arm is worse by less than the margin, at SIGNIFICANCE.

    Args:
        low: lower end of the interval at EQUIVALENCE_LEVEL, or None.
        margin: positive.
    """
    check_margin(margin)
    return low is not None and bool(low > -margin)


def check_margin(margin):
    """Returns `margin`, or raises ValueError unless it is in (0, 1)."""
    if not (np.isfinite(margin) and 0 < margin < 1):
        raise ValueError(
            "--margin must lie between 0 and 1, in AUC: 0.01 is one point. "
            f"Received: {margin}"
        )
    return margin
