"""Losses and scores by hand."""

import numpy as np
import pytest

from transfusion_tf import names
from transfusion_tf.training import tasks

LOGITS = np.log(np.array([[0.2, 0.3, 0.5], [0.6, 0.3, 0.1]], np.float32))


@pytest.mark.parametrize("task", ["multiclass", "ordinal"])
def test_softmax_loss_is_minus_log_of_the_right_class(task):
    found = tasks.losses(task, np.array([2, 0]), LOGITS)
    np.testing.assert_allclose(found, -np.log([0.5, 0.6]), rtol=1e-6)


def test_masked_sigmoid_leaves_missing_labels_out():
    logits = np.zeros((2, 4), np.float32)
    labels = np.array([[1, 0, -1, -1], [-1, -1, -1, -1]])
    found = tasks.losses("multilabel", labels, logits)
    # Each observed label costs log 2; the denominator is all four labels.
    np.testing.assert_allclose(found, [2 / 4 * np.log(2), 0], rtol=1e-6)


def test_a_missing_label_has_no_gradient():
    import tensorflow as tf

    logits = tf.Variable([[3.0, -2.0]])
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(
            tasks.losses("multilabel", np.array([[-1, 1]]), logits)
        )
    gradient = tape.gradient(loss, logits).numpy()
    assert gradient[0, 0] == 0 and gradient[0, 1] < 0


def test_a_class_of_weight_two_is_an_image_that_is_there_twice():
    labels = np.array([2, 0])
    plain = tasks.losses("multiclass", labels, LOGITS).numpy()
    found = tasks.losses("multiclass", labels, LOGITS, weights=[2.0, 1.0, 1.0])
    np.testing.assert_allclose(found, plain * [1, 2], rtol=1e-6)


def test_weights_of_labels_are_those_of_negatives_and_positives():
    labels = np.array([[1, 0, -1], [0, 1, 1]])
    pairs = [[1.0, 4.0], [2.0, 3.0], [7.0, 5.0]]
    found = tasks.losses(
        "multilabel", labels, np.zeros((2, 3), np.float32), weights=pairs
    )
    each = np.log(2) / 3
    # 4 and 2, and nothing for what is missing; then 1, 3 and 5.
    np.testing.assert_allclose(found, [6 * each, 9 * each], rtol=1e-6)


def test_scores_are_probabilities():
    for task in names.TASKS:
        scores = tasks.scores(task, LOGITS).numpy()
        if task == "multilabel":
            odds = np.array([[0.2, 0.3, 0.5], [0.6, 0.3, 0.1]])
            np.testing.assert_allclose(scores, odds / (1 + odds), rtol=1e-6)
        else:
            np.testing.assert_allclose(scores.sum(axis=1), 1, rtol=1e-6)
