"""Tests of matching the classes of records to those of a network."""

import types

import numpy as np
import pytest

from transfusion_tf.training import scoring


def make_opened(classes, task="multiclass"):
    """What is read of Records."""
    card = types.SimpleNamespace(classes=classes, task=task)
    return types.SimpleNamespace(card=card, root="there")


def relabel(labels, classes, wanted):
    """The labels of one batch, renumbered."""
    batch = {"label": np.array(labels), "id": "kept"}
    card = make_opened(classes).card
    (found,) = scoring.relabelled([batch], card, wanted)
    assert found["id"] == "kept"
    return found["label"].tolist()


def test_classes_are_numbered_as_the_network_does():
    # c, a, b, a in the order a, b, c.
    assert relabel([0, 1, 2, 1], ("c", "a", "b"), ("a", "b", "c")) == [
        2,
        0,
        1,
        0,
    ]


def test_labels_are_put_in_the_order_of_the_network():
    assert relabel(
        [[1, 0, -1], [0, 1, 1]], ("c", "a", "b"), ("a", "b", "c")
    ) == [[0, -1, 1], [1, 1, 0]]


def test_the_same_names_in_any_order_fit():
    data = {"task": "multiclass", "classes": ["cat", "dog"]}
    scoring.check_same_classes(data, make_opened(("dog", "cat")))


@pytest.mark.parametrize(
    "classes, task, message",
    [
        (("cat", "cow"), "multiclass", r"\['cat', 'cow'\]; the run was .*dog"),
        (("cat", "dog", "cow"), "multiclass", "--classes=cat,dog when they"),
        (("cat", "dog"), "multilabel", "is multilabel with .* on multiclass"),
    ],
)
def test_other_classes_are_refused(classes, task, message):
    data = {"task": "multiclass", "classes": ["cat", "dog"]}
    with pytest.raises(ValueError, match=message):
        scoring.check_same_classes(data, make_opened(classes, task))
