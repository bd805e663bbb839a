"""How each task is put as two-class questions, and what input is refused."""

import numpy as np
import pytest

from transfusion_tf.metrics import problems

SCORES = np.array([[0.5, 0.2, 0.3], [0.1, 0.6, 0.3], [0.2, 0.2, 0.6]])


def test_ordinal_scores_are_tail_sums():
    first, second = problems.split("ordinal", [0, 1, 2], SCORES)
    np.testing.assert_allclose(first.scores, [0.5, 0.9, 0.8])
    np.testing.assert_allclose(second.scores, [0.3, 0.3, 0.6])
    assert first.labels.tolist() == [False, True, True]
    assert second.labels.tolist() == [False, False, True]


def test_multiclass_is_one_against_the_rest():
    asked = problems.split("multiclass", [0, 1, 2], SCORES)
    assert [p.index for p in asked] == [0, 1, 2]
    assert asked[1].labels.tolist() == [False, True, False]
    np.testing.assert_array_equal(asked[1].scores, SCORES[:, 1])


def test_two_classes_are_one_question():
    (only,) = problems.split("multiclass", [0, 1], [[0.7, 0.3], [0.1, 0.9]])
    assert only.index == 1
    np.testing.assert_array_equal(only.scores, [0.3, 0.9])


def test_multilabel_leaves_missing_labels_out():
    labels = [[1, -1, 0], [0, 1, -1], [1, 0, 1]]
    asked = problems.split("multilabel", labels, SCORES)
    assert asked[1].keep.tolist() == [False, True, True]
    assert asked[1].labels[asked[1].keep].tolist() == [True, False]


@pytest.mark.parametrize(
    "task, labels, scores, message",
    [
        (
            "regression",
            [0],
            [[1, 0]],
            "Unknown task 'regression'; known: multi",
        ),
        ("multiclass", [0, 3, 1], SCORES, r"in 0\.\.2\. Received: 3"),
        ("ordinal", [0, -1, 1], SCORES, r"in 0\.\.2\. Received: -1"),
        ("multilabel", [[0, 2]], [[0, 1]], r"in -1\.\.1\. Received: 2"),
        ("multiclass", [0, 0.5, 1], SCORES, "Received: 0.5"),
        ("multiclass", [0, 1], SCORES, r"must be \(3,\)"),
        ("multilabel", [0, 1, 0], SCORES, r"must be \(3, 3\)"),
        ("ordinal", [0, 1], [0.1, 0.9], r"must be \(num_images, 2 or more\)"),
        ("multiclass", [0, 0], [[1.0], [1.0]], "2 or more"),
        ("multiclass", [0, 1, 2], SCORES * 4, "not logits. Received: 2.0"),
        ("multiclass", [0, 1, 2], SCORES * np.nan, "Received: nan"),
    ],
)
def test_bad_input_is_one_clear_line(task, labels, scores, message):
    with pytest.raises(ValueError, match=message) as error:
        problems.split(task, labels, scores)
    assert "\n" not in str(error.value)
