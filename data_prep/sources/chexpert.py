"""Chest x-rays with labels from reports: CheXpert (Irvin et al. 2019).

train.csv and valid.csv (arXiv:1901.07031), and for the test images, published
later, test_labels.csv: a column Path, in which
`.../patient00001/study1/view1_frontal.jpg` names image, patient and view, and
one column for each of fourteen labels: 1.0 positive, 0.0 negative, -1.0
uncertain, and empty where the report does not speak of it. Images are found by
patient, study and view, which are unique in the data set, so the archive
may be CheXpert-v1.0-small, CheXpert-v1.0 or its parts (`CheXpert-v1.0 batch 2
(train 1)`, ...) in one folder.
"""

import pathlib
import re

import pandas as pd

from data_prep.sources.common import (
    fields,
    members,
    published_counts,
    tables,
    uncertain_labels,
)
from transfusion_tf import names as known_names
from transfusion_tf.data import manifest as manifests
from transfusion_tf.stores import archives

# In the order of the columns of its tables.
LABELS = (
    "No Finding",
    "Enlarged Cardiomediastinum",
    "Cardiomegaly",
    "Lung Opacity",
    "Lung Lesion",
    "Edema",
    "Consolidation",
    "Pneumonia",
    "Atelectasis",
    "Pneumothorax",
    "Pleural Effusion",
    "Pleural Other",
    "Fracture",
    "Support Devices",
)
# Those that its authors, and Transfusion, evaluate.
FIVE = (
    "Atelectasis",
    "Cardiomegaly",
    "Consolidation",
    "Edema",
    "Pleural Effusion",
)
VIEWS = ("frontal", "lateral", "all")
# Images of each view.
PUBLISHED = {
    "train": {"frontal": 191_027, "lateral": 32_387},
    "val": {"frontal": 202, "lateral": 32},
    "test": {"frontal": 518, "lateral": 150},
}
_TABLES = {
    "train": ("train.csv",),
    "val": ("valid.csv",),
    "test": ("test_labels.csv",),
}
_PATH = "Path"
_PLACE = re.compile(
    r"(?:.*/)?(?P<key>(?P<patient>patient\d+)/study\d+/"
    r"view\d+_(?P<view>frontal|lateral)\.[^./]+)"
)
_STATES = {  # Indices into uncertain_labels.STATES.
    value: uncertain_labels.STATES.index(state)
    for value, state in {
        "1": "positive",
        "0": "negative",
        "-1": "uncertain",
        "": "unmentioned",
    }.items()
}


def manifest(
    *,
    input,
    labels=None,
    name="chexpert",
    classes=None,
    view="all",
    uncertain=None,
    blank="negative",
):
    """Returns the manifest of the directory or archive `input`.

    Args:
        input: path of a directory, .zip or .tar, read in place, with
            train.csv, valid.csv and their images at any depth.
        labels: path of the table of the test images, or of a directory of
            tables; None: they are in `input`. Without a table of test images
            there is no test split of theirs.
        name: of the data set.
        classes: labels to take, in order; ("all",) takes all fourteen; None:
            the five that its authors evaluate.
        view: which images to take, one of VIEWS.
        uncertain: what becomes of uncertain labels, see
            `uncertain_labels.policy`.
        blank: what becomes of labels without a value, see there.

    Raises:
        FileNotFoundError: there is nothing at `input` or `labels`.
        ValueError: a table or its images are not there, it has no such label,
            or a value that is not allowed.
    """
    known_names.check("view", view, VIEWS)
    policy = uncertain_labels.policy(_chosen(classes), uncertain, blank)
    store = archives.open_files(input)
    names = store.names()
    image_of = tables.by_key(filter(fields.is_image_name, names), _key, input)
    found = _tables(store, names, labels, input)
    rows, bad = _matched(found, tuple(policy.uncertain), view, image_of)
    tables.check_any(rows, found.values(), input)
    _check_counts(name, rows.pop("view"), rows["split"], view)
    columns, is_known = policy.columns(rows[list(policy.uncertain)].to_numpy())
    rows = rows[["image", "patient", "split"]].assign(**columns)
    fields.unlabelled(rows["image"][~is_known], are_chosen=True)
    source = members.source(
        "chexpert",
        store,
        view=view,
        **policy.for_card(),
        **tables.checksums(*found.values()),
    )
    return manifests.Manifest(
        name,
        policy.task,
        policy.classes,
        rows[is_known].reset_index(drop=True),
        store,
        source=source,
        bad=bad,
    )


def _chosen(classes):
    """Returns the labels to take."""
    if classes is None:
        return FIVE
    if list(classes) == ["all"]:
        return LABELS
    return fields.chosen_labels(classes, LABELS)


def _key(image):
    match = _PLACE.fullmatch(image)
    return match and match["key"]


def _tables(store, names, labels, place):
    """Returns {split: Table} of those that there are."""
    found = {
        split: tables.find(file_names, store, names, labels)
        for split, file_names in _TABLES.items()
    }
    if labels is not None and not pathlib.Path(labels).is_dir():
        found["test"] = tables.read(labels)
    for split in ("train", "val"):
        if not found[split]:
            raise ValueError(
                f"{place} has no table {_TABLES[split][0]}. Give the folder "
                "CheXpert-v1.0-small or CheXpert-v1.0, or its archive."
            )
    return {split: table for split, table in found.items() if table}


def _matched(found, labels, view, image_of):
    """Returns the rows of all Tables whose image is there, and the bad ones.

    Args:
        found: {split: Table}.
        labels: names of the columns to take.
        view: one of VIEWS.
        image_of: {key: image}.
    """
    parts, bad = [], ()
    for split, table in found.items():
        rows = _rows(table, labels, view)
        rows, absent = tables.matched(table, rows, image_of)
        parts.append(rows.assign(split=split))
        bad += absent
    return pd.concat(parts, ignore_index=True), bad


def _rows(table, labels, view):
    """Returns key, patient, view and the state of each label, of one view."""
    rows = tables.columns(table, _PATH, *labels)
    places = rows[_PATH].str.extract(_PLACE)
    wrong = rows[_PATH][places["key"].isna()]
    if len(wrong):
        raise ValueError(
            f"{table.name} has paths that are not .../patient00001/study1/"
            f"view1_frontal.jpg: {manifests.examples(wrong)}."
        )
    for label in labels:
        rows[label] = rows[label].str.removesuffix(".0")
        tables.check_values(table, rows, _PATH, label, tuple(_STATES))
        rows[label] = rows[label].map(_STATES)
    rows = pd.concat([places, rows[list(labels)]], axis=1)
    return rows if view == "all" else rows[rows["view"] == view]


def _check_counts(name, views, splits, view):
    found = views.groupby([splits, views]).size()
    chosen = VIEWS[:2] if view == "all" else (view,)
    published_counts.check(
        name,
        {split: found[split].to_dict() for split in splits.unique()},
        {
            split: {one: numbers[one] for one in chosen}
            for split, numbers in PUBLISHED.items()
        },
    )
