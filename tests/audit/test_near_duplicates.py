"""Tests of the search for hashes that differ in few bits."""

import numpy as np
import pytest

from transfusion_tf.audit import near_duplicates


def make_hashes(count=150, *, seed=0):
    """Different hashes: random ones, and neighbours of them."""
    rng = np.random.default_rng(seed)
    base = rng.integers(2**64, size=count, dtype=np.uint64)
    parts = [base]
    for _ in range(4):
        changed = base.copy()
        for _ in range(rng.integers(1, 9)):
            bits = rng.integers(64, size=count, dtype=np.uint64)
            changed ^= np.uint64(1) << bits
        parts.append(changed)
    return rng.permutation(np.unique(np.concatenate(parts)))


def by_brute_force(hashes, distance):
    """{(first, second): distance} from every pair, by Python's integers."""
    values = hashes.tolist()
    return {
        (i, j): bits
        for j, second in enumerate(values)
        for i, first in enumerate(values[:j])
        if (bits := (first ^ second).bit_count()) <= distance
    }


def found_by(hashes, plan):
    """{(first, second): distance}; no pair may come twice."""
    found = {}
    for parts in near_duplicates.pairs(hashes, plan):
        assert len(set(parts[0])) == len(set(parts[1])) == len(parts[0])
        for i, j, bits in zip(*(p.tolist() for p in parts), strict=True):
            assert (min(i, j), max(i, j)) not in found
            found[min(i, j), max(i, j)] = bits
    return found


@pytest.mark.parametrize("distance", [0, 1, 2, 4, 5, 8, 13])
def test_all_pairs_are_found_and_no_others(distance):
    hashes = make_hashes()
    plan = near_duplicates.plan(hashes, distance)
    assert plan.distance == distance
    expected = by_brute_force(hashes, distance)
    assert found_by(hashes, plan) == expected
    assert len(expected) > 100 or distance == 0


@pytest.mark.parametrize("blocks_more", [1, 2, 3, 4])
def test_every_number_of_blocks_finds_the_same(blocks_more, monkeypatch):
    hashes = make_hashes(60)
    monkeypatch.setattr(
        near_duplicates, "_work", lambda plan, _: -len(plan.choices)
    )
    monkeypatch.setattr(near_duplicates, "_SORTING", 0)
    limits = {1: 5, 2: 15, 3: 35, 4: 70}  # 4 + k choose k.
    monkeypatch.setattr(near_duplicates, "_MAX_CHOICES", limits[blocks_more])
    plan = near_duplicates.plan(hashes, 4)
    assert len(plan.choices) == limits[blocks_more]
    assert found_by(hashes, plan) == by_brute_force(hashes, 4)


def test_distance_64_is_every_pair():
    hashes = make_hashes(5)
    plan = near_duplicates.plan(hashes, 64)
    number = len(hashes)
    assert len(found_by(hashes, plan)) == number * (number - 1) // 2


def test_crowded_hashes_are_found_too():
    # All 2,016 hashes with two bits of 64: distances 2 and 4 only.
    bits = np.uint64(1) << np.arange(64, dtype=np.uint64)
    one, other = np.triu_indices(64, 1)
    hashes = bits[one] | bits[other]
    found = found_by(hashes, near_duplicates.plan(hashes, 2))
    # Each shares one of its bits with 2 * 62 others.
    assert len(found) == len(hashes) * 2 * 62 // 2


def test_what_costs_too_much_is_searched_to_a_smaller_distance():
    hashes = make_hashes()
    costs = [
        near_duplicates.plan(hashes, distance).comparisons
        for distance in (3, 4)
    ]
    assert costs[0] < costs[1]
    plan = near_duplicates.plan(hashes, 4, max_comparisons=costs[1] - 1)
    assert plan.distance == 3
    assert found_by(hashes, plan) == by_brute_force(hashes, 3)
    plan = near_duplicates.plan(hashes, 4, max_comparisons=0)
    assert plan.distance == 0 and found_by(hashes, plan) == {}


def test_comparisons_are_as_planned_and_few(monkeypatch):
    hashes = np.unique(
        np.random.default_rng(0).integers(2**64, size=50_000, dtype=np.uint64)
    )
    plan = near_duplicates.plan(hashes, 4)
    compared = []
    popcount = near_duplicates.popcount
    monkeypatch.setattr(
        near_duplicates,
        "popcount",
        lambda values: compared.append(len(values)) or popcount(values),
    )
    list(near_duplicates.pairs(hashes, plan))
    assert sum(compared) == plan.comparisons < len(hashes) ** 2 / 1_000
    assert max(compared) <= len(hashes)


def test_no_hashes_and_one():
    for count in (0, 1):
        hashes = np.zeros(count, np.uint64)
        assert found_by(hashes, near_duplicates.plan(hashes, 4)) == {}


def test_popcount_is_that_of_python():
    values = make_hashes(20)
    values[:2] = 0, 2**64 - 1
    expected = [value.bit_count() for value in values.tolist()]
    assert near_duplicates.popcount(values).tolist() == expected
