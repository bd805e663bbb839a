"""Summaries of each task against sklearn, brute force and the bootstrap."""

import json

import numpy as np
import pytest
from sklearn import metrics as sklearn_metrics

from transfusion_tf.metrics import auc, summary
from transfusion_tf.statistics import intervals


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


def test_binary_is_the_auc_of_the_second_class():
    labels, scores, _ = predictions(num_classes=2)
    result = summarize("multiclass", labels, scores)
    expected = auc.delong(labels, scores[:, 1])
    (only,) = result["aucs"]
    assert only["name"] == "b"
    assert only["value"] == expected.value == result["selection"]
    for key in ("value", "low", "high", "variance", "interval"):
        assert result["auc"][key] == getattr(expected, key)
    assert result["selection_of"] == "b"


def test_multiclass_macro_equals_sklearn():
    labels, scores, _ = predictions()
    result = summarize("multiclass", labels, scores)
    expected = sklearn_metrics.roc_auc_score(labels, scores, multi_class="ovr")
    assert result["auc"]["value"] == pytest.approx(expected, abs=1e-12)
    assert result["selection"] == result["auc"]["value"]
    assert [entry["name"] for entry in result["aucs"]] == list("abcd")


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


def test_ordinal_thresholds_use_tail_sums():
    labels, scores, _ = predictions()
    result = summarize("ordinal", labels, scores)
    expected = [
        sklearn_metrics.roc_auc_score(labels >= k, scores[:, k:].sum(axis=1))
        for k in (1, 2, 3)
    ]
    assert [e["name"] for e in result["aucs"]] == [">=b", ">=c", ">=d"]
    assert [e["value"] for e in result["aucs"]] == pytest.approx(
        expected, abs=1e-12
    )
    assert result["selection"] == pytest.approx(np.mean(expected), abs=1e-12)
    assert result["selection_of"] == "mean"


def test_ordinal_selection_by_one_threshold():
    labels, scores, _ = predictions()
    result = summarize("ordinal", labels, scores, select_threshold=2)
    expected = auc.auc(labels >= 2, scores[:, 2:].sum(axis=1))
    assert result["selection"] == pytest.approx(expected, abs=1e-12)
    assert result["selection_of"] == ">=c"
    assert result["auc"]["value"] != result["selection"]


@pytest.mark.parametrize("threshold", [0, 4, -1, 1.5])
def test_thresholds_that_do_not_exist(threshold):
    labels, scores, _ = predictions()
    with pytest.raises(ValueError, match="1 to 3"):
        summarize("ordinal", labels, scores, select_threshold=threshold)


def test_threshold_of_another_task():
    labels, scores, _ = predictions()
    with pytest.raises(ValueError, match="ordinal tasks only"):
        summarize("multiclass", labels, scores, select_threshold=1)


def multilabel():
    """Labels with gaps, probabilities; label c is never positive."""
    rng = np.random.default_rng(2)
    labels = rng.integers(0, 2, size=(60, 3))
    scores = np.clip(0.3 * labels + rng.uniform(0, 0.7, size=(60, 3)), 0, 1)
    labels[:, 2] = 0
    labels[rng.uniform(size=(60, 3)) < 0.3] = -1
    return labels, scores


def test_multilabel_masks_and_leaves_undefined_ones_out():
    labels, scores = multilabel()
    result = summarize("multilabel", labels, scores)
    expected = [
        sklearn_metrics.roc_auc_score(
            labels[labels[:, i] >= 0, i], scores[labels[:, i] >= 0, i]
        )
        for i in (0, 1)
    ]
    assert [e["value"] for e in result["aucs"]] == [
        *(pytest.approx(value, abs=1e-12) for value in expected),
        None,
    ]
    known = (labels[:, 2] >= 0).sum()
    assert f"no positive image among {known}" in result["aucs"][2]["reason"]
    assert result["selection"] == pytest.approx(np.mean(expected), abs=1e-12)
    assert (result["auc"]["num_defined"], result["auc"]["num_total"]) == (2, 3)
    assert result["auc"]["variance"] > 0


def test_multilabel_ignores_scores_of_missing_labels():
    labels, scores = multilabel()
    other = np.where(labels == -1, 1 - scores, scores)
    assert summarize("multilabel", labels, scores) == summarize(
        "multilabel", labels, other
    )


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


def test_one_class_only_is_undefined_with_a_reason():
    scores = [[0.8, 0.2], [0.6, 0.4]]
    result = summarize("multiclass", [0, 0], scores)
    assert result["selection"] is None
    assert result["auc"]["low"] is None
    assert "no positive image among 2" in result["auc"]["reason"]
    assert result["accuracy"]["value"] == 1.0
    assert result["accuracy"]["low"] < 0.5


def test_nothing_known_is_undefined_with_a_reason():
    result = summarize("multilabel", [[-1, -1]], [[0.5, 0.5]])
    assert result["auc"]["value"] is None
    assert result["accuracy"]["value"] is None
    assert result["accuracy"]["reason"] == "no image with a label"


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


def test_counts_and_units():
    labels, scores, patients = predictions()
    result = summarize("ordinal", labels, scores, groups=patients, level=0.9)
    assert (
        result["unit"],
        result["num_images"],
        result["num_patients"],
        result["level"],
    ) == ("patient", 300, 150, 0.9)
    assert result["aucs"][0]["num_groups"] == 150
    alone = summarize("ordinal", labels, scores)
    assert (alone["unit"], alone["num_patients"]) == ("image", None)


@pytest.mark.parametrize("task", ["multiclass", "ordinal", "multilabel"])
def test_order_of_images_changes_nothing_and_json_holds_it(task):
    labels, scores, patients = predictions(num_images=100)
    if task == "multilabel":
        labels = np.eye(4, dtype=int)[labels]
    order = np.random.default_rng(0).permutation(100)
    first = summarize(task, labels, scores, groups=patients)
    second = summarize(
        task, labels[order], scores[order], groups=patients[order]
    )
    for key in ("auc", "accuracy"):
        for end in ("value", "low", "high"):
            assert first[key][end] == pytest.approx(second[key][end], abs=1e-12)
    assert json.loads(json.dumps(first, allow_nan=False)) == first


def test_class_names_must_fit_the_scores():
    labels, scores, _ = predictions()
    with pytest.raises(ValueError, match="4 columns.*Received: 2 names"):
        summary.summarize("ordinal", ("0", "1"), labels, scores)
