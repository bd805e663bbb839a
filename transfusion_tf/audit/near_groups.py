"""Groups of images that are to stay in one split: patients, near-duplicates.

Two images belong together if they are of one patient or if their perceptual
hashes differ in few bits, and so do all that belong to either of them.
"""

import numpy as np

from transfusion_tf.audit import near_duplicates

# Pairs of hashes that are held before they are merged into groups.
_PAIRS_AT_ONCE = 1_000_000
# A group of more than this share of the images fits into no drawn split; the
# hash then says too little of these images (all black, all alike). Copies in
# a data set of a few dozen images are no such thing.
_MAX_SHARE = 0.1
_FEW_IMAGES = 50


def groups(
    hashes,
    patients,
    *,
    distance,
    max_comparisons=near_duplicates.MAX_COMPARISONS,
):
    """Returns the group of each image, int64 (N,), and the distance searched.

    Args:
        hashes: uint64 (N,) perceptual hashes.
        patients: (N,) the patient of each image, or something of its own.
        distance: bits in which the hashes of near-duplicates may differ.
        max_comparisons: see `near_duplicates.plan`; beyond it the distance
            searched is less than `distance`.

    Raises:
        ValueError: one group has too many of the images for any split.
    """
    cells, cell_of = np.unique(hashes, return_inverse=True)
    plan = near_duplicates.plan(
        cells, distance, max_comparisons=max_comparisons
    )
    alike = _joined(cells, plan)[cell_of]
    _, of_patient = np.unique(
        np.asarray(patients, object).astype(str), return_inverse=True
    )
    # Patients are nodes beside those of hashes; an image joins its two.
    edges = np.stack([alike, len(cells) + of_patient])
    size = len(cells) + int(of_patient.max(initial=-1)) + 1
    group = _components(edges, size)[alike]
    _check_share(group, of_patient)
    return group, plan.distance


def _joined(cells, plan):
    """Returns the group of each of different hashes, int64 (num_cells,)."""
    group, held, number = np.arange(len(cells)), [], 0
    for first, second, _ in near_duplicates.pairs(cells, plan):
        held.append(np.stack([first, second]))
        number += len(first)
        if number > _PAIRS_AT_ONCE:
            group, held, number = _merged(group, held), [], 0
    return _merged(group, held)


def _merged(group, held):
    """Returns `group` with the groups of pairs made one."""
    if not held:
        return group
    edges = group[np.concatenate(held, axis=1)]
    return _components(edges, len(group))[group]


def _components(edges, size):
    """Returns the connected component of each of `size` nodes."""
    # Here, because every conversion imports this module and few use it.
    from scipy.sparse import coo_array, csgraph

    graph = coo_array((np.ones(edges.shape[1], bool), edges), (size, size))
    return csgraph.connected_components(graph, directed=False)[1]


def _check_share(group, of_patient):
    sizes = np.bincount(group)
    number = int(sizes.max(initial=0))
    if number <= max(_FEW_IMAGES, _MAX_SHARE * len(group)):
        return
    if len(np.unique(of_patient[group == sizes.argmax()])) > 1:
        raise ValueError(
            f"--near_duplicates=group would keep {number:,} of {len(group):,} "
            "images together, each of which looks like another of them or is "
            "of the same patient, and no splits could be drawn. Look at "
            "audit.png after --near_duplicates=report; drop takes copies out "
            "of the training split instead."
        )
