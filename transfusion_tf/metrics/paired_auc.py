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

from transfusion_tf.metrics import components, intervals
from transfusion_tf.statistics import variance_components


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
            None where no seed is repeated.
        patient_variance: the part that more patients would shrink.
        noise_variance: the part of `patient_variance` that is each network's
            own, so that more seeds would shrink it as well.
        degrees_of_freedom: of `variance`, for Student's t.
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
    negatives. Where the difference shows no variance (equal scores, or both
    AUCs 0 or 1), `variance` is None, and the interval holds what as many
    disjoint pairs of a positive and another unit's negative without any
    difference leave possible: each is an independent trial, and with n of them
    P(difference) <= 1 - (1 - level)^(1 / n), the exact bound of Clopper and
    Pearson (1934), which no difference of AUCs exceeds.

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
    intervals.check_level(level)
    arms = [_checked_arm(labels, arm) for arm in (scores, other_scores)]
    if paired_seeds and len(arms[0]) != len(arms[1]):
        raise ValueError(
            "`paired_seeds` needs as many networks in both arms. Received: "
            f"{len(arms[0])} and {len(arms[1])}"
        )
    codes = components.group_codes(groups, len(labels))
    return _difference(
        *(Arm.scored(labels, arm, codes) for arm in arms),
        paired_seeds=paired_seeds,
        level=level,
    )


@dataclasses.dataclass(frozen=True)
class Arm:
    """The AUC of each seed of an arm, and what each unit adds to its error.

    Attributes:
        values: (num_seeds,) AUCs, or None where the AUC is undefined.
        positive, negative: (num_seeds, num_groups) sums over each unit's
            positives and negatives (GroupSums), corrected for their number,
            so that the squares of their sum add up to the variance.
        sums: GroupSums of the first seed, for its counts.
    """

    values: np.ndarray | None
    positive: np.ndarray
    negative: np.ndarray
    sums: components.GroupSums

    @classmethod
    def scored(cls, labels, scores, codes):
        """Scores an arm.

        Args:
            labels: (num_images,) of 0 and 1.
            scores: (num_seeds, num_images).
            codes: (num_images,) ints from 0, equal within a unit.
        """
        compared = [components.compare(labels, row) for row in scores]
        sums = [components.sum_by_group(c, codes) for c in compared]
        first, values = sums[0], [c.value for c in compared]
        return cls(
            None if None in values else np.array(values),
            np.array([s.positive for s in sums])
            * _root_correction(first.positive_groups),
            np.array([s.negative for s in sums])
            * _root_correction(first.negative_groups),
            first,
        )

    @property
    def influences(self):
        """(num_seeds, num_groups) what each unit adds to the error."""
        return self.positive + self.negative


def _difference(first, other, *, paired_seeds, level):
    """The PairedAuc of two Arms on the same images."""
    sums = first.sums
    facts = {
        "level": level,
        "num_positive": sums.num_positive,
        "num_negative": sums.num_negative,
        "num_groups": sums.num_groups,
        "num_seeds": len(first.positive),
        "num_other_seeds": len(other.positive),
    }
    if first.values is None:
        missing = "negative" if sums.num_positive else "positive"
        return PairedAuc(
            value=None,
            reason=f"no {missing} image among "
            f"{sums.num_positive + sums.num_negative}: an AUC needs positives "
            "and negatives",
            **facts,
        )
    facts["first"] = float(first.values.mean())
    facts["other"] = float(other.values.mean())
    value = facts["other"] - facts["first"]
    if min(sums.positive_groups, sums.negative_groups) < 2:
        return PairedAuc(
            value=value,
            low=-1.0,
            high=1.0,
            p_value=1.0,
            interval="exact",
            reason="the positives or the negatives are all of one unit",
            **facts,
        )
    parts = _components(first, other, paired_seeds)
    if parts.total <= components.ROUNDING:
        reach = 1 - (1 - level) ** (1 / sums.pairs())
        return PairedAuc(
            value=value,
            low=-reach,
            high=reach,
            p_value=1.0,
            interval="exact",
            reason="no image tells the two apart",
            **facts,
        )
    low, high = _bounds(value, parts.total, parts.degrees_of_freedom, level)
    return PairedAuc(
        value=value,
        low=low,
        high=high,
        p_value=variance_components.p_value(
            value, parts.total, parts.degrees_of_freedom
        ),
        variance=parts.total,
        seed_variance=parts.seeds,
        patient_variance=parts.patients,
        noise_variance=parts.noise,
        degrees_of_freedom=parts.degrees_of_freedom,
        interval="t",
        **facts,
    )


def _components(first, other, paired_seeds):
    """Components of the variance of the mean difference of two Arms."""
    sides = [
        other.positive.mean(axis=0) - first.positive.mean(axis=0),
        other.negative.mean(axis=0) - first.negative.mean(axis=0),
    ]
    groups = first.sums.positive_groups, first.sums.negative_groups
    freedom = variance_components.satterthwaite(
        [
            (float(np.sum(side**2)), count - 1)
            for side, count in zip(sides, groups, strict=True)
        ]
    )
    arms = [
        (-first.values, -first.influences),
        (other.values, other.influences),
    ]
    if paired_seeds:
        arms = [tuple(sum(part) for part in zip(*arms, strict=True))]
    return variance_components.of_means(arms, patients_freedom=freedom)


def _bounds(value, variance, freedom, level):
    reach = variance_components.t_quantile(
        intervals.check_level(level), freedom
    ) * np.sqrt(variance)
    return max(-1.0, float(value - reach)), min(1.0, float(value + reach))


def _root_correction(groups):
    return np.sqrt(groups / (groups - 1)) if groups > 1 else 1.0


def _checked_arm(labels, scores):
    scores = np.asarray(scores)
    if (
        scores.ndim != 2
        or scores.shape[1:] != np.shape(labels)
        or not len(scores)
    ):
        raise ValueError(
            "The scores of an arm must be (num_seeds, num_images) for labels "
            f"(num_images,). Received: {scores.shape} and {np.shape(labels)}"
        )
    return scores
