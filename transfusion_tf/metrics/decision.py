"""From scores to decisions: the threshold that val chooses, and its use.

Two classes, and each label of a multilabel task, are decided by a threshold,
by default that of the largest balanced accuracy on the validation split
(Youden 1950, see `balanced.best_threshold`). Of several classes, and of ordered
grades however few, the most probable one is taken: no threshold is needed.
"""

import numpy as np

from transfusion_tf import names
from transfusion_tf.metrics import balanced, problems, summary

THRESHOLD, MOST_PROBABLE = "threshold", "most probable class"
_ONE_KIND = "the validation split has only positives or only negatives of it"


def rule(task, num_classes):
    """How images are decided: THRESHOLD or MOST_PROBABLE.

    Args:
        task: one of names.TASKS.
        num_classes: number of classes or labels.
    """
    names.check("task", task, names.TASKS)
    is_binary = task == "multiclass" and num_classes == 2
    return THRESHOLD if is_binary or task == "multilabel" else MOST_PROBABLE


def chosen(task, classes, labels, scores):
    """Returns what val decides by, ready for JSON.

    Args:
        task: one of names.TASKS.
        classes: names of the classes or labels, in order.
        labels, scores: of the validation split, as for `problems.split`.

    Returns:
        A dict of `rule`, and `thresholds`: for THRESHOLD a list of `name` (of
        the second class of two, or of each label), `value` (scores at or above
        it are positive; None where undefined) and `reason`; else empty.
    """
    found = rule(task, len(classes))
    thresholds = []
    for asked in problems.split(task, labels, scores):
        if found == THRESHOLD:
            value = balanced.best_threshold(
                asked.labels[asked.keep], asked.scores[asked.keep]
            )
            thresholds.append(
                {
                    "name": summary.name_of(task, classes, asked.index),
                    "value": value,
                    "reason": _ONE_KIND if value is None else None,
                }
            )
    return {"rule": found, "thresholds": thresholds}


def decide(task, classes, scores, thresholds=()):
    """Returns the decisions as columns of text.

    Args:
        task: one of names.TASKS.
        classes: names of the classes or labels, in order.
        scores: (num_images, len(classes)) probabilities.
        thresholds: a number of two classes, one for each label of multilabel,
            None where there is none; not used by MOST_PROBABLE.

    Returns:
        {"decision": a class for each image}; of multilabel
        {"decision_<label>": "1", "0", or None without a threshold}.
    """
    # In the precision of the thresholds, which lie between two float32.
    scores = np.asarray(scores, np.float64)
    classes = np.array(list(classes), object)
    if task == "multilabel":
        return {
            f"decision_{name}": _by_label(column, threshold)
            for name, column, threshold in zip(
                classes, scores.T, thresholds, strict=True
            )
        }
    if rule(task, len(classes)) == THRESHOLD:
        (threshold,) = thresholds
        places = (scores[:, 1] >= threshold).astype(int)
    else:
        places = problems.decide(task, scores)
    return {"decision": classes[places]}


def _by_label(scores, threshold):
    if threshold is None:
        return np.full(len(scores), None, object)
    return np.where(scores >= threshold, "1", "0").astype(object)
