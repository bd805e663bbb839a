"""Tests of what the data card says beside counts and checksums."""

import pytest

from transfusion_tf import files
from transfusion_tf.data import card


@pytest.mark.parametrize(
    "task, classes, positive",
    [
        ("multiclass", ("normal", "ill"), "ill"),
        ("multiclass", ("a", "b", "c"), None),
        ("multilabel", ("a", "b"), None),
        ("ordinal", ("0", "1"), None),
    ],
)
def test_which_class_is_positive(task, classes, positive):
    assert card.positive_class(task, classes) == positive


def test_cards_from_before_there_was_one(tiny_dataset):
    from transfusion_tf.data import records

    value = files.plain(records.read_card(tiny_dataset / "1.0.0").to_json())
    assert value.pop("positive") == "1"
    assert card.DataCard.from_json(value).positive == "1"
