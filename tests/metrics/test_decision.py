"""Thresholds that val chooses, and what is decided by them."""

import numpy as np
import pytest

from transfusion_tf.metrics import decision

# Positives score 0.4, 0.7, 0.9 and negatives 0.1, 0.2, 0.6. From 0.4 on all
# positives and one negative pass (3/3 - 1/3), which nothing else exceeds; 0.3
# is in the middle between 0.4 and the next lower score.
LABELS = np.array([0, 0, 0, 1, 1, 1])
POSITIVE = np.array([0.1, 0.2, 0.6, 0.4, 0.7, 0.9])
BINARY = np.stack([1 - POSITIVE, POSITIVE], axis=1)


def test_two_classes_have_the_threshold_of_youden():
    found = decision.chosen("multiclass", ("ill", "well"), LABELS, BINARY)
    assert found["rule"] == decision.THRESHOLD
    (only,) = found["thresholds"]
    assert only["name"] == "well" and only["reason"] is None
    assert only["value"] == pytest.approx(0.3)


def test_each_label_has_its_own_where_it_is_known():
    labels = np.stack([LABELS, np.full(6, -1), LABELS], axis=1)
    labels[2, 2] = -1  # Without the negative of 0.6, 0.2 to 0.4 is in between.
    labels[1, 2] = -1
    scores = np.stack([POSITIVE, POSITIVE, POSITIVE], axis=1)
    found = decision.chosen("multilabel", "abc", labels, scores)["thresholds"]
    assert [one["name"] for one in found] == ["a", "b", "c"]
    assert found[0]["value"] == pytest.approx(0.3)
    assert found[1]["value"] is None and "only positives" in found[1]["reason"]
    assert found[2]["value"] == pytest.approx(0.25)


@pytest.mark.parametrize("task, classes", [("multiclass", 3), ("ordinal", 2)])
def test_more_classes_and_grades_need_none(task, classes):
    scores = np.full((6, classes), 1 / classes)
    found = decision.chosen(task, "abc"[:classes], LABELS, scores)
    assert found == {"rule": decision.MOST_PROBABLE, "thresholds": []}


def test_a_score_at_the_threshold_is_positive():
    scores = np.array([[0.7, 0.3], [0.71, 0.29]])
    found = decision.decide("multiclass", ("ill", "well"), scores, (0.3,))
    assert list(found["decision"]) == ["well", "ill"]


def test_labels_are_decided_one_by_one():
    scores = np.array([[0.2, 0.9, 0.5], [0.1, 0.1, 0.4]])
    found = decision.decide("multilabel", "abc", scores, (0.2, None, 0.45))
    assert {name: list(column) for name, column in found.items()} == {
        "decision_a": ["1", "0"],
        "decision_b": [None, None],
        "decision_c": ["1", "0"],
    }


def test_the_most_probable_class_is_taken():
    scores = np.array([[0.2, 0.5, 0.3], [0.4, 0.2, 0.4]])
    found = decision.decide("ordinal", "012", scores)
    assert list(found["decision"]) == ["1", "0"]
