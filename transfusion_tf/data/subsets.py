"""Nested training subsets for the small-data regime."""

import hashlib

import numpy as np


def choose(ids, labels, patients, *, size, seed):
    """Ids of a subset that is stratified and holds whole patients.

    Groups (patients, or images where there are none) of each stratum are put
    in an order drawn by (seed, group), and the strata are interleaved in
    proportion to their sizes; a subset is the longest beginning of that order
    with at most `size` images. So a smaller subset is part of a larger one
    with the same seed.

    Args:
      ids: (N,) str.
      labels: (N,) int, or (N, num_labels) in {1, 0, -1}.
      patients: (N,) str; empty strings where patients are not known.
      size: number of images, 1..N.
      seed: int.

    Returns:
      Set of ids; fewer than `size` where the next patient would not fit.

    Raises:
      ValueError: `size` is not in 1..N, or the first patient does not fit.
    """
    if not 1 <= size <= len(ids):
        raise ValueError(
            f"--train_size={size}: the training split has {len(ids)} images; "
            f"give 1 to {len(ids)}."
        )
    groups = _groups(ids, labels, patients)
    chosen = set()
    for members in _interleaved(groups, seed):
        if len(chosen) + len(members) > size:
            break
        chosen.update(members)
    if not chosen:
        raise ValueError(
            f"--train_size={size} is less than the images of the first "
            "patient; give a larger size."
        )
    return chosen


def _groups(ids, labels, patients):
    """{group: (stratum, ids)}; a patient's stratum is its largest label."""
    labels = np.asarray(labels)
    strata = labels if labels.ndim == 1 else [tuple(row) for row in labels]
    groups = {}
    for name, stratum, patient in zip(ids, strata, patients, strict=True):
        group = groups.setdefault(patient or name, [stratum, []])
        group[0] = max(group[0], stratum)
        group[1].append(name)
    return groups


def _interleaved(groups, seed):
    """The ids of each group, in the order in which they join the subset."""
    strata = {}
    for group, (stratum, _) in groups.items():
        strata.setdefault(stratum, []).append((_draw(seed, group), group))
    placed = []
    for members in strata.values():
        for rank, (draw, group) in enumerate(sorted(members)):
            placed.append(((rank + 0.5) / len(members), draw, group))
    return [groups[group][1] for _, _, group in sorted(placed)]


def _draw(seed, group):
    return hashlib.sha256(f"{seed}:{group}".encode()).hexdigest()
