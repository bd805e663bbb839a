"""Near-duplicates kept in one split: a look at all images before splits."""

import dataclasses

import numpy as np
from absl import logging

from transfusion_tf.audit import audit, near_groups, prints
from transfusion_tf.data import official_splits


def grouped(manifest, workers, *, image_options, split_options):
    """Returns `manifest` with near-duplicates in one group each.

    Its table gets the column `near_group`, by which splits are drawn in place
    of patients; official splits that have images of one group are dropped as
    those that share patients are, with the same options. Every image is
    decoded once more for this; one that cannot be is left out of groups, and
    will be out of the records.

    Args:
        manifest: a Manifest whose table is as ids.assign returns it.
        workers: an Engine that holds its store.
        image_options: an ImageOptions.
        split_options: a SplitOptions.

    Raises:
        ValueError: too many images look alike for splits to be drawn.
    """
    table = manifest.table
    found = prints.of_images(table["image"].tolist(), image_options, workers)
    patients = table["patient" if "patient" in table else "id"].to_numpy()
    is_read = found["is_read"]
    # What is left for those that are not read is larger than any group.
    group = np.arange(len(table)) + len(table)
    group[is_read], searched = near_groups.groups(
        found["perceptual"][is_read],
        patients[is_read],
        distance=audit.DISTANCE,
    )
    if searched < audit.DISTANCE:
        logging.warning(
            "Too many images look alike: near-duplicates are grouped up to "
            "hash distance %d.",
            searched,
        )
    table, note = official_splits.resolve_groups(
        table.assign(near_group=group), split_options
    )
    source = dict(manifest.source)
    if note:
        source["official_splits"] = note
    return dataclasses.replace(manifest, table=table, source=source)
