"""Sentences on columns that tell the label."""

import numpy as np
import pytest

from transfusion_tf.audit import label_columns

# Of 40 images of site B 35 are ill, of 160 others 48.
LABELS = np.array([1] * 35 + [0] * 5 + [1] * 48 + [0] * 112)
SITES = np.array(["B"] * 40 + ["A"] * 160)


def said(task, classes, labels, columns, patients=None):
    found = label_columns.associations(task, classes, labels, columns, patients)
    return label_columns.sentences(found, unit="patient")


def test_a_sentence_has_the_counts():
    sex = np.array(["f", "m"] * 100)
    found = said(
        "multiclass", ("well", "ill"), LABELS, {"site": SITES, "sex": sex}
    )
    assert list(found) == ["site"]
    assert (
        "'site' tells the label 'ill': it holds for 35 of 40 patients with "
        "site=B, and for 48 of 160 others"
    ) in found["site"]
    assert "--subgroups=site" in found["site"]


@pytest.mark.parametrize(
    "task, classes, labels, asked",
    [
        ("ordinal", ("0", "1", "2"), 2 * LABELS, ">=1"),
        ("multiclass", ("a", "b", "c"), 2 * LABELS, "a"),
        ("multilabel", ("no", "yes"), np.stack([0 * LABELS, LABELS], 1), "yes"),
    ],
)
def test_every_question_of_a_task_is_asked(task, classes, labels, asked):
    found = said(task, classes, labels, {"site": SITES})
    assert f"the label {asked!r}" in found["site"]


def test_missing_labels_are_not_counted():
    labels = np.where(SITES == "B", -1, LABELS)[:, None]
    ((_, asked, found),) = label_columns.associations(
        "multilabel", ("ill",), labels, {"site": SITES}
    )
    assert (asked, found.reason) == ("ill", "one value only")


def test_a_column_with_too_many_values_is_not_looked_at():
    ages = np.arange(200).astype(str)
    ((_, _, found),) = label_columns.associations(
        "multiclass", ("well", "ill"), LABELS, {"age": ages}
    )
    assert found.reason == "200 values, too many to look at"


def test_an_empty_value_has_a_name():
    found = said(
        "multiclass",
        ("well", "ill"),
        LABELS,
        {"site": np.where(SITES == "B", "", SITES)},
    )
    assert "site=(empty)" in found["site"]
