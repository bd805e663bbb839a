"""Summaries of each task: the AUCs and classes, against sklearn."""

import json

import numpy as np
import pytest
from sklearn import metrics as sklearn_metrics

from tests.metrics.summarized import predictions, summarize
from transfusion_tf.metrics import auc, summary


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
