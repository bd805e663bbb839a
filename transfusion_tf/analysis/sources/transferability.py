"""Scores of a source on a target without training: LogME and LEEP.

Both are larger for the source that is said to suit better, and are comparable
between sources on the same images alone. In medicine neither is reliable:
Chaves et al. 2023 (arXiv:2308.07444) found no score that estimates the
performance consistently on three medical tasks, and Chaves et al. 2024
(arXiv:2405.20420) that all of 13 suffer on medical data.
"""

import numpy as np

from transfusion_tf.metrics import problems

_MAX_ITERATIONS = 100
_TOLERANCE = 1e-6  # Relative, of alpha / beta.


def logme(features, labels, *, task, num_classes):
    """Log of the maximum evidence of a linear model, per image.

    You et al. 2021 (arXiv:2102.11005): the evidence of a Bayesian linear
    regression from features to each class (1 or 0), at the precisions of
    weights and noise that maximize it, found by the fixed point of You et al.
    2022 (arXiv:2110.10545); the mean over classes. As published, features are
    taken as they are: neither centred nor standardized. A class that none of
    the images has, or all, is left out: a target of one value is predicted
    without error, and its evidence grows beyond all bounds.

    Args:
      features: (num_images, neurons).
      labels: (num_images,) class indices, or (num_images, num_labels) of 1, 0
        and -1 (missing, left out label by label).
      task: one of names.TASKS.
      num_classes: number of classes, grades or labels.

    Returns:
      float, or None where no class sets images apart.
    """
    features = np.asarray(features, np.float64)
    values, bases = [], {}
    for target, known in _targets(labels, task, num_classes):
        if len(np.unique(target[known])) < 2:
            continue
        key = known.tobytes()
        if key not in bases:
            bases[key] = spectrum(features[known])
        values.append(evidence(*bases[key], target[known]))
    return float(np.mean(values)) if values else None


def leep(probabilities, labels, *, task, num_classes):
    """Log expected empirical prediction, per image.

    Nguyen et al. 2020 (arXiv:2002.12462): the source's own classifier gives
    each image a distribution over source classes; from the joint distribution
    of these with the labels follows one of the labels for each image, and LEEP
    is the mean of the log of that of the right one.

    Args:
      probabilities: (num_images, num_source_classes), rows that sum to 1.
      labels, task, num_classes: as of `logme`; several labels are scored one
        by one, each as a question of two classes, and averaged.

    Returns:
      float, or None where no label is known.
    """
    probabilities = np.asarray(probabilities, np.float64)
    if task != "multilabel":
        return _leep(probabilities, labels, num_classes)
    values = [
        _leep(probabilities[known], target[known].astype(int), 2)
        for target, known in _targets(labels, task, num_classes)
        if known.any()
    ]
    return float(np.mean(values)) if values else None


def softmax(logits):
    """Probabilities of (num_images, num_classes) logits."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    powers = np.exp(shifted)
    return powers / powers.sum(axis=1, keepdims=True)


def evidence(squares, basis, target):
    """Maximum over precisions of log p(target | features), per image.

    For alpha the precision of the weights, beta that of the noise, and t their
    ratio, the stationary point has alpha |m|^2 = gamma and beta |residual|^2 =
    N - gamma, with m the posterior mean and gamma its effective number of
    weights (MacKay 1992).

    Args:
      squares: (rank,) squared singular values of the features.
      basis: (num_images, rank) their left singular vectors.
      target: (num_images,).
    """
    count, along = len(target), (basis.T @ target) ** 2
    total = float(target @ target)
    beyond = max(total - along.sum(), 0.0)
    ratio, floor = 1.0, np.finfo(float).eps * max(total, 1.0)
    # Nothing is to depend on the scale of the features, nor does the maximum.
    squares = squares / (squares.mean() if len(squares) else 1.0)
    for _ in range(_MAX_ITERATIONS):
        shrunk = ratio + squares
        gamma = (squares / shrunk).sum()
        weights = max((squares * along / shrunk**2).sum(), floor)
        residual = max((along * (ratio / shrunk) ** 2).sum() + beyond, floor)
        alpha, beta = gamma / weights, (count - gamma) / residual
        before, ratio = ratio, alpha / beta
        if abs(ratio - before) <= _TOLERANCE * before:
            break
    return (
        count * np.log(beta)
        - np.log1p(squares / ratio).sum()
        - beta * residual
        - alpha * weights
        - count * np.log(2 * np.pi)
    ) / (2 * count)


def spectrum(features):
    """Squared singular values and left singular vectors, of rank many."""
    count, width = features.shape
    if width <= count:
        squares, right = np.linalg.eigh(features.T @ features)
        squares, right = _above_rounding(squares, right, features.shape)
        return squares, features @ right / np.sqrt(squares)
    squares, left = np.linalg.eigh(features @ features.T)
    return _above_rounding(squares, left, features.shape)


def _above_rounding(squares, vectors, shape):
    limit = squares.max(initial=0.0) * max(shape) * np.finfo(float).eps
    keep = squares > limit
    return squares[keep], vectors[:, keep]


def _targets(labels, task, num_classes):
    """Yields (1.0 or 0.0 of each image, whether it is known) of each class."""
    labels = np.asarray(labels)
    if task == "multilabel":
        for of_label in labels.T:
            yield (of_label == 1).astype(float), of_label != problems.MISSING
        return
    for index in range(num_classes):
        yield (labels == index).astype(float), np.ones(len(labels), bool)


def _leep(probabilities, labels, num_classes):
    joint = np.zeros((num_classes, probabilities.shape[1]))
    np.add.at(joint, labels, probabilities)
    total = joint.sum(axis=0)
    given = joint / np.where(total == 0, 1, total)
    return float(np.log((given[labels] * probabilities).sum(axis=1)).mean())
