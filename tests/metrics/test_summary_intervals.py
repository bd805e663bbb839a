"""Variances and intervals of summaries: by hand, resampled and in coverage."""

import numpy as np
import pytest
from sklearn import metrics as sklearn_metrics

from tests.metrics.summarized import predictions, summarize
from transfusion_tf.statistics import intervals


def macro_variance_by_hand(labels, scores):
    """The covariances of one-against-rest AUCs, image by image."""
    num_images, num_classes = scores.shape
    errors = np.zeros((num_images, num_classes))
    for c in range(num_classes):
        own, other = labels == c, labels != c
        value = sklearn_metrics.roc_auc_score(own, scores[:, c])
        m, n = own.sum(), other.sum()
        for i in range(num_images):
            if own[i]:
                share = np.mean(scores[i, c] > scores[other, c])
                errors[i, c] = (share - value) / m * np.sqrt(m / (m - 1))
            else:
                share = np.mean(scores[i, c] < scores[own, c])
                errors[i, c] = (share - value) / n * np.sqrt(n / (n - 1))
    return (errors.T @ errors).mean()


def test_macro_variance_counts_each_image_once():
    labels, scores, _ = predictions(num_images=80)
    result = summarize("multiclass", labels, scores)["auc"]
    expected = macro_variance_by_hand(labels, scores)
    assert result["variance"] == pytest.approx(expected, rel=1e-10)


def test_macro_interval_of_many_is_that_of_its_standard_error():
    rng = np.random.default_rng(0)
    labels = rng.integers(3, size=1500)
    scores = rng.dirichlet(np.ones(3), size=1500) + 0.2 * np.eye(3)[labels]
    result = summarize("multiclass", labels, scores / 1.2)["auc"]
    assert result["interval"] == "combined"
    half = (result["high"] - result["low"]) / 2
    assert half == pytest.approx(1.96 * np.sqrt(result["variance"]), rel=0.02)
    middle = (result["high"] + result["low"]) / 2
    assert middle == pytest.approx(result["value"], abs=0.05 * half)


def test_macro_interval_covers_with_five_of_two_classes():
    rng = np.random.default_rng(1)
    labels = np.repeat(np.arange(3), [5, 5, 200])
    places = rng.normal(size=(3, 2))
    many = np.repeat(labels, 100)
    covered = 0

    def draw(of):
        seen = places[of] * 1.5 + rng.normal(size=(len(of), 2))
        odds = np.exp(seen @ places.T * 1.5 - (places**2).sum(axis=1))
        return odds / odds.sum(axis=1, keepdims=True)

    truth = summarize("multiclass", many, draw(many))["selection"]
    for _ in range(300):
        values = summarize("multiclass", labels, draw(labels))["auc"]
        covered += values["low"] <= truth <= values["high"]
    assert covered / 300 >= 0.93


def test_macro_variance_agrees_with_resampled_patients():
    labels, scores, patients = predictions(num_images=240)
    rng = np.random.default_rng(1)
    members = np.arange(240).reshape(120, 2)
    values = []
    for _ in range(300):
        chosen = members[rng.integers(120, size=120)].ravel()
        values.append(
            summarize("multiclass", labels[chosen], scores[chosen])["selection"]
        )
    grouped = summarize("multiclass", labels, scores, groups=patients)["auc"]
    alone = summarize("multiclass", labels, scores)["auc"]
    assert grouped["variance"] == pytest.approx(np.var(values), rel=0.25)
    assert grouped["variance"] > 1.2 * alone["variance"]


def test_multilabel_accuracy_counts_known_labels_and_images_as_units():
    labels = np.array([[1, 0], [1, -1], [0, 1]])
    scores = np.array([[0.9, 0.1], [0.2, 0.9], [0.5, 0.5]])
    result = summarize("multilabel", labels, scores)["accuracy"]
    assert (result["correct"], result["total"]) == (3, 5)
    effective = intervals.effective_trials([2, 0, 1], [2, 1, 2])
    assert (result["low"], result["high"]) == intervals.wilson(0.6, effective)


def test_accuracy_of_classes_is_wilson_and_wider_for_patients():
    labels, scores, patients = predictions()
    alone = summarize("ordinal", labels, scores)["accuracy"]
    correct = int((scores.argmax(axis=1) == labels).sum())
    assert (alone["correct"], alone["total"]) == (correct, 300)
    assert (alone["low"], alone["high"]) == intervals.wilson(correct / 300, 300)
    # Every patient twice: as wide as with each once, apart from n - 1.
    twice = summarize(
        "ordinal",
        np.tile(labels, 2),
        np.tile(scores, (2, 1)),
        groups=np.tile(np.arange(300), 2),
    )["accuracy"]
    assert twice["low"] == pytest.approx(alone["low"], abs=1e-3)
    assert (
        summarize("ordinal", labels, scores, groups=patients)["accuracy"][
            "value"
        ]
        == alone["value"]
    )


def test_a_perfect_class_widens_the_macro_interval():
    labels, scores, _ = predictions(num_classes=3)
    scores = scores / 2 + np.outer(labels == 2, [-0.5, -0.5, 0.5]).clip(0)
    result = summarize("multiclass", labels, scores)
    assert [e["interval"] for e in result["aucs"]] == [
        "score",
        "score",
        "exact",
    ]
    assert result["auc"]["interval"] == "combined"
    assert result["auc"]["variance"] is None
    # The perfect one may err with each of the others: not below their mean,
    # which is right if all erred together.
    value, low = result["auc"]["value"], result["auc"]["low"]
    lows = [e["low"] for e in result["aucs"]]
    exact = (1 - lows[2]) / 3
    assert np.mean(lows) <= low < value - exact
