"""What a training does about rare classes and labels, as numbers.

The numbers come from the labels of the training images in use. Weights have a
mean of 1 over these, so that a loss that is divided by the number of images
keeps its size, and with it the meaning of a learning rate; which images meet
in a batch, or on a device, changes nothing about the weight of each.
"""

import dataclasses

import numpy as np

from transfusion_tf.config import weights

MULTILABEL = "multilabel"
# Where a class weighs 0 the best constant answer has none of it: e^-20.
MAX_LOGIT = 20.0


@dataclasses.dataclass(frozen=True)
class Balance:
    """Weights in the training loss, and where the logits begin.

    Attributes:
      class_weights: (K,) of the classes or grades, or None for 1 each.
      label_weights: (L, 2) of the negatives and the positives of each label,
        or None for 1 each.
      head_bias: (num_outputs,) bias of the logits at the start; None: zero.
    """

    class_weights: tuple | None = None
    label_weights: tuple | None = None
    head_bias: tuple | None = None

    @property
    def loss_weights(self):
        """What tasks.losses takes: an array (float32), or None."""
        found = self.class_weights or self.label_weights
        return None if found is None else np.array(found, np.float32)


def is_asked_for(config):
    """Whether a TrainConfig needs the labels of the training images."""
    return bool(
        config.class_weights
        or config.positive_weights
        or config.head_bias == "prior"
    )


def of(config, task, classes, labels):
    """The Balance that a TrainConfig asks for.

    Balanced weights of classes are n / (K n_k), as in scikit-learn; balanced
    labels have positives that weigh negatives / positives times as much. The
    head's bias is that of the constant answer with the least (weighted) loss:
    log p_k of classes, log(p / (1 - p)) of labels (Lin et al. 2017,
    arXiv:1708.02002, section 3.3, for a rare class).

    Args:
      config: TrainConfig.
      task: "multiclass", "multilabel" or "ordinal".
      classes: names of classes or labels.
      labels: (n,) classes, or (n, L) of 1, 0 and -1 (missing), of the training
        images in use.

    Raises:
      ValueError: weights for another task, another number of them, or a class
        (or label) without the images that its weight or bias is made of.
    """
    is_multilabel = task == MULTILABEL
    flag, other = "class_weights", "positive_weights"
    if is_multilabel:
        flag, other = other, flag
    if getattr(config, other):
        raise ValueError(
            f"--{other} is not for {task} tasks as this one; give --{flag}, or "
            "leave it out."
        )
    asked = weights.parse(flag, getattr(config, flag))
    _check_number(flag, asked, classes)
    counts = (
        _label_counts(labels) if is_multilabel else _counts(classes, labels)
    )
    biased = config.head_bias == "prior"
    if asked == weights.BALANCED:
        _check_counts(f"--{flag}={asked}", classes, counts)
    if biased:
        _check_counts("--head_bias=prior", classes, counts)
    found = None
    if asked is not None:
        of_values = _of_labels if is_multilabel else _of_classes
        found = of_values(flag, asked, classes, counts)
    bias = _bias(counts, found) if biased else None
    kind = "label_weights" if is_multilabel else "class_weights"
    return Balance(**{kind: _plain(found), "head_bias": _plain(bias)})


def _counts(classes, labels):
    """(K,) training images of each class."""
    return np.bincount(labels, minlength=len(classes)).astype(float)


def _label_counts(labels):
    """(L, 2) training images without and with each label."""
    return np.stack(
        [(labels == value).sum(axis=0) for value in (0, 1)], axis=1
    ).astype(float)


def _check_number(flag, asked, classes):
    if isinstance(asked, tuple) and len(asked) != len(classes):
        raise ValueError(
            f"--{flag} needs {len(classes)} numbers, one each for "
            f"{', '.join(classes)}. Received: {len(asked)}"
        )


def _check_counts(option, classes, counts):
    """Raises ValueError where a count is zero that would be divided by."""
    lacking = counts == 0
    if lacking.ndim > 1:
        lacking = lacking.any(axis=1)
    names = [n for n, lacks in zip(classes, lacking, strict=True) if lacks]
    if names:
        what = "positives and negatives" if counts.ndim > 1 else "images"
        raise ValueError(
            f"{option} needs training {what} of each class or label; they lack "
            f"for: {', '.join(names)}. Give more training images, or leave it "
            "out."
        )


def _of_classes(flag, asked, classes, counts):
    """(K,) weights with a mean of 1 over the training images."""
    if asked == weights.BALANCED:
        return counts.sum() / (len(classes) * counts)
    values = np.array(asked)
    total = float((values * counts).sum())
    if not total:
        raise ValueError(
            f"--{flag} gives all classes that have training images the weight "
            "0; give one of them more."
        )
    return values * counts.sum() / total


def _of_labels(flag, asked, classes, counts):
    """(L, 2) weights of negatives and positives, in each label of mean 1."""
    del flag
    negatives, positives = counts.T
    ratio = np.array(asked, float) if asked != weights.BALANCED else None
    if ratio is None:
        ratio = negatives / positives
    pairs = np.stack([np.ones(len(classes)), ratio], axis=1)
    totals = (pairs * counts).sum(axis=1, keepdims=True)
    # A label that is nowhere observed, or only with the weight 0, has no loss.
    scale = np.divide(
        counts.sum(axis=1, keepdims=True),
        totals,
        out=np.ones_like(totals),
        where=totals > 0,
    )
    return pairs * scale


def _bias(counts, found):
    """(num_outputs,) logits of the best constant answer."""
    weighted = counts if found is None else counts * found
    with np.errstate(divide="ignore"):  # Of weights of 0.
        logs = np.log(weighted / weighted.sum(axis=-1, keepdims=True))
    bias = logs[:, 1] - logs[:, 0] if logs.ndim > 1 else logs
    return np.clip(bias, -MAX_LOGIT, MAX_LOGIT)


def _plain(values):
    """Tuples of floats, for JSON; None stays."""
    if values is None:
        return None
    return tuple(
        tuple(row) if isinstance(row, list) else row for row in values.tolist()
    )
