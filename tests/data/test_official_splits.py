"""Tests of what becomes of the splits that a data set comes with."""

import logging

import pandas as pd
import pytest

from transfusion_tf.data import official_splits, splits

SHARED = ([0, 0, 1, 0], ["train", "train", "test", "val"])
DISJOINT = ([0, 0, 1, 2], ["train", "train", "test", "val"])


def make_table(patients=None, split=None):
    """Four rows, with patients and splits where they are given."""
    table = pd.DataFrame({"image": list("abcd")})
    if patients is not None:
        table["patient"] = [f"p{number}" for number in patients]
    if split is not None:
        table["split"] = split
    return table


@pytest.fixture
def warnings(caplog):
    """The lines that were logged as warnings."""
    caplog.set_level(logging.WARNING, logger="absl")
    return lambda: [record.getMessage() for record in caplog.records]


@pytest.mark.parametrize(
    "patients, split, options, kept",
    [
        (*DISJOINT, {}, True),
        (*DISJOINT, {"mode": "grouped"}, False),
        (*DISJOINT, {"num_folds": 2, "fold": 1}, False),
        (*SHARED, {}, False),
        (*SHARED, {"mode": "official"}, True),
        (None, SHARED[1], {}, True),
        (None, None, {}, False),
        (SHARED[0], None, {}, False),
        (SHARED[0], None, {"mode": "grouped"}, False),
    ],
)
def test_official_splits_are_kept_unless_they_share_patients(
    patients, split, options, kept
):
    table = make_table(patients, split)
    options = splits.SplitOptions(**options)
    assert official_splits.keeps(table, options) is kept
    settled, _ = official_splits.resolve(table, options)
    assert ("split" in settled) is kept
    pd.testing.assert_frame_equal(
        settled, table if kept or split is None else table.drop(columns="split")
    )


@pytest.mark.parametrize(
    "patients, split, options, note",
    [
        (*DISJOINT, {}, None),
        (
            *SHARED,
            {},
            "not kept: 1 patients (3 images) are in more than one",
        ),
        (
            *SHARED,
            {"mode": "official"},
            "kept: 1 patients (3 images) are in more than one "
            "(train-val 1, train-test 0, val-test 0)",
        ),
        (*SHARED, {"mode": "grouped"}, "not kept: --splits=grouped draws new"),
        (
            None,
            SHARED[1],
            {"num_folds": 2, "fold": 1},
            "not kept: --num_folds draws new ones",
        ),
        (*DISJOINT, {"mode": "test"}, "not kept: --splits=test makes all"),
    ],
)
def test_what_became_of_them_is_told(patients, split, options, note, warnings):
    _, found = official_splits.resolve(
        make_table(patients, split), splits.SplitOptions(**options)
    )
    if note is None:
        assert found is None and warnings() == []
    else:
        assert found.startswith(note)
        assert warnings()[0].startswith(f"The official splits are {note}")


@pytest.mark.parametrize(
    "patients, split, is_told",
    [
        (None, None, True),
        (None, ["train", "train", "test", "test"], True),  # val is drawn.
        (None, SHARED[1], False),
        (SHARED[0], None, False),
        (None, ["test"] * 4, False),
    ],
)
def test_unknown_patients_are_told_in_one_line(
    patients, split, is_told, warnings
):
    official_splits.resolve(make_table(patients, split), splits.DEFAULTS)
    assert len(warnings()) == is_told
    for line in warnings():
        assert "splits are drawn by image" in line and "\n" not in line


@pytest.mark.parametrize(
    "columns, options, message",
    [
        ({}, {"mode": "official"}, "--splits=official needs a data set with"),
        ({}, {"mode": "grouped"}, "--splits=grouped needs patients: a column"),
        ({}, {"require_patients": True}, "--require_patients: the patients of"),
        (
            {"split": SHARED[1]},
            {"test_fraction": 0.3},
            "--test_fraction does not go with a data set whose test split is",
        ),
        (
            {"split": ["train", "train", "train", "val"]},
            {"val_fraction": 0.3},
            "--val_fraction does not go with",
        ),
        (
            {"split": ["test"] * 4},
            {"val_fraction": 0.3},
            "--val_fraction does not go with a data set that has a test split",
        ),
    ],
)
def test_options_that_the_table_does_not_allow(columns, options, message):
    with pytest.raises(ValueError, match=message):
        official_splits.resolve(
            make_table(**columns), splits.SplitOptions(**options)
        )


def test_options_that_the_table_allows():
    table = make_table(*SHARED)
    options = splits.SplitOptions(test_fraction=0.3, require_patients=True)
    official_splits.resolve(table, options)
    # A test split is drawn beside an official validation split.
    only_val = make_table(split=["train", "train", "train", "val"])
    settled, _ = official_splits.resolve(
        only_val, splits.SplitOptions(test_fraction=0.3)
    )
    assert settled["split"].tolist() == only_val["split"].tolist()


@pytest.mark.parametrize("split", [None, SHARED[1], ["train"] * 4])
def test_all_images_become_the_test_split(split):
    options = splits.SplitOptions(mode="test")
    settled, _ = official_splits.resolve(make_table(split=split), options)
    assert settled["split"].tolist() == ["test"] * 4


def test_rows_of_patients_in_several_splits():
    table = make_table([7, 8, 7, 9], ["train", "val", "test", "test"])
    assert official_splits.sharing(table).tolist() == [True, False, True, False]
    without = table.drop(columns="patient")
    assert official_splits.sharing(without).tolist() == [False] * 4
