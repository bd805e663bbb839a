"""The two-class problems in which the predictions of each task are scored."""

import dataclasses

import numpy as np

from transfusion_tf import names

MISSING = -1
_TOLERANCE = 1e-4  # Of a probability that went through float16 or a CSV.


@dataclasses.dataclass(frozen=True)
class Problem:
    """One question that an AUC answers.

    Attributes:
        index: the class, label or threshold asked for.
        keep: (num_images,) bool, False where the label is missing.
        labels: (num_images,) bool, True for the positives.
        scores: (num_images,) scores of being positive.
    """

    index: int
    keep: np.ndarray
    labels: np.ndarray
    scores: np.ndarray


def split(task, labels, scores):
    """Returns the Problems of a task, in the order of its classes.

    - "multiclass" with two classes: the second against the first; with more:
      each class against the rest, scored by its probability.
    - "multilabel": each label, over the images in which it is not missing.
    - "ordinal": grade >= k for k = 1, 2, ..., scored by P(grade >= k), the sum
      of the probabilities of the classes k and above.

    Args:
        task: one of names.TASKS.
        labels: (num_images,) class indices; for "multilabel" (num_images,
            num_labels) of 1, 0 and -1 (missing).
        scores: (num_images, num_classes or num_labels) probabilities.

    Raises:
        ValueError: an unknown task, or other shapes, labels or scores.
    """
    labels, scores = check(task, labels, scores)
    if task == "ordinal":
        scores = np.cumsum(scores[:, ::-1], axis=1)[:, ::-1]
    return [
        Problem(index, keep, positive, scores[:, index])
        for index, keep, positive in questions(task, labels, scores.shape[1])
    ]


def questions(task, labels, num_classes):
    """Yields (index, keep, labels) of the Problems of a task, see `split`.

    Args:
        task: one of names.TASKS.
        labels: (num_images,) class indices; for "multilabel" (num_images,
            num_labels) of 1, 0 and -1 (missing).
        num_classes: number of classes or labels.
    """
    everyone = np.ones(len(labels), bool)
    indices = range(num_classes)
    if task == "multilabel":
        for i in indices:
            yield i, labels[:, i] != MISSING, labels[:, i] == 1
    elif task == "ordinal":
        for i in indices[1:]:
            yield i, everyone, labels >= i
    else:
        for i in indices if num_classes > 2 else indices[1:]:
            yield i, everyone, labels == i


def decide(task, scores):
    """Returns the answers of a network.

    Args:
        task: one of names.TASKS.
        scores: (num_images, num_classes or num_labels) probabilities.

    Returns:
        (num_images,) int, the most probable class (the first of equal ones);
        for "multilabel" (num_images, num_labels) int, 1 from a probability of
        1/2, else 0.
    """
    if task == "multilabel":
        return (scores >= 0.5).astype(int)
    return np.argmax(scores, axis=1)


def check(task, labels, scores):
    """Returns labels and float64 scores as arrays, or raises ValueError."""
    names.check("task", task, names.TASKS)
    labels, scores = np.asarray(labels), np.asarray(scores, np.float64)
    least = 1 if task == "multilabel" else 2
    if scores.ndim != 2 or scores.shape[1] < least:
        raise ValueError(
            f"Scores of a {task} task must be (num_images, "
            f"{least} or more). Received: shape={scores.shape}"
        )
    wanted = scores.shape if task == "multilabel" else scores.shape[:1]
    if labels.shape != wanted:
        raise ValueError(
            f"Labels of a {task} task must be {wanted} for "
            f"scores {scores.shape}. Received: "
            f"shape={labels.shape}"
        )
    # NaN fails this comparison as well.
    inside = (scores >= -_TOLERANCE) & (scores <= 1 + _TOLERANCE)
    if not inside.all():
        raise ValueError(
            "Scores must be probabilities from 0 to 1, not "
            f"logits. Received: {scores[~inside][0]}"
        )
    allowed = (-1, 0, 1) if task == "multilabel" else range(scores.shape[1])
    odd = ~np.isin(labels, list(allowed))
    if odd.any():
        raise ValueError(
            f"Labels of this {task} task must be in "
            f"{allowed[0]}..{allowed[-1]}. Received: "
            f"{labels[odd][0]}"
        )
    return labels, scores
