"""Which images a run trains on, and which of them it scores."""

import numpy as np

from transfusion_tf import datasets
from transfusion_tf.data import pipeline, subsets


def used(opened, data):
    """Ids of the training images that --train_size asks for; None: all.

    Args:
      opened: Records.
      data: DataConfig.
    """
    if data.train_size is None:
        return None
    return _chosen(index(opened), size=data.train_size, seed=data.subset_seed)


def scored_ids(opened, config, keep_ids, num_train):
    """Ids of the training images that --train_auc asks for; None: none.

    Args:
      opened: Records.
      config: RunConfig.
      keep_ids: ids of the training images in use, or None for all.
      num_train: how many these are.

    Raises:
      ValueError: it asks for more.
    """
    asked = config.train.train_auc
    if asked is None:
        return None
    if asked > num_train:
        raise ValueError(
            f"--train_auc={asked}: {num_train} training images are in use; "
            f"give 2 to {num_train}."
        )
    found = index(opened, keep_ids)
    return frozenset(_chosen(found, size=asked, seed=config.seed))


def index(opened, keep_ids=None):
    """pipeline.read_index of the training images in use.

    Args:
      opened: Records.
      keep_ids: their ids, or None for all.
    """
    with datasets.naming_damage(opened):
        found = pipeline.read_index(opened, "train")
    if keep_ids is None:
        return found
    is_kept = np.isin(found["id"], list(keep_ids))
    return {key: values[is_kept] for key, values in found.items()}


def _chosen(found, *, size, seed):
    return subsets.choose(
        found["id"], found["label"], found["patient"], size=size, seed=seed
    )
