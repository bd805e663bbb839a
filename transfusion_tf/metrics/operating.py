"""What a classifier does at a threshold: sensitivity, specificity, curves."""

import dataclasses

import numpy as np
from sklearn import metrics

from transfusion_tf.metrics import components
from transfusion_tf.metrics.calibration import Estimate
from transfusion_tf.statistics import bootstrap, intervals

NUM_RESAMPLES = 2000
_ONE_CLASS = "only positives or only negatives"


@dataclasses.dataclass(frozen=True)
class Curves:
    """What `curves` returns; arrays are empty where a class is missing.

    Attributes:
        false_positive_rate, true_positive_rate: of the ROC curve.
        recall, precision: of the precision-recall curve.
        prevalence: the precision of scores that know nothing.
    """

    false_positive_rate: np.ndarray
    true_positive_rate: np.ndarray
    recall: np.ndarray
    precision: np.ndarray
    prevalence: float | None


def curves(labels, scores):
    """ROC and precision-recall curve (scikit-learn's), with their baseline.

    Args:
        labels: (num_images,) of 0 and 1, or bool.
        scores: (num_images,); higher means more likely 1.
    """
    labels = np.asarray(labels, bool)
    prevalence = float(labels.mean()) if len(labels) else None
    if labels.all() or not labels.any():
        empty = np.empty(0)
        return Curves(empty, empty, empty, empty, prevalence)
    fall_out, hit_rate, _ = metrics.roc_curve(labels, scores)
    precision, recall, _ = metrics.precision_recall_curve(labels, scores)
    return Curves(fall_out, hit_rate, recall, precision, prevalence)


@dataclasses.dataclass(frozen=True)
class Point:
    """What `sensitivity_at` and `specificity_at` return.

    Attributes:
        asked: the share asked for of one class.
        reached: the share of it that is right at the threshold, at least that.
        threshold: scores at or above it count as positive.
        other: share of the other class that is right there, an Estimate.
    """

    asked: float
    reached: float | None
    threshold: float | None
    other: Estimate


def sensitivity_at(specificity, labels, scores, groups=None, **options):
    """Sensitivity at the lowest threshold of at least this specificity.

    The interval allows for the threshold, which other images would put
    elsewhere: images (patients) are drawn anew, and each time the threshold is
    chosen again. It is the interval "BTII" of Zhou and Qin (2005), Statistics
    in Medicine 24, 465-477: the mean of the resampled shares, with half of z
    squared right and as many wrong images added, and z of their standard
    deviation; percentiles cover too little with few images.

    Args:
        specificity: above 0, at most 1.
        labels: (num_images,) of 0 and 1, or bool.
        scores: (num_images,); higher means more likely 1.
        groups: (num_images,) patients, or None.
        **options: level=0.95, num_resamples=NUM_RESAMPLES, seed=0.

    Returns:
        Point; `other` is the sensitivity.

    Raises:
        ValueError: a share that is none.
    """
    return _at(specificity, np.asarray(labels, bool), scores, groups, **options)


def specificity_at(sensitivity, labels, scores, groups=None, **options):
    """Specificity at the highest threshold of at least this sensitivity.

    As `sensitivity_at`, with the classes exchanged; `other` is the
    specificity.
    """
    point = _at(
        sensitivity,
        ~np.asarray(labels, bool),
        -np.asarray(scores, np.float64),
        groups,
        **options,
    )
    if point.threshold is None:
        return point
    # Positive is now what the threshold of the negated scores leaves out.
    kept = np.asarray(scores, np.float64)
    kept = kept[kept > -point.threshold]
    return dataclasses.replace(point, threshold=float(kept.min()))


def _at(
    asked,
    positive,
    scores,
    groups,
    *,
    level=0.95,
    num_resamples=NUM_RESAMPLES,
    seed=0,
):
    if not 0 < asked <= 1:
        raise ValueError(
            f"The share must be above 0 and at most 1. Received: {asked:g}."
        )
    scores = np.asarray(scores, np.float64)
    if positive.all() or not positive.any():
        return Point(asked, None, None, Estimate(reason=_ONE_CLASS))
    steps = _Steps(positive, scores)
    weights = np.ones((1, len(scores)))
    reached, value, threshold = steps.at(asked, weights)
    codes = components.group_codes(groups, len(scores))
    z = intervals.normal_quantile(level)
    resampled = np.concatenate(
        [
            steps.at(asked, drawn, added=z**2 / 2)[1]
            for drawn in bootstrap.weights(
                codes, num_resamples=num_resamples, seed=seed
            )
        ]
    )
    resampled = resampled[np.isfinite(resampled)]
    center, half = resampled.mean(), z * resampled.std(ddof=1)
    estimate = Estimate(
        float(value[0]),
        float(max(0.0, min(value[0], center - half))),
        float(min(1.0, max(value[0], center + half))),
    )
    return Point(asked, float(reached[0]), float(threshold[0]), estimate)


class _Steps:
    """Shares of both classes that are right, at every threshold."""

    def __init__(self, positive, scores):
        order = np.argsort(scores, kind="stable")
        self._order, self._scores = order, scores[order]
        self._positive = positive[order]
        # Equal scores lie on one side: a threshold is the first of its kind.
        self._firsts = np.flatnonzero(
            np.concatenate([[True], self._scores[1:] != self._scores[:-1]])
        )

    def at(self, asked, weights, *, added=0.0):
        """(share of negatives, share of positives, threshold) for each row.

        Args:
            asked: least share of negatives below the threshold.
            weights: (num_resamples, num_images).
            added: right and wrong positives that are added each.
        """
        weights = weights[:, self._order]
        below = _before(weights * ~self._positive)
        missed = _before(weights * self._positive)
        negatives, positives = below[:, -1:], missed[:, -1:]
        with np.errstate(invalid="ignore", divide="ignore"):
            specificity = below / negatives
            sensitivity = (positives - missed + added) / (positives + 2 * added)
        # The last one is a threshold above all scores.
        places = np.append(self._firsts, len(self._scores))
        enough = specificity[:, places] >= asked - 1e-12
        chosen = places[np.argmax(enough, axis=1)]
        rows = np.arange(len(weights))
        threshold = np.append(self._scores, np.inf)[chosen]
        is_lost = ~np.isfinite(specificity[:, 0]) | (positives[:, 0] == 0)
        share = np.where(is_lost, np.nan, sensitivity[rows, chosen])
        return specificity[rows, chosen], share, threshold


def _before(weights):
    """(rows, n + 1): sums of all that lies before each place."""
    sums = np.zeros((len(weights), weights.shape[1] + 1))
    np.cumsum(weights, axis=1, out=sums[:, 1:])
    return sums
