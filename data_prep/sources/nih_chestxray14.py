"""Chest x-rays with fourteen findings: NIH ChestX-ray14 (Wang et al. 2017).

`Data_Entry_2017_v2020.csv`, or `Data_Entry_2017.csv` as it came first; the
images, `<n>_<m>.png`, in one folder or in `images_001` to `images_012`; and
`train_val_list.txt` and `test_list.txt`, the official split, whose two parts
share no patients. Findings were read from reports by a program. An image
without any has "No Finding", which is all of the fourteen 0.
"""

import numpy as np
from absl import logging

from data_prep.sources.common import fields, members, published_counts, tables
from transfusion_tf.data import manifest as manifests
from transfusion_tf.stores import archives

CLASSES = (
    "Atelectasis",
    "Cardiomegaly",
    "Effusion",
    "Infiltration",
    "Mass",
    "Nodule",
    "Pneumonia",
    "Pneumothorax",
    "Consolidation",
    "Edema",
    "Emphysema",
    "Fibrosis",
    "Pleural_Thickening",
    "Hernia",
)
PUBLISHED = {"train": 86_524, "test": 25_596}
NONE = "No Finding"
_TABLES = ("Data_Entry_2017_v2020.csv", "Data_Entry_2017.csv")
_IMAGE, _FINDINGS, _PATIENT = "Image Index", "Finding Labels", "Patient ID"
_LISTS = {"train": "train_val_list.txt", "test": "test_list.txt"}


def manifest(*, input, name="nih_chestxray14", classes=None):
    """Returns the manifest of the directory or archive `input`.

    Args:
        input: path of a directory, .zip or .tar, read in place, with table,
            lists and images at any depth.
        name: of the data set.
        classes: the findings to be taken, in that order; None: all fourteen.

    Raises:
        FileNotFoundError: there is nothing at `input`.
        ValueError: the table is missing or has other columns or findings, or
            the lists do not go with it.
    """
    classes = fields.chosen_labels(classes or CLASSES, CLASSES)
    store = archives.open_files(input)
    found = members.names_in(store)
    rows = _rows(found, store, input)
    splits = _splits(rows, found, store, input)
    if splits is not None:
        rows["split"] = splits
    images = tables.by_key(found, _key, input)
    rows, bad = members.located(rows, images, input)
    if splits is not None:
        counts = published_counts.by_split(rows)
        published_counts.check("nih_chestxray14", counts, PUBLISHED)
    return manifests.Manifest(
        name,
        "multilabel",
        classes,
        rows.drop(columns=["key", *(set(CLASSES) - set(classes))]),
        store,
        source=members.source("nih_chestxray14", store),
        bad=bad,
    )


def _rows(found, store, place):
    """Returns key, patient and a column of 0 and 1 for each finding."""
    tables = [members.find(found, table, place) for table in _TABLES]
    table = next(filter(None, tables), None)
    if table is None:
        raise ValueError(
            f"{place} has no table {' or '.join(_TABLES)}. Give the folder or "
            "archive that has it and the images."
        )
    rows = members.read_table(store, table, (_IMAGE, _FINDINGS, _PATIENT))
    members.refuse(
        rows, rows[_IMAGE].duplicated(), table, "of images that stood before"
    )
    members.refuse(rows, rows[_PATIENT] == "", table, "without a patient")
    sets = [set(text.split("|")) for text in rows[_FINDINGS]]
    wrong = [not (found <= set(CLASSES) or found == {NONE}) for found in sets]
    members.refuse(
        rows,
        np.array(wrong),
        table,
        f"with other findings than {', '.join(CLASSES)}, and {NONE} alone",
    )
    columns = {c: [int(c in found) for found in sets] for c in CLASSES}
    return rows.rename(columns={_IMAGE: "key", _PATIENT: "patient"}).assign(
        **columns
    )[["key", "patient", *CLASSES]]


def _splits(rows, found, store, place):
    """Returns the official split of each row, or None without the lists."""
    lists = {
        split: members.find(found, file, place)
        for split, file in _LISTS.items()
    }
    if not any(lists.values()):
        logging.warning(
            "%s has neither %s: the official split is not known.",
            place,
            " nor ".join(_LISTS.values()),
        )
        return None
    split_of = {}
    for split, file in _LISTS.items():
        path = lists[split] or members.need(found, file, place)
        images = tables.data_of(path, store).decode(errors="replace").split()
        twice = split_of.keys() & set(images)
        if twice:
            raise ValueError(
                f"{len(twice):,} images are in both lists of {place}: "
                f"{manifests.examples(sorted(twice))}."
            )
        split_of |= dict.fromkeys(images, split)
    others = set(rows["key"]) ^ split_of.keys()
    if others:
        raise ValueError(
            f"{place}: {len(others):,} images are in the table or in the lists "
            f"of the official split only: {manifests.examples(sorted(others))}."
        )
    return rows["key"].map(split_of)


def _key(name):
    """Returns the file name of an image, None for other files."""
    return name.rpartition("/")[2] if fields.is_image_name(name) else None
