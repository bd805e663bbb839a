"""What a task kind means for training: loss, and scores from logits."""

import tensorflow as tf


def _softmax_loss(labels, logits, weights):
    """Each image's loss, times the weight of its class."""
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
    if weights is None:
        return losses
    return losses * tf.gather(tf.cast(weights, losses.dtype), labels)


def _masked_sigmoid_loss(labels, logits, weights):
    """Mean over the labels; a missing one (-1) adds nothing.

    The denominator is the number of labels, not of those that are there, so
    that each observed label weighs the same in every image.
    """
    observed = tf.cast(labels >= 0, logits.dtype)
    targets = tf.cast(tf.maximum(labels, 0), logits.dtype)
    losses = tf.nn.sigmoid_cross_entropy_with_logits(targets, logits)
    if weights is not None:
        negative, positive = tf.unstack(tf.cast(weights, losses.dtype), axis=1)
        losses *= tf.where(targets > 0, positive, negative)
    return tf.reduce_mean(observed * losses, axis=-1)


# Ordinal grades are trained as classes; their order enters in the AUC of
# grade >= k (metrics/summary).
_LOSSES = {
    "multiclass": _softmax_loss,
    "ordinal": _softmax_loss,
    "multilabel": _masked_sigmoid_loss,
}


def losses(task, labels, logits, weights=None):
    """Loss of each image, (N,), from labels and logits (N, num_outputs).

    Args:
      task: "multiclass", "multilabel" or "ordinal".
      labels: (N,) classes, or (N, num_outputs) of 1, 0 and -1 (missing).
      logits: (N, num_outputs).
      weights: of the classes, (num_outputs,), or of the labels' negatives and
        positives, (num_outputs, 2); None: 1 each.
    """
    return _LOSSES[task](labels, logits, weights)


def scores(task, logits):
    """Probabilities (N, num_outputs): softmax, or sigmoid per label."""
    if task == "multilabel":
        return tf.nn.sigmoid(logits)
    return tf.nn.softmax(logits)
