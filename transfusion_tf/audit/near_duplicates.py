"""Exact search for 64-bit hashes that differ in few bits. NumPy only.

The bits are cut into d + k blocks. Hashes that differ in at most d bits agree
in at least k of the blocks, so it is enough to compare those that agree in
one of the choices of k blocks (Manku, Jain and Das Sarma 2007, "Detecting
near-duplicates for web crawling", section 3). Nothing is missed. Larger k
means more choices, each with fewer hashes to compare.
"""

import dataclasses
import itertools

import numpy as np

BITS = 64
# About a minute of work. Hashes that crowd, as those of images that all
# look alike, would need the square of their number.
MAX_COMPARISONS = 1_000_000_000
_MAX_CHOICES = 500
# Sorting one hash takes about as long as this many comparisons.
_SORTING = 10


@dataclasses.dataclass(frozen=True)
class Plan:
    """How hashes are searched.

    Attributes:
        distance: bits that hashes found may differ in.
        blocks: masks of the blocks, uint64 (distance + k,).
        choices: tuples of k block numbers.
        comparisons: pairs of hashes that will be compared.
    """

    distance: int
    blocks: np.ndarray
    choices: tuple
    comparisons: int


def plan(hashes, distance, *, max_comparisons=MAX_COMPARISONS):
    """Returns the Plan for the largest distance, to `distance`, affordable.

    Args:
        hashes: uint64 (N,), all different.
        distance: bits that hashes may differ in.
        max_comparisons: a smaller distance is chosen rather than more. At
            distance 0, where different hashes have no pairs, there are none.
    """
    for affordable in range(distance, 0, -1):
        found = _cheapest(hashes, affordable)
        if found.comparisons <= max_comparisons:
            return found
    return Plan(0, _blocks(1), (), 0)


def pairs(hashes, planned):
    """Yields all pairs of `hashes` that differ in planned.distance bits.

    Every pair comes once. The order depends on the hashes alone.

    Args:
        hashes: uint64 (N,), all different.
        planned: what `plan` returned for them.

    Yields:
        (first, second, distance): int64 (n,) places in `hashes` and how many
        bits differ. No place is twice in `first`, nor in `second`.
    """
    for choice in planned.choices:
        order, followers = _sorted(hashes, planned.blocks, choice)
        inside = hashes[order]
        left = np.flatnonzero(followers)
        for step in itertools.count(1):
            left = left[followers[left] >= step]
            if not len(left):
                break
            differing = inside[left] ^ inside[left + step]
            distance = popcount(differing)
            close = distance <= planned.distance
            close[close] = _is_first(differing[close], planned.blocks, choice)
            if close.any():
                first, second = left[close], left[close] + step
                yield order[first], order[second], distance[close]


def popcount(values):
    """Returns int64 (N,): how many bits are set in each of uint64 (N,)."""
    # NumPy has bitwise_count from version 2 on.
    x = values - ((values >> np.uint64(1)) & np.uint64(0x5555555555555555))
    pairs_mask = np.uint64(0x3333333333333333)
    x = (x & pairs_mask) + ((x >> np.uint64(2)) & pairs_mask)
    x = (x + (x >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return ((x * np.uint64(0x0101010101010101)) >> np.uint64(56)).astype(int)


def _cheapest(hashes, distance):
    """Returns the Plan whose k gives the least work."""
    best = None
    for k in itertools.count(1):
        choices = tuple(itertools.combinations(range(distance + k), k))
        sorting = len(choices) * len(hashes) * _SORTING
        if best and (
            distance + k > BITS
            or len(choices) > _MAX_CHOICES
            or sorting > best.comparisons  # It cannot become less work.
        ):
            return best
        blocks = _blocks(distance + k)
        comparisons = sum(
            int(_sorted(hashes, blocks, choice)[1].sum()) for choice in choices
        )
        new = Plan(distance, blocks, choices, comparisons)
        if best is None or _work(new, hashes) < _work(best, hashes):
            best = new


def _work(planned, hashes):
    sorting = len(planned.choices) * len(hashes) * _SORTING
    return planned.comparisons + sorting


def _blocks(count):
    """Returns the masks of `count` blocks, uint64 (count,).

    Every count-th bit belongs to one block: neighbouring bits of a perceptual
    hash, which stand for like frequencies, tell less together.
    """
    return np.array(
        [
            sum(1 << bit for bit in range(first, BITS, count))
            for first in range(count)
        ],
        np.uint64,
    )


def _sorted(hashes, blocks, choice):
    """Sorts hashes so that those that agree in the chosen blocks are together.

    Returns int64 (N,), the places in order; and int64 (N,), how many hashes
    that agree with each of these come after it.
    """
    keys = hashes & np.bitwise_or.reduce(blocks[list(choice)])
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    starts = np.flatnonzero(np.append(True, keys[1:] != keys[:-1]))
    sizes = np.diff(np.append(starts, len(keys)))
    ends = np.repeat(starts + sizes, sizes)
    return order, ends - np.arange(len(keys)) - 1


def _is_first(differing, blocks, choice):
    """Whether `choice` has the first blocks without a difference, bool (N,).

    Pairs that agree in further blocks are met in other choices, too.
    """
    before = [b for b in range(choice[-1]) if b not in choice]
    unequal = (differing[:, None] & blocks[before]) != 0
    return unequal.all(axis=1)
