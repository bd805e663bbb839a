"""Nested training subsets for the small-data regime."""

import numpy as np

from transfusion_tf.data import group_order


def choose(ids, labels, patients, *, size, seed):
    """Ids of a subset that is stratified and holds whole patients.

    The stratified order of patients (or of images, where there are none) is
    closed to a ring of N images, and a window of `size` images is laid over it
    from a drawn image on; a patient whose images begin in the window belongs
    to the subset. So every image has the chance size / N, however rare its
    label and however many images its patient has, and a smaller subset is part
    of a larger one with the same seed. A beginning of the order itself would
    give the first places to large strata.

    Args:
      ids: (N,) str.
      labels: (N,) int, or (N, num_labels) in {1, 0, -1}.
      patients: (N,) str; empty strings where patients are not known.
      size: number of images, 1..N.
      seed: int.

    Returns:
      Set of ids: `size` of them where patients are not known, otherwise at
      most one patient's images more or less; never none.

    Raises:
      ValueError: `size` is not in 1..N.
    """
    if not 1 <= size <= len(ids):
        raise ValueError(
            f"--train_size={size}: the training split has {len(ids)} images; "
            f"give 1 to {len(ids)}."
        )
    ids, patients = np.asarray(ids), np.asarray(patients)
    groups = np.where(patients == "", ids, patients)
    key = f"{seed}:train_size"
    order, sizes = group_order.stratified(ids, groups, classes(labels), key=key)
    start = int(group_order.uniform(key, "start") * len(ids))
    place = (np.cumsum(sizes) - sizes - start) % len(ids)
    # A patient may cover the whole window: then the next one is taken.
    chosen = order[place < max(size, place.min() + 1)]
    return set(ids[np.isin(groups, chosen.astype(str))].tolist())


def classes(labels):
    """bool (N, num_classes), which classes each image belongs to."""
    labels = np.asarray(labels)
    if labels.ndim == 2:
        return labels == 1
    return labels[:, None] == np.unique(labels)
