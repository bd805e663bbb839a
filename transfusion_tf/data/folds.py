"""Folds for cross-validation, cut from one set of records.

All images are cut into folds, those of a patient together and stratified by
label as drawn splits are (`splits.complete`): fold k is the test split of its
runs, so that every image is in a test split once. Of the others, val is drawn;
the rest is train. The splits of the records do not count.
"""

import dataclasses

import numpy as np
import pandas as pd

from transfusion_tf import names
from transfusion_tf.data import pipeline, splits, subsets


def of_records(opened, *, num_folds, fold):
    """Records with the splits of a fold.

    The cut depends on ids, patients and labels alone: all runs on the same
    records have the same folds.

    Args:
      opened: records.Records as converted.
      num_folds: number of folds, at least 2.
      fold: 1..num_folds, the one that is the test split.

    Returns:
      records.Records.

    Raises:
      ValueError: fewer patients (or images, where patients are not known) than
        folds need.
    """
    parts = [pipeline.read_index(opened, split) for split in opened.card.shards]
    index = {key: np.concatenate([p[key] for p in parts]) for key in parts[0]}
    split = cut(
        index["id"],
        index["label"],
        index["patient"],
        num_folds=num_folds,
        fold=fold,
    )
    ids = {
        name: frozenset(index["id"][split == name].tolist())
        for name in names.SPLITS
    }
    return dataclasses.replace(opened, fold_ids=ids)


def cut(ids, labels, patients, *, num_folds, fold):
    """The split of every image in a fold.

    Args:
      ids: (N,) unique str.
      labels: (N,) int, or (N, num_labels) in {1, 0, -1}.
      patients: (N,) str; empty strings where patients are not known.
      num_folds, fold: as for `of_records`.

    Returns:
      (N,) of "train", "val" or "test".

    Raises:
      ValueError: as `of_records`.
    """
    ids, patients = np.asarray(ids), np.asarray(patients)
    groups = np.where(patients == "", ids, patients)
    if len(set(groups)) <= num_folds:
        raise ValueError(
            f"--num_folds={num_folds} needs more than {num_folds} patients, or "
            f"images where patients are not known; there are "
            f"{len(set(groups))}."
        )
    table = pd.DataFrame({"id": ids, "patient": groups})
    options = splits.SplitOptions(num_folds=num_folds, fold=fold)
    split, _ = splits.complete(table, subsets.classes(labels), options)
    return split
