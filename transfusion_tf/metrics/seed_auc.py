"""AUCs of an arm: networks that differ by seed, scored on the same images.

What is known of the arm's mean AUC, where both another seed and other patients
would move it (statistics.variance_components). A mean over classes, labels or
thresholds is an AUC like any other: what an image adds to its error is the
mean of what it adds to each.
"""

import dataclasses

import numpy as np
import scipy.special

from transfusion_tf.metrics import components, problems
from transfusion_tf.statistics import intervals, variance_components

# Attributes of an Arm that count what it has, in one fold or in all.
COUNTS = (
    "num_positive",
    "num_negative",
    "positive_units",
    "negative_units",
    "pairs",
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Arm:
    """The AUC of each seed of an arm, and what each unit adds to its error.

    Attributes:
        values: (num_seeds,) AUCs, or None where the AUC is undefined.
        positive, negative: (num_seeds, num_units) sums over each unit's
            positives and negatives, corrected for the number of units, so that
            the squares of their sum add up to the variance.
        num_positive, num_negative: images of each class; of a mean, those of
            the AUC with the fewest.
        positive_units, negative_units: units with one of them, likewise.
        least_units: the smaller of the two, in the fold where it is smallest.
        num_units: patients, or images where there are no patients.
        pairs: most disjoint pairs of a positive and another unit's negative.
        num_folds: folds that the AUC is a mean over (metrics.fold_auc).
    """

    values: np.ndarray | None
    positive: np.ndarray
    negative: np.ndarray
    num_positive: int
    num_negative: int
    positive_units: int
    negative_units: int
    least_units: int
    num_units: int
    pairs: int
    num_folds: int = 1

    @property
    def influences(self):
        """(num_seeds, num_units) what each unit adds to the error."""
        return self.positive + self.negative

    @property
    def has_variance(self):
        """Whether both classes come from several units, in each fold."""
        return self.least_units > 1

    @property
    def undefined(self):
        """Why there is no AUC, in words; None where there is one."""
        if self.values is not None:
            return None
        if self.num_folds > 1:
            return (
                f"one of {self.num_folds} folds has no positive or no negative "
                "image: an AUC needs both; make fewer folds"
            )
        missing = "negative" if self.num_positive else "positive"
        return (
            f"no {missing} image among "
            f"{self.num_positive + self.num_negative}: an AUC needs positives "
            "and negatives"
        )


def scored(labels, scores, codes, *, size=None):
    """The Arm of a two-class problem.

    Args:
        labels: (num_images,) of 0 and 1, or bool.
        scores: (num_seeds, num_images) finite; higher means more likely 1.
        codes: (num_images,) ints from 0, equal within a unit.
        size: number of units; None: those of `codes`.

    Raises:
        ValueError: other shapes, labels or scores.
    """
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
    compared = [components.compare(labels, row) for row in scores]
    sums = [components.sum_by_group(c, codes, size=size) for c in compared]
    first, values = sums[0], [c.value for c in compared]
    return Arm(
        values=None if None in values else np.array(values),
        positive=_corrected([s.positive for s in sums], first.positive_groups),
        negative=_corrected([s.negative for s in sums], first.negative_groups),
        num_positive=first.num_positive,
        num_negative=first.num_negative,
        positive_units=first.positive_groups,
        negative_units=first.negative_groups,
        least_units=min(first.positive_groups, first.negative_groups),
        num_units=first.num_groups,
        pairs=first.pairs(),
    )


def of_task(task, labels, scores, codes):
    """The Arms of the problems of a task, in their order, and of their mean.

    Args:
        task: one of names.TASKS.
        labels: (num_images,) or (num_images, num_labels), see problems.split.
        scores: (num_seeds, num_images, num_classes or num_labels).
        codes: (num_images,) ints from 0, equal within a unit.

    Returns:
        List of (index of the class, label or threshold; Arm), and the Arm of
        the mean over the defined ones.
    """
    by_seed = [problems.split(task, labels, row) for row in scores]
    size = int(codes.max(initial=-1)) + 1
    arms = []
    for asked in zip(*by_seed, strict=True):
        keep = asked[0].keep
        arm = scored(
            asked[0].labels[keep],
            np.stack([problem.scores[keep] for problem in asked]),
            codes[keep],
            size=size,
        )
        arms.append((asked[0].index, arm))
    return arms, mean([arm for _, arm in arms])


def mean(arms):
    """The Arm of the mean of the defined AUCs of `arms`; the first, if none."""
    defined = [arm for arm in arms if arm.values is not None]
    if not defined:
        return arms[0]
    counts = (*COUNTS, "least_units")
    return Arm(
        values=np.mean([arm.values for arm in defined], axis=0),
        positive=np.mean([arm.positive for arm in defined], axis=0),
        negative=np.mean([arm.negative for arm in defined], axis=0),
        num_units=max(arm.num_units for arm in defined),
        num_folds=defined[0].num_folds,
        **{name: min(getattr(arm, name) for arm in defined) for name in counts},
    )


def minus(first, other):
    """The Arm of the differences of two Arms' AUCs, seed by seed.

    Args:
        first, other: Arms of the same networks, as many seeds, on the same
            units; `first` minus `other`.
    """
    if first.values is None or other.values is None:
        return dataclasses.replace(first, values=None)
    return dataclasses.replace(
        first,
        values=first.values - other.values,
        positive=first.positive - other.positive,
        negative=first.negative - other.negative,
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class SeedAuc:
    """The mean AUC of an arm with its interval.

    Attributes:
        value, low, high: the mean and its interval; None where undefined.
        variance: of the mean; None where the data show none.
        seed_variance: the part that more seeds would shrink, or None.
        values: AUC of each seed.
        interval: how it was made: "logit", "exact", or None.
        reason: why `value` is None, in words.
    """

    value: float | None = None
    low: float | None = None
    high: float | None = None
    variance: float | None = None
    seed_variance: float | None = None
    values: tuple = ()
    interval: str | None = None
    reason: str | None = None


def over_seeds(arm, *, level=0.95):
    """The SeedAuc of an Arm.

    The interval is symmetric on the logit scale, with Student's t. Where the
    data show no variance it is that of Clopper and Pearson for the disjoint
    pairs of a positive and another unit's negative (see auc.delong).
    """
    if arm.values is None:
        return SeedAuc(reason=arm.undefined)
    value = float(arm.values.mean())
    parts = patients_and_seeds(arm.positive, arm.negative, [arm], [1])
    facts = {"value": value, "values": tuple(map(float, arm.values))}
    if not arm.has_variance or parts.total <= components.ROUNDING:
        low, high = intervals.exact(value, arm.pairs, level=level)
        return SeedAuc(low=low, high=high, interval="exact", **facts)
    reach = variance_components.t_quantile(
        intervals.check_level(level), parts.degrees_of_freedom
    ) * np.sqrt(parts.total)
    center, slope = scipy.special.logit(value), value * (1 - value)
    low, high = scipy.special.expit(
        [center - reach / slope, center + reach / slope]
    )
    return SeedAuc(
        low=float(low),
        high=float(high),
        variance=parts.total,
        seed_variance=parts.seeds,
        interval="logit",
        **facts,
    )


def patients_and_seeds(positive, negative, arms, signs):
    """Components of a signed sum of arms' means.

    Args:
        positive, negative: (num_seeds, num_units) of what the sum owes to
            each unit's positives and negatives; for its degrees of freedom.
        arms: the Arms; the sum is over `signs` times their means.
        signs: 1 or -1 for each.
    """
    counts = arms[0].positive_units, arms[0].negative_units
    # Of each side of each fold a mean is taken off.
    lost = arms[0].num_folds - 1
    means = [np.mean(side, axis=0) for side in (positive, negative)]
    freedom = variance_components.satterthwaite(
        [
            (
                float(np.sum(mean**2)),
                variance_components.freedom_of_squares(
                    mean, max(1, count - lost)
                ),
            )
            for mean, count in zip(means, counts, strict=True)
        ]
    )
    return variance_components.of_means(
        [
            (sign * arm.values, sign * arm.influences)
            for arm, sign in zip(arms, signs, strict=True)
        ],
        patients_freedom=freedom,
    )


def _corrected(sums, units):
    root = np.sqrt(units / (units - 1)) if units > 1 else 1.0
    return np.array(sums) * root
