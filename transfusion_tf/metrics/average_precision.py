"""The area under the precision-recall curve, with its interval.

Scores that say nothing have the share of positives (the prevalence) as their
average precision, so it is not to be compared between data sets.
"""

import numpy as np
from scipy import special

from transfusion_tf.metrics import components
from transfusion_tf.metrics.calibration import Estimate
from transfusion_tf.statistics import bootstrap, intervals

NUM_RESAMPLES = 2000
_ONE_CLASS = "only positives or only negatives"


def average_precision(
    labels,
    scores,
    groups=None,
    *,
    level=0.95,
    num_resamples=NUM_RESAMPLES,
    seed=0,
):
    """Returns the average precision, an Estimate.

    The sum over thresholds of precision times what recall grows by, as
    scikit-learn has it: steps, since a straight line between two corners of a
    precision-recall curve promises too much (Davis and Goadrich 2006, ICML).
    The interval is symmetric on the logit scale (Boyd et al. 2013, ECML PKDD,
    LNAI 8190, 451-466), with the standard error of images (patients) that are
    drawn anew.

    Args:
        labels: (num_images,) of 0 and 1, or bool.
        scores: (num_images,); higher means more likely 1.
        groups: (num_images,) patients, or None.
        level: of the interval.
        num_resamples, seed: of the bootstrap.
    """
    labels, scores = np.asarray(labels, bool), np.asarray(scores, np.float64)
    if labels.all() or not labels.any():
        return Estimate(reason=_ONE_CLASS)
    codes = components.group_codes(groups, len(labels))
    steps = Steps(labels, scores)
    value = float(steps.area(np.ones((1, len(labels))))[0])
    if value == 1:  # All resamples are like it.
        return Estimate(value, reason="perfect: resamples show no spread")
    drawn = np.concatenate(
        [
            steps.area(weights)
            for weights in bootstrap.weights(
                codes, num_resamples=num_resamples, seed=seed
            )
        ]
    )
    # 0 and 1 have no logit: at most half of what one image can change.
    least = 0.5 / len(labels)
    logits = special.logit(np.clip(drawn[np.isfinite(drawn)], least, 1 - least))
    half = intervals.normal_quantile(level) * logits.std(ddof=1)
    low, high = special.expit(special.logit(value) + np.array([-half, half]))
    return Estimate(value, float(low), float(high))


class Steps:
    """The corners of a precision-recall curve, for images that are weighted."""

    def __init__(self, positive, scores):
        self._order = np.argsort(-scores, kind="stable")
        ordered = scores[self._order]
        self._positive = positive[self._order]
        # Equal scores come together: a corner is the last of its kind.
        self._lasts = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], 1))

    def area(self, weights):
        """(rows,) average precision for (rows, num_images) weights.

        NaN for a row without positives.
        """
        weights = weights[:, self._order]
        seen = np.cumsum(weights, axis=1)[:, self._lasts]
        found = np.cumsum(weights * self._positive, axis=1)[:, self._lasts]
        grown = np.diff(found, axis=1, prepend=0)
        with np.errstate(invalid="ignore", divide="ignore"):
            precision = np.where(seen > 0, found / seen, 0)
            return (precision * grown).sum(axis=1) / found[:, -1]
