"""Pairs of identical images and near-duplicates: all counted, some listed.

What is true of all images of a group or cell (see `image_groups`) is never
worked out image by image, so that 50,000 black images cost no more than
others.
"""

import itertools

import numpy as np

from transfusion_tf.audit import near_duplicates
from transfusion_tf.audit.groups import NUM_SPLITS

SPLIT_PAIRS = tuple(
    itertools.combinations_with_replacement(range(NUM_SPLITS), 2)
)


def count_within(counts):
    """Returns the pairs of images inside the same group, for SPLIT_PAIRS.

    Args:
        counts: int64 (num_groups, NUM_SPLITS).
    """
    return np.array(
        [
            (counts[:, a] * (counts[:, b] - (a == b))).sum()
            // (2 if a == b else 1)
            for a, b in SPLIT_PAIRS
        ]
    )


def count_between(first, second):
    """Returns the pairs of an image of each row, for SPLIT_PAIRS.

    Args:
        first, second: int64 (n, NUM_SPLITS) counts of different groups.
    """
    return np.array(
        [
            (first[:, a] * second[:, b]).sum()
            + (0 if a == b else (first[:, b] * second[:, a]).sum())
            for a, b in SPLIT_PAIRS
        ]
    )


class CellPairs:
    """Pairs of cells whose hashes are close: a tally, and the nearest ones.

    Attributes:
        counts: int64 (distance + 1, len(SPLIT_PAIRS)) pairs of images.
        has_near: bool (num_cells, NUM_SPLITS): whether another cell that is
            close has images of that split.
    """

    def __init__(self, counts, distance, most):
        """Takes int64 (num_cells, NUM_SPLITS), and how many pairs to keep."""
        self.counts = np.zeros((distance + 1, len(SPLIT_PAIRS)), np.int64)
        self.has_near = np.zeros_like(counts, bool)
        self._in_cell = counts
        # Pairs of cells with images in different splits, and other pairs.
        self._across, self._inside = _Nearest(most), _Nearest(most)

    def add(self, first, second, distance):
        """Takes cells (n,), (n,) and the bits in which their hashes differ.

        No cell may be twice in `first`, nor in `second`.
        """
        one, other = self._in_cell[first], self._in_cell[second]
        for bits in np.unique(distance):
            at = distance == bits
            self.counts[bits] += count_between(one[at], other[at])
        self.has_near[first] |= other > 0
        self.has_near[second] |= one > 0
        found = np.stack([distance, first, second])
        in_one_split = ((one + other) > 0).sum(axis=1) == 1
        self._across.add(found[:, ~in_one_split])
        self._inside.add(found[:, in_one_split])

    def nearest(self, bits, *, across):
        """Yields kept pairs of cells that differ in `bits` bits."""
        for kept in (self._across,) if across else (self._across, self._inside):
            yield from kept.at(bits)


class _Nearest:
    """Keeps those of many columns (distance, first, second) that are nearest.

    At least `most` of them, and at most three times as many.
    """

    def __init__(self, most):
        self._most = most
        self._parts, self._size = [], 0

    def add(self, columns):
        """Takes int64 (3, n)."""
        self._parts.append(columns)
        self._size += columns.shape[1]
        if self._size > 3 * self._most or len(self._parts) > 1_000:
            self._parts = [self._merged()]
            self._size = self._parts[0].shape[1]

    def _merged(self):
        columns = np.concatenate(self._parts, axis=1)
        order = np.argsort(columns[0], kind="stable")
        return columns[:, order[: self._most]]

    def at(self, bits):
        """Yields [first, second] of those at distance `bits`."""
        if self._parts:
            columns = self._merged()
            yield from columns[1:, columns[0] == bits].T.tolist()


def search(hashes, in_cell, distance, *, most, max_comparisons):
    """Returns the CellPairs of `hashes`, and the distance that was affordable.

    Args:
        hashes: uint64 (num_cells,), all different.
        in_cell: int64 (num_cells, NUM_SPLITS) images of each.
        distance: bits that hashes may differ in.
        most: how many pairs of cells to keep, the nearest.
        max_comparisons: see `near_duplicates.plan`.
    """
    plan = near_duplicates.plan(
        hashes, distance, max_comparisons=max_comparisons
    )
    found = CellPairs(in_cell, distance, most)
    for pairs in near_duplicates.pairs(hashes, plan):
        found.add(*pairs)
    return found, plan.distance


def exact(groups, *, across):
    """Yields pairs (image, image) with the same pixels, of `groups`.

    Args:
        groups: Members of the groups of identical images.
        across: whether the two are in different splits, or in the same.
    """
    repeated = np.flatnonzero(groups.counts.sum(axis=1) > 1)
    for group in repeated.tolist():
        for a, b in _split_pairs(across):
            if a == b:
                yield from itertools.combinations(groups.of(group, a), 2)
            else:
                yield from itertools.product(
                    groups.of(group, a), groups.of(group, b)
                )


def same_hash(groups, cells, group_of, *, across):
    """Yields pairs with the same hash whose pixels differ.

    Args:
        groups, cells: Members.
        group_of: int64 (N,) the group of each image.
        across: as for `exact`.
    """
    spread = np.flatnonzero(cells.counts.sum(axis=1) > 1).tolist()
    for cell, (a, b) in itertools.product(spread, _split_pairs(across)):
        others = cells.of(cell, b)
        codes = sorted({int(group_of[image]) for image in cells.of(cell, a)})
        for group in codes:
            if cells.counts[cell, b] == groups.counts[group, b]:
                continue  # All of them have the same pixels.
            # In one split each pair would come from both of its groups.
            partners = [
                other
                for other in others
                if group_of[other] > group
                or (a != b and group_of[other] < group)
            ]
            yield from itertools.product(groups.of(group, a), partners)


def between_cells(cells, cell_pairs, *, across):
    """Yields pairs of images of close cells.

    Args:
        cells: Members.
        cell_pairs: iterable of (cell, cell).
        across: as for `exact`.
    """
    for one, other in cell_pairs:
        for a, b in _split_pairs(across):
            yield from itertools.product(cells.of(one, a), cells.of(other, b))
            if a != b:
                yield from itertools.product(
                    cells.of(other, a), cells.of(one, b)
                )


def _split_pairs(across):
    return [(a, b) for a, b in SPLIT_PAIRS if (a != b) == across]
