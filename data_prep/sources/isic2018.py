"""Dermatoscopic images of seven diagnoses: ISIC 2018, task 3 (HAM10000).

For each of Training, Validation and Test a folder of images,
`ISIC2018_Task3_<part>_Input/ISIC_<n>.jpg`, and a table with one column for
each diagnosis, `ISIC2018_Task3_<part>_GroundTruth.csv`. Only the first is
needed. (Codella et al. 2019, arXiv:1902.03368; Tschandl et al. 2018.)

Images of one lesion belong together. For training
`ISIC2018_Task3_Training_LesionGroupings.csv`, a file of its own, gives the
lesion, which stands for the patient here: who has two lesions counts twice.
For validation and test nothing was published, so each image counts as a
lesion of its own.
"""

import re

import numpy as np
from absl import logging

from data_prep.sources.common import folds as published_folds
from data_prep.sources.common import members, published_counts
from transfusion_tf.data import manifest as manifests
from transfusion_tf.stores import archives

CLASSES = ("MEL", "NV", "BCC", "AKIEC", "BKL", "DF", "VASC")
GROUPINGS = "ISIC2018_Task3_Training_LesionGroupings.csv"
NO_PATIENTS = f"there is no {GROUPINGS}, which tells images of one lesion"
PUBLISHED = {  # Juodelyte et al. 2023 give those of the classes.
    "train": {
        "NV": 6_705,
        "MEL": 1_113,
        "BKL": 1_099,
        "BCC": 514,
        "AKIEC": 327,
        "VASC": 142,
        "DF": 115,
    },
    "val": 193,
    "test": 1_512,
}
_PARTS = {"train": "Training", "val": "Validation", "test": "Test"}
_IMAGE = re.compile(
    r"(?:.*/)?ISIC2018_Task3_(?P<part>Training|Validation|Test)_Input/"
    r"(?P<key>ISIC_\d+)\.jpg"
)
_FOLDS = published_folds.PublishedFolds("isic", r"/(?P<key>ISIC_\d+)\.jpg$")


def manifest(*, input, name="isic2018", folds=None, fold=None):
    """Returns the manifest of the directory or archive `input`.

    Args:
        input: path of a directory, .zip or .tar, read in place, with the
            folders and tables, at any depth.
        name: of the data set.
        folds: directory of published folds of the training images, see
            folds.py; the other images are left out.
        fold: number of the fold; goes with `folds`.

    Raises:
        FileNotFoundError: there is nothing at `input`, or no such fold.
        ValueError: a table is missing or not as this module describes.
    """
    import pandas as pd

    published_folds.check_given(folds, fold)
    store = archives.open_files(input)
    found = members.names_in(store)
    tables = _tables(found, input)
    if folds:
        tables = {"train": tables["train"]}
    parts = [_part(s, t, found, store, input) for s, t in tables.items()]
    table = pd.concat([rows for rows, _ in parts], ignore_index=True)
    bad = tuple(pair for _, pairs in parts for pair in pairs)
    _check_counts(table, tables)
    source = members.source("isic2018", store)
    groupings = members.find(found, GROUPINGS, input)
    if groupings:
        table["patient"] = _lesions(table, groupings, store)
    else:
        source["no_patients"] = NO_PATIENTS
        logging.warning(
            "%s has no %s: images of one lesion are not known.",
            input,
            GROUPINGS,
        )
    manifest = manifests.Manifest(
        name, "multiclass", CLASSES, table, store, source=source, bad=bad
    )
    return published_folds.applied(manifest, _FOLDS, input, folds, fold)


def _tables(found, place):
    """Returns {split: its table} of the parts that are there."""
    tables = {}
    for split, part in _PARTS.items():
        file = f"ISIC2018_Task3_{part}_GroundTruth.csv"
        look = members.need if split == "train" else members.find
        table = look(found, file, place)
        if table:
            tables[split] = table
        elif any(
            (m := _IMAGE.fullmatch(n)) and m["part"] == part for n in found
        ):
            logging.warning(
                "%s has images of %s but no %s, and they are left out.",
                place,
                part,
                file,
            )
    return tables


def _part(split, table, found, store, place):
    """Returns the rows of one table, and its images that cannot be used."""
    rows = members.read_table(store, table, ("image", *CLASSES))
    rows = rows.rename(columns={"image": "key"})
    members.refuse(
        rows[["key"]], rows["key"].duplicated(), table, "that stood before"
    )
    ones = rows[list(CLASSES)].isin(("1", "1.0"))
    zeros = rows[list(CLASSES)].isin(("0", "0.0"))
    wrong = (ones.sum(axis=1) != 1) | ~(ones | zeros).all(axis=1)
    members.refuse(
        rows, wrong, table, "that are not 1 for one diagnosis and 0 for others"
    )
    labels = np.array(CLASSES)[ones.to_numpy().argmax(axis=1)]
    images = _images(found, _PARTS[split])
    rows = rows[["key"]].assign(label=labels, split=split)
    return members.located(rows, images, place)


def _images(found, part):
    """Returns {name without .jpg: path} of the images of one part."""
    matches = filter(None, map(_IMAGE.fullmatch, found))
    return {m["key"]: m[0] for m in matches if m["part"] == part}


def _check_counts(table, tables):
    found = published_counts.by_class(table) | {
        split: int((table["split"] == split).sum()) for split in ("val", "test")
    }
    expected = {split: PUBLISHED[split] for split in tables}
    published_counts.check("isic2018", found, expected)


def _lesions(table, groupings, store):
    """Returns the lesion of training images; of others, their own names."""
    rows = members.read_table(store, groupings, ("image", "lesion_id"))
    lesions = dict(zip(rows["image"], rows["lesion_id"], strict=True))
    is_train = table["split"] == "train"
    without = [k for k in table.loc[is_train, "key"] if not lesions.get(k)]
    if without:
        raise ValueError(
            f"{groupings} has no lesion for {len(without):,} training images: "
            f"{manifests.examples(without)}."
        )
    return [
        lesions[key] if train else key
        for key, train in zip(table["key"], is_train, strict=True)
    ]
