"""Balanced accuracy: the mean over classes of the share that is recognised.

Of two classes it is the mean of sensitivity and specificity at a threshold.
However rare a class is, answers that say nothing get 1 / number of classes.
"""

import dataclasses

import numpy as np

from transfusion_tf.metrics import components
from transfusion_tf.metrics.calibration import Estimate
from transfusion_tf.statistics import intervals


@dataclasses.dataclass(frozen=True)
class Balanced:
    """What `accuracy` returns.

    Attributes:
        value: the balanced accuracy, an Estimate.
        recalls: an Estimate for each class: the share of its images that are
            recognised; of two classes specificity and sensitivity.
    """

    value: Estimate
    recalls: tuple


def accuracy(truth, answers, num_classes, groups=None, *, level=0.95):
    """Returns the Balanced accuracy of answers (Brodersen et al. 2010, ICPR).

    A recall has Wilson's interval, for as many independent images as vary like
    the patients do (`intervals.effective_trials`); their mean has what these
    combine to, with the correlation that patients with images of several
    classes bring (`intervals.combined`).

    Args:
        truth: (num_images,) int, the classes of the images.
        answers: (num_images,) int, what was answered.
        num_classes: at least 2; a class that no image has is undefined, and
            so is the mean.
        groups: (num_images,) patients, or None.
        level: of the intervals.

    Raises:
        ValueError: other shapes, or classes outside of 0..num_classes - 1.
    """
    truth, answers = np.asarray(truth), np.asarray(answers)
    if truth.shape != answers.shape or truth.ndim != 1:
        raise ValueError(
            "Classes and answers must be lists of one length. Received: "
            f"{truth.shape} and {answers.shape}."
        )
    known = np.concatenate([truth, answers])
    if len(known) and not (0 <= known.min() <= known.max() < num_classes):
        raise ValueError(
            f"Classes must be 0 to {num_classes - 1}. Received: "
            f"{known.min()} to {known.max()}."
        )
    codes = components.group_codes(groups, len(truth))
    found = [
        _recall(truth == index, answers == index, codes, level)
        for index in range(num_classes)
    ]
    recalls = tuple(recall for recall, _ in found)
    absent = sum(recall.value is None for recall in recalls)
    if absent:
        reason = f"{absent} of {num_classes} classes have no image"
        return Balanced(Estimate(reason=reason), recalls)
    mean = float(np.mean([recall.value for recall in recalls]))
    low, high = intervals.combined(
        [(recall.value, recall.low, recall.high) for recall in recalls],
        _correlations([influence for _, influence in found]),
    )
    return Balanced(Estimate(mean, max(0.0, low), min(1.0, high)), recalls)


def _recall(of_class, is_answer, codes, level):
    """(Estimate of one class's recall, what each unit adds to its error)."""
    trials = np.bincount(codes[of_class], minlength=codes.max(initial=-1) + 1)
    if not trials.sum():
        return Estimate(reason="no image of the class"), None
    hits = np.bincount(codes[of_class & is_answer], minlength=len(trials))
    value, seen = float(hits.sum() / trials.sum()), trials > 0
    effective = intervals.effective_trials(hits[seen], trials[seen])
    low, high = intervals.wilson(value, effective, level=level)
    return Estimate(value, low, high), hits - value * trials


def _correlations(influences):
    """Correlations of recalls; 0 where one shows no variance."""
    products = np.inner(influences, influences)
    norms = np.sqrt(np.diag(products))
    scale = np.outer(norms, norms)
    found = np.divide(
        products, scale, out=np.zeros_like(scale), where=scale > 0
    )
    np.fill_diagonal(found, 1.0)
    return found


def best_threshold(labels, scores):
    """The threshold of the largest balanced accuracy, or None.

    That is where Youden's index is largest (Youden 1950, Cancer 3, 32-35): in
    the middle between the score that it lets pass and the next lower one; of
    several the lowest.

    Args:
        labels: (num_images,) of 0 and 1, or bool.
        scores: (num_images,); higher means more likely 1.

    Returns:
        A float: scores at or above it count as positive. None where there are
        only positives or only negatives.
    """
    labels, scores = np.asarray(labels, bool), np.asarray(scores, np.float64)
    if labels.all() or not labels.any():
        return None
    values = np.unique(scores)
    sensitivity = _share_at_or_above(values, scores[labels])
    false_alarms = _share_at_or_above(values, scores[~labels])
    # Equal but for rounding are equal.
    place = int(np.argmax(np.round(sensitivity - false_alarms, 12)))
    return float(values[max(0, place - 1) : place + 1].mean())


def _share_at_or_above(thresholds, scores):
    below = np.searchsorted(np.sort(scores), thresholds, "left")
    return 1 - below / len(scores)
