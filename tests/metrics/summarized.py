"""Predictions to summarize in tests, and the summary of them."""

import numpy as np

from transfusion_tf.metrics import summary


def predictions(num_images=300, num_classes=4, seed=0):
    """Labels, probabilities, and patients of two images that resemble."""
    rng = np.random.default_rng(seed)
    patients = np.arange(num_images) // 2
    shared = rng.normal(size=(num_images, num_classes))[patients]
    labels = np.argmax(
        shared + rng.normal(size=(num_images, num_classes)), axis=1
    )
    logits = (
        1.5 * np.eye(num_classes)[labels]
        + shared
        + rng.normal(size=(num_images, num_classes))
    )
    scores = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return labels, scores, patients


def summarize(task, labels, scores, **options):
    """Summarizes with classes named a, b, c..."""
    classes = "abcdefgh"[: np.shape(scores)[1]]
    return summary.summarize(task, classes, labels, scores, **options)
