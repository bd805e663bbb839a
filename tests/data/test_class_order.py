"""Tests of which of two classes is the positive one."""

import dataclasses

import pandas as pd
import pytest

from transfusion_tf.data import card, class_order
from transfusion_tf.data.manifest import Manifest


def make_manifest(classes=("ill", "well"), task="multiclass"):
    """One image of each class, in their order."""
    table = pd.DataFrame({"image": range(len(classes)), "label": classes})
    return Manifest("pets", task, classes, table, None)


@pytest.mark.parametrize(
    "positive, classes, codes",
    [
        ("ill", ("well", "ill"), [1, 0]),
        ("well", ("ill", "well"), [0, 1]),
    ],
)
def test_the_positive_class_has_the_index_1(positive, classes, codes):
    found = class_order.with_positive(make_manifest(), positive)
    assert found.classes == classes
    assert found.label_codes().tolist() == codes
    assert card.positive_class(found.task, found.classes) == positive
    found.check()


@pytest.mark.parametrize(
    "manifest, message",
    [
        (
            make_manifest(),
            "Unknown class for --positive_class 'sick'; known: i",
        ),
        (
            make_manifest(("a", "b", "c")),
            "=sick is for two classes. Received task 'multiclass' with 3: 'a'",
        ),
        (
            dataclasses.replace(make_manifest(("0", "1")), task="ordinal"),
            "is for two classes. Received task 'ordinal' with 2",
        ),
    ],
)
def test_what_has_no_such_class(manifest, message):
    with pytest.raises(ValueError, match=message) as raised:
        class_order.with_positive(manifest, "sick")
    assert "\n" not in str(raised.value)
