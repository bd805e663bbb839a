"""Tests of the comparison with published counts."""

import pandas as pd
import pytest

from data_prep.sources.common import published_counts


@pytest.mark.parametrize(
    "found, expected",
    [
        ({"train": 2, "test": 1}, {"train": 2, "test": 1}),
        ({"train": 2, "test": 1}, {"train": 2}),  # Of test nothing is known.
        ({"train": {"0": 1, "1": 2}}, {"train": {"1": 2, "0": 1}}),
    ],
)
def test_published_counts_are_no_matter(caplog, found, expected):
    published_counts.check("aptos", found, expected)
    assert not caplog.records


@pytest.mark.parametrize(
    "found, expected, told",
    [
        (
            {"train": 35_000},
            {"train": 35_126, "test": 42_670},
            "train: 35,000 instead of 35,126, test: 0 instead of 42,670.",
        ),
        (
            {"train": {"0": 1, "1": 2}},
            {"train": {"0": 1, "1": 3, "4": 1}},
            "train 1: 2 instead of 3, train 4: 0 instead of 1.",
        ),
    ],
)
def test_other_counts_are_told_in_one_line(caplog, found, expected, told):
    published_counts.check("eyepacs", found, expected)
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert record.message.endswith(f"images may be missing: {told}")
    assert "eyepacs" in record.message and "\n" not in record.message


def test_counts_of_a_table():
    table = pd.DataFrame(
        {"split": ["train", "test", "train"], "label": ["b", "b", "a"]}
    )
    assert published_counts.by_split(table) == {"train": 2, "test": 1}
    assert published_counts.by_class(table) == {
        "train": {"a": 1, "b": 1},
        "test": {"b": 1},
    }
