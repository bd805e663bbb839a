"""The page on similarity says of the measures what was measured."""

import pathlib
import re

import numpy as np
import pytest

from tests.benchmarks import acceptance
from transfusion_tf import names, tables

ROOT = pathlib.Path(__file__).parents[1]
TESTS = ("order", "found", "shortcut", "augmented")


@pytest.fixture(scope="module")
def results():
    return tables.read(ROOT / "docs/results/similarity.csv")


def cell(row):
    """What the page writes of a row of the results."""
    if np.isnan(row["conformity"]):
        return "n/a"
    mark = "" if row["passes"] else " no"
    return f"{row['conformity']:.2f}{mark}"


def test_the_page_has_the_results(results):
    text = (ROOT / "docs/similarity.md").read_text()
    _, _, text = text.partition("# What the measures can tell apart")
    rows = re.findall(r"^\| `(\w+)` \| (.*) \|$", text, flags=re.M)
    written = {name: cells.split(" | ") for name, cells in rows}
    assert tuple(written) == names.MEASURES
    for measure, cells in written.items():
        of = results[results["measure"] == measure]
        expected = []
        for test in TESTS:
            found = of[of["test"] == test]
            (row,) = found.to_dict("records")
            expected.append(cell(row))
        assert cells == expected, measure


def test_the_results_are_of_every_measure(results):
    assert tuple(results.columns) == acceptance.COLUMNS
    assert set(results["measure"]) == set(names.MEASURES)
    counts = results.groupby("test").size()
    num = len(names.MEASURES)
    assert dict(counts) == {
        "order": num,
        "found": num,
        "shortcut": num,
        "augmented": num,
    }


def test_order_by_hand():
    places = np.arange(4)
    nearer = 1.0 - 0.1 * np.abs(places[:, None] - places)
    checks = acceptance.in_order([nearer])
    assert checks.all() and len(checks) == 8
    # Of three stages the first and the last are the most alike: both fail.
    swapped = np.array([[1, 0.5, 0.9], [0.5, 1, 0.5], [0.9, 0.5, 1]])
    assert acceptance.in_order([swapped, nearer]).tolist() == 2 * [False] + (
        8 * [True]
    )


def test_found_by_hand():
    table = np.array([[0.9, 0.5], [0.8, 0.7]])
    # Rows: 0 finds 0, 1 finds 0. Columns: 0 finds 0, 1 finds 1.
    assert acceptance.found([table]).tolist() == [True, False, True, True]


def test_groups_by_hand():
    is_first = [True, True, False, False]
    table = np.full((4, 4), 0.1)
    table[0, 1] = table[1, 0] = table[2, 3] = table[3, 2] = 0.9
    assert acceptance.groups(table, is_first) == (1.0, 1.0)
    # Of six ways to choose two of four, these two and the others are two.
    assert acceptance.group_p_value(table, is_first) == pytest.approx(2 / 6)
    # Pairs inside 0.9 and 0.1; one across, of networks 1 and 2, is 0.5: of
    # eight checks those of 2 and 3 fail, as ties do, and no other.
    table[2, 3] = table[3, 2] = 0.1
    table[1, 2] = table[2, 1] = 0.5
    conformity, auprc = acceptance.groups(table, is_first)
    assert conformity == 0.5 and auprc < 1
    row = acceptance.group_row("shortcut", "conv1", "cca", table, is_first)
    assert row["num_checks"] == 8 and not row["passes"]
