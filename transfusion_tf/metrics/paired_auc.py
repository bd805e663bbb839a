"""Differences of AUCs on the same images: between networks, arms and folds.

    result = paired_auc.paired(labels, scores, other_scores, groups=patients)
    print(result.value, result.low, result.high, result.p_value)

Two AUCs on the same images err together, so that their difference is known
better than either: overlapping intervals of the two say little about it. The
variance is that of DeLong et al. (1988), Biometrics 44, 837-845, section 4:
every image adds to the error of each AUC its structural component, and the
difference of the two is added up as for a single AUC, by patient where there
are any (Obuchowski 1997, Biometrics 53, 567-578).
"""

import dataclasses

import numpy as np

from transfusion_tf.metrics import components, seed_auc
from transfusion_tf.statistics import intervals, variance_components


@dataclasses.dataclass(frozen=True, kw_only=True)
class PairedAuc:
    """The difference of two AUCs (of the means over seeds or folds of two).

    Attributes:
        value: AUC of the other minus AUC of the first; None where undefined.
        low, high: its confidence interval at `level`, within [-1, 1].
        p_value: two-sided, of no difference.
        variance: of `value`; None where the data show none (see `paired`).
        first, other: the two AUCs.
        level: confidence level of the interval.
        seed_variance: the part of `variance` that more seeds would shrink;
            None where no seed is repeated; 0 where they differ no more than
            their own errors on patients make them, and then `variance` may be
            less than `patient_variance`.
        patient_variance: the part that more patients would shrink.
        noise_variance: the part of `patient_variance` that is each network's
            own, so that more seeds would shrink it as well.
        degrees_of_freedom: of `variance`, for Student's t.
        patients_freedom: those of `patient_variance`.
        num_positive, num_negative: images of each class.
        num_groups: independent units: patients, or images without `groups`.
        num_seeds, num_other_seeds: networks of each.
        interval: how it was made: "t", "exact" (see `paired`), or None.
        reason: why there is no value, or no variance, in words; else None.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    p_value: float | None = None
    variance: float | None = None
    first: float | None = None
    other: float | None = None
    level: float
    seed_variance: float | None = None
    patient_variance: float | None = None
    noise_variance: float | None = None
    degrees_of_freedom: float | None = None
    patients_freedom: float | None = None
    num_positive: int
    num_negative: int
    num_groups: int
    num_seeds: int = 1
    num_other_seeds: int = 1
    interval: str | None = None
    reason: str | None = None

    def bounds(self, level):
        """Returns (low, high) at another confidence level, or (None, None)."""
        if self.interval != "t":
            return (
                (self.low, self.high) if level == self.level else (None, None)
            )
        return _bounds(
            self.value, self.variance, self.degrees_of_freedom, level
        )


def paired(labels, scores, other_scores, groups=None, *, level=0.95):
    """Returns the difference of two networks' AUCs on the same images.

    The interval is `value` and Student's t times the standard error, with
    Satterthwaite's degrees of freedom of the variances of positives and of
    negatives, fewer where few images make up most of them
    (variance_components.freedom_of_squares). Where the difference shows no
    variance (equal scores, or both AUCs 0 or 1), `variance` is None, and the
    interval holds what as many disjoint pairs of a positive and another unit's
    negative without any difference leave possible: each is an independent
    trial, and with n of them P(difference) <= 1 - (1 - level)^(1 / n), the
    exact bound of Clopper and Pearson (1934), which no difference of AUCs
    exceeds.

    Args:
        labels: (num_images,) of 0 and 1, or bool.
        scores: (num_images,) finite; higher means more likely 1.
        other_scores: (num_images,) of the other network.
        groups: (num_images,) names or numbers of the patients, or None.
        level: confidence level of the interval.

    Returns:
        A PairedAuc; `value` is the other's AUC minus the first's.

    Raises:
        ValueError: other shapes, labels, scores, groups or level.
    """
    return over_seeds(
        labels,
        np.asarray(scores)[None],
        np.asarray(other_scores)[None],
        groups,
        level=level,
    )


def over_seeds(
    labels,
    scores,
    other_scores,
    groups=None,
    *,
    paired_seeds=False,
    level=0.95,
):
    """Returns the difference of two arms' mean AUCs over seeds.

    Its variance allows for other seeds and for other patients
    (statistics.variance_components). With one seed in an arm nothing is known
    of that arm's seeds, and only the other part is counted.

    Args:
        labels: (num_images,) of 0 and 1, or bool.
        scores: (num_seeds, num_images) of the first arm.
        other_scores: (num_other_seeds, num_images) of the other arm.
        groups: (num_images,) names or numbers of the patients, or None.
        paired_seeds: whether the i-th networks of both belong together (the
            same fold, subset or start of a head), so that only their
            difference varies. The arms then have as many seeds.
        level: confidence level of the interval.

    Returns:
        A PairedAuc.

    Raises:
        ValueError: as for `paired`, or unequal numbers of paired seeds.
    """
    codes = components.group_codes(groups, len(labels))
    return between(
        seed_auc.scored(labels, scores, codes),
        seed_auc.scored(labels, other_scores, codes),
        paired_seeds=paired_seeds,
        level=level,
    )


def between(first, other, *, paired_seeds=False, level=0.95):
    """Returns the PairedAuc of two `seed_auc.Arm`s on the same images.

    For what `over_seeds` does not know: means over classes or thresholds, and
    images with missing labels (seed_auc.of_task).

    Args:
        first, other: Arms of the same labels and units.
        paired_seeds, level: as for `over_seeds`.

    Raises:
        ValueError: unequal numbers of paired seeds, or another level.
    """
    intervals.check_level(level)
    seeds = len(first.positive), len(other.positive)
    if paired_seeds and seeds[0] != seeds[1]:
        raise ValueError(
            "`paired_seeds` needs as many networks in both arms. Received: "
            f"{seeds[0]} and {seeds[1]}"
        )
    facts = {
        "level": level,
        "num_positive": first.num_positive,
        "num_negative": first.num_negative,
        "num_groups": first.num_units,
        "num_seeds": seeds[0],
        "num_other_seeds": seeds[1],
    }
    if first.values is None or other.values is None:
        return PairedAuc(value=None, reason=first.undefined, **facts)
    facts["first"] = float(first.values.mean())
    facts["other"] = float(other.values.mean())
    facts["value"] = facts["other"] - facts["first"]
    if not first.has_variance:
        where = " in a fold" if first.num_folds > 1 else ""
        reason = f"the positives or the negatives are all of one unit{where}"
        return _exact(1.0, reason, facts)
    parts = _components(first, other, paired_seeds)
    if parts.total <= components.ROUNDING:
        reach = 1 - (1 - level) ** (1 / first.pairs)
        return _exact(reach, "no image tells the two apart", facts)
    return _by_t(parts, facts)


def _exact(reach, reason, facts):
    return PairedAuc(
        low=-reach,
        high=reach,
        p_value=1.0,
        interval="exact",
        reason=reason,
        **facts,
    )


def _by_t(parts, facts):
    value, freedom = facts["value"], parts.degrees_of_freedom
    low, high = _bounds(value, parts.total, freedom, facts["level"])
    return PairedAuc(
        low=low,
        high=high,
        p_value=variance_components.p_value(value, parts.total, freedom),
        variance=parts.total,
        seed_variance=parts.seeds,
        patient_variance=parts.patients,
        noise_variance=parts.noise,
        degrees_of_freedom=freedom,
        patients_freedom=parts.patients_freedom,
        interval="t",
        **facts,
    )


def _components(first, other, paired_seeds):
    """Components of the variance of the mean difference of two Arms."""
    arms, signs = [first, other], [-1, 1]
    sides = [
        np.mean(getattr(other, side), axis=0)[None]
        - np.mean(getattr(first, side), axis=0)[None]
        for side in ("positive", "negative")
    ]
    if paired_seeds:
        arms, signs = [seed_auc.minus(other, first)], [1]
    return seed_auc.patients_and_seeds(*sides, arms, signs)


def _bounds(value, variance, freedom, level):
    reach = variance_components.t_quantile(
        intervals.check_level(level), freedom
    ) * np.sqrt(variance)
    return max(-1.0, float(value - reach)), min(1.0, float(value + reach))
