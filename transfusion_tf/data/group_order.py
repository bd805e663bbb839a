"""One drawn order of patients, from which splits and subsets are cut."""

import hashlib

import numpy as np
import pandas as pd


def stratified(ids, groups, labels, *, key):
    """Returns the groups in a stratified order drawn by (key, id).

    A group's stratum is the set of labels among its images. The groups of a
    stratum stand one after the other in an order drawn by (key, id), each at
    the place in [0, 1) where its images begin in the stratum; a drawn part of
    their length later, so that a stratum of few groups gives its share on
    average. All strata are then merged by place. So a piece of the order holds
    of each stratum its share to about one group, and a group more or less
    moves few others.

    Args:
        ids: (N,) unique text; makes the order independent of that of the rows.
        groups: (N,) the patient of each image, or its id.
        labels: bool (N, num_classes).
        key: text; another one gives another order.

    Returns:
        Array (num_groups,) of the groups in this order, and array (num_groups,)
        of their numbers of images.
    """
    code, known = pd.factorize(np.asarray(groups, object))
    ids = np.asarray(ids).astype(str)
    rows = np.lexsort((ids, code))
    starts = np.flatnonzero(np.diff(code[rows], prepend=-1))
    first, sizes = ids[rows][starts], np.diff(starts, append=len(ids))
    stratum, shift = _strata(np.asarray(labels, bool)[rows], starts, key)
    drawn = np.array([uniform(key, name) for name in first])
    order = np.lexsort((first, drawn, stratum))
    before, totals = _within(stratum[order], sizes[order])
    place = np.empty(len(known))
    place[order] = (before + shift[order] * sizes[order]) / totals
    order = np.lexsort((first, drawn, place))
    return known[order], sizes[order]


def uniform(key, name):
    """Returns a number in [0, 1) drawn by (key, name)."""
    digest = hashlib.sha256(f"{key}:{name}".encode()).digest()
    return int.from_bytes(digest[:6], "big") / 2**48


def _strata(labels, starts, key):
    """The stratum of each group and its drawn shift, both (num_groups,).

    `labels` bool (N, num_classes); a group's begin at its start. As
    bits, since the rows of thousands of classes take long to compare.
    """
    bits = np.packbits(labels, axis=1)
    bits = np.bitwise_or.reduceat(bits, starts, axis=0)
    rows = np.ascontiguousarray(bits).view(f"V{bits.shape[1]}").ravel()
    _, where, stratum = np.unique(rows, return_index=True, return_inverse=True)
    sets = np.unpackbits(bits[where], axis=1, count=labels.shape[1])
    shift = np.array([uniform(key, row.tobytes().hex()) for row in sets])
    return stratum, shift[stratum]


def _within(stratum, sizes):
    """Images in front of each group in its stratum, and all of the stratum."""
    starts = np.flatnonzero(np.diff(stratum, prepend=-1))
    lengths = np.diff(starts, append=len(stratum))
    begin = np.cumsum(sizes) - sizes
    totals = np.add.reduceat(sizes, starts)
    return begin - np.repeat(begin[starts], lengths), np.repeat(totals, lengths)
