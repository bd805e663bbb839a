"""What a task kind means for training: loss, and scores from logits."""

import tensorflow as tf


def _softmax_loss(labels, logits):
    return tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)


def _masked_sigmoid_loss(labels, logits):
    """Mean over the labels; a missing one (-1) adds nothing.

    The denominator is the number of labels, not of those that are there, so
    that each observed label weighs the same in every image.
    """
    observed = tf.cast(labels >= 0, logits.dtype)
    targets = tf.cast(tf.maximum(labels, 0), logits.dtype)
    losses = tf.nn.sigmoid_cross_entropy_with_logits(targets, logits)
    return tf.reduce_mean(observed * losses, axis=-1)


# Ordinal grades are trained as classes; their order enters in the AUC of
# grade >= k (metrics/summary).
_LOSSES = {
    "multiclass": _softmax_loss,
    "ordinal": _softmax_loss,
    "multilabel": _masked_sigmoid_loss,
}


def losses(task, labels, logits):
    """Loss of each image, (N,), from labels and logits (N, num_outputs)."""
    return _LOSSES[task](labels, logits)


def scores(task, logits):
    """Probabilities (N, num_outputs): softmax, or sigmoid per label."""
    if task == "multilabel":
        return tf.nn.sigmoid(logits)
    return tf.nn.softmax(logits)
