"""The exact area under the ROC curve, its variance and its interval.

The AUC is the share of (positive, negative) pairs in which the positive has
the higher score, ties counting one half.

    result = auc.delong(labels, scores, groups=patients)
    print(result.value, result.low, result.high)
"""

import dataclasses

from transfusion_tf.metrics import components
from transfusion_tf.statistics import intervals

# With fewer images (or patients) of a class no interval was found to be sure.
FEWEST = 5


@dataclasses.dataclass(frozen=True, kw_only=True)
class AucResult:
    """An AUC with its uncertainty.

    Attributes:
        value: the AUC; None where there are only positives or negatives.
        variance: its variance; None where the data show none (see `delong`).
        low, high: the interval; None where `value` is.
        num_positive, num_negative: images of each class.
        num_groups: independent units: patients, or images without `groups`.
        interval: how it was made: "score", "exact" (see `delong`), or None.
        reason: why `value` is None, in words; None where it is a number.
        note: what a reader of the interval must know, or "".
    """

    value: float | None
    variance: float | None
    low: float | None
    high: float | None
    num_positive: int
    num_negative: int
    num_groups: int
    interval: str | None
    reason: str | None
    note: str


def auc(labels, scores):
    """Returns the exact AUC.

    Args:
        labels: (num_images,) of 0 and 1, or bool.
        scores: (num_images,) finite; higher means more likely 1.

    Returns:
        A float, or None where one of the classes does not occur.

    Raises:
        ValueError: other shapes, labels or scores.
    """
    return components.compare(labels, scores).value


def delong(labels, scores, groups=None, *, level=0.95):
    """Returns the AUC with its variance and confidence interval.

    The variance is that of DeLong et al. (1988), Biometrics 44, 837-845, from
    ranks as in Sun and Xu (2014), IEEE SPL 21, 1389-1393; with `groups` the
    sums over patients of Obuchowski (1997), Biometrics 53, 567-578, which
    allow for a patient's images resembling each other and are the same where
    every patient has one image. The interval is `intervals.score`: that
    variance, drawn to a larger one where images (or patients) of a class are
    few. It covers at least 93% from five of each class on (docs/statistics.md);
    with fewer, `note` says so.

    Where the data show no variance (AUC of 0 or 1, all scores tied, positives
    or negatives of one patient only), `variance` is None and the interval that
    of Clopper and Pearson for as many trials as there are disjoint pairs of a
    positive and another unit's negative. Such pairs are independent trials
    whose probability of success is the AUC, and at 1 (0) all of them succeed
    (fail), so there the level holds for every distribution of the scores.

    Args:
        labels: (num_images,) of 0 and 1, or bool.
        scores: (num_images,) finite; higher means more likely 1.
        groups: (num_images,) names or numbers of the patients, or None.
        level: confidence level of the interval.

    Returns:
        An AucResult.

    Raises:
        ValueError: other shapes, labels, scores, groups or level.
    """
    intervals.check_level(level)
    compared = components.compare(labels, scores)
    codes = components.group_codes(groups, len(compared.positive))
    return from_sums(
        compared.value, components.sum_by_group(compared, codes), level=level
    )


def from_sums(value, sums, *, level):
    """Returns the AucResult of an AUC (or None) and its GroupSums."""
    if value is None:
        missing = "negative" if sums.num_positive else "positive"
        return undefined(
            sums,
            f"no {missing} image among "
            f"{sums.num_positive + sums.num_negative}: an AUC needs "
            "positives and negatives",
        )
    variance = sums.variance()
    if variance is None:
        interval = "exact"
        low, high = intervals.exact(value, sums.pairs(), level=level)
    else:
        interval = "score"
        low, high = intervals.score(
            value,
            variance,
            sums.positive_effective,
            sums.negative_effective,
            level=level,
        )
    return dataclasses.replace(
        undefined(sums, None),
        value=value,
        variance=variance,
        low=low,
        high=high,
        interval=interval,
        note=_note(sums),
    )


def undefined(sums, reason):
    """Returns the AucResult without an AUC, for a reason in words."""
    return AucResult(
        value=None,
        variance=None,
        low=None,
        high=None,
        num_positive=sums.num_positive,
        num_negative=sums.num_negative,
        num_groups=sums.num_groups,
        interval=None,
        reason=reason,
        note="",
    )


def _note(sums):
    """Says of which class there are fewer than FEWEST units."""
    by_patient = sums.num_groups < sums.num_positive + sums.num_negative
    unit = "patient" if by_patient else "image"
    few = [
        f"{count} {kind} {unit}{'s' * (count > 1)}"
        for kind, count in (
            ("positive", sums.positive_groups),
            ("negative", sums.negative_groups),
        )
        if count < FEWEST
    ]
    if not few:
        return ""
    return (
        f"only {' and '.join(few)}: below {FEWEST} the interval may miss the "
        "AUC more often than its level says"
    )
