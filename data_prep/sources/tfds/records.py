"""Any data set that tensorflow_datasets has prepared on disk.

A version directory (with features.json), or one above it. One feature is an
Image, whose bytes are handed on as they are; one has the labels:
  ClassLabel                         one class for an image
  Sequence of ClassLabel             several labels: the classes listed; or,
                                     where the classes are positive,
                                     negative, uncertain and unmentioned, one
                                     of them for each label in turn
  Tensor or Sequence of 0, 1 and -1  several labels; -1 is missing
Splits are train, validation (or val, valid) and test; others are left out with
a warning, and so are those without any label, as the test split of
imagenet2012.
Labels are matched by the names that the data set has for them, never by the
number under which it keeps them.
"""

import pathlib

import numpy as np
from absl import logging

from data_prep.sources import chexpert
from data_prep.sources.common import fields, split_names
from data_prep.sources.tfds import features as tfds_features
from data_prep.sources.tfds import labels
from transfusion_tf import progress
from transfusion_tf.data import manifest as manifests
from transfusion_tf.stores import tfds

# What the code of tensorflow_datasets says of data sets of known name: the
# feature in which a pattern finds the patient, and names of the labels.
_KNOWN = {
    # chexpert.py: codes in the order of the columns of CheXpert's own table;
    # `name` is a path .../patient00001/study1/view1_frontal.jpg.
    "chexpert": {
        "patient": ("name", r"patient\d+"),
        "labels": chexpert.LABELS,
    },
    # diabetic_retinopathy_detection.py: `name` is 4_left.
    "diabetic_retinopathy_detection": {"patient": ("name", r"^\d+(?=_)")},
}


def manifest(
    *,
    input,
    data_dir=None,
    name=None,
    task=None,
    classes=None,
    label_column=None,
    patient_column=None,
    patient_pattern=None,
    uncertain=None,
    blank=None,
):
    """Returns the manifest of a data set of tensorflow_datasets.

    Reads all records once, for labels, patients and places.

    Args:
        input: its directory; with `data_dir` name[/configuration][:version].
        data_dir: directory of prepared data sets.
        name: of the data set; None: its own.
        task: None: "multiclass" for a ClassLabel, or for the three classes
            that `uncertain` makes of a label; else "multilabel".
        classes: names of classes in their order, see `fields.classes_of`; of
            labels, those to take, or names for all where they have none.
        label_column: feature of the labels; None: label, or labels.
        patient_column: feature that names the patient.
        patient_pattern: regular expression that finds the patient in its
            text; None: all of it.
        uncertain, blank: for codes, see `uncertain_labels.policy`; blank
            None: "missing".

    Raises:
        FileNotFoundError: there is no such data set.
        ValueError: it is damaged, or its features are not as described.
    """
    info = tfds_features.info(input, data_dir)
    column, pattern = _patient_feature(info, patient_column, patient_pattern)
    image_key = tfds_features.image_key(info.features)
    reader = tfds_features.label_reader(
        info.features, label_column, _KNOWN.get(info.name, {}).get("labels")
    )
    labels.check(reader, task, uncertain, blank)
    keys = image_key, reader.key, column
    table, values, store = _scanned(_known_splits(info), *keys)
    if pattern is not None:
        table["patient"] = fields.patients_in(table["patient"], pattern)
    found = labels.of_images(reader, values, task, classes, uncertain, blank)
    table, without = _labelled(table, found, info.name)
    are_chosen = reader.several and classes is not None
    kind = {"kind": "tfds", "name": info.name, "version": info.version}
    return manifests.Manifest(
        name or manifests.default_name(info.name),
        found.task,
        tuple(found.classes),
        table,
        store,
        source=kind | found.for_card,
        bad=fields.unlabelled(without, are_chosen=are_chosen),
    )


def _patient_feature(info, column, pattern):
    """The feature that names the patient, and the pattern to find it by."""
    if column is None and pattern is None:
        known = _KNOWN.get(info.name, {})
        column, pattern = known.get("patient", (None, None))
    if pattern and not column:
        raise ValueError(
            "--patient_pattern needs --patient_column with this source: the "
            "feature whose text it searches."
        )
    if column:
        tfds_features.check_is_there(info.features, column, "patient")
    return column, pattern


def _labelled(table, found, name):
    """Returns the rows with a label, and the images that should have one.

    Args:
        table: with the columns image and split.
        found: Labels of its rows.
        name: of the data set.

    Raises:
        ValueError: no image has a label.
    """
    if not found.are_there.any():
        raise ValueError(f"{name} has no image with a label.")
    in_use = _in_labelled_splits(table["split"], found.are_there, name)
    without = table["image"][in_use & ~found.are_there]
    table = table.assign(**found.columns)
    return table[found.are_there].reset_index(drop=True), without


def _in_labelled_splits(splits, labelled, name):
    """Returns bool (N,): some image of the row's split has a label."""
    in_use = labelled.copy()
    for split in splits.unique():
        of_split = (splits == split).to_numpy()
        if labelled[of_split].any():
            in_use |= of_split
        else:
            logging.warning(
                "No image of the split %r of %s has a label: its %d images "
                "are left out.",
                split,
                name,
                of_split.sum(),
            )
    return in_use


def _known_splits(info):
    """Returns {train, val, test: (files, number)} of those that there are."""
    found = {}
    for theirs, (paths, number) in info.splits.items():
        split = split_names.split_of(theirs)
        if split is None or split in found:
            logging.warning(
                "The split %r of %s (%d images) is left out.",
                theirs,
                info.name,
                number,
            )
        else:
            found[split] = (paths, number)
    if not found:
        raise ValueError(
            f"{info.name} has none of the splits train, validation and test; "
            f"it has {', '.join(info.splits) or 'none'}."
        )
    return found


def _scanned(splits, image_key, label_key, patient_key):
    """Reads all records.

    Returns a table with image, split and maybe patient; the values of the
    labels as lists of int; and the store.
    """
    import pandas as pd

    parts, values = [], []
    paths, file_of, offset_of = {}, {}, {}
    keys = [k for k in (image_key, label_key, patient_key) if k]
    total = sum(number for _, number in splits.values())
    with progress.bar("Reading labels", total, unit="images") as bar:
        for split, (files, number) in splits.items():
            places, patients = [], []
            for which, path in enumerate(files):
                for offset, features in tfds.scan(path, keys):
                    _check_has(features, keys, path)
                    _check_kinds(features, image_key, label_key, path)
                    places.append((which, offset))
                    values.append(features[label_key])
                    if patient_key:
                        patients.append(_text(features[patient_key]))
                    bar.update()
            if len(places) != number:
                raise ValueError(
                    f"The split {split!r} has {len(places):,} records and "
                    f"should have {number:,}. Prepare the data set again."
                )
            images = [f"{split}/{i}" for i in range(number)]
            part = pd.DataFrame({"image": images}).assign(split=split)
            parts.append(part.assign(patient=patients) if patients else part)
            places = np.array(places, np.int64).reshape(-1, 2)
            paths[split] = [str(pathlib.Path(path)) for path in files]
            file_of[split] = places[:, 0].astype(np.int32)
            offset_of[split] = places[:, 1]
    table = pd.concat(parts, ignore_index=True)
    store = tfds.TfdsStore(paths, file_of, offset_of, image_key)
    return table, values, store


def _check_has(features, keys, path):
    missing = [key for key in keys if key not in features]
    if missing:
        raise ValueError(
            f"{path} has a record without {manifests.examples(missing)}."
        )


def _check_kinds(features, image_key, label_key, path):
    for key, kind in ((image_key, bytes), (label_key, list)):
        if not isinstance(features[key], kind):
            raise ValueError(
                f"{path} has a record whose {key!r} is no "
                f"{'image' if kind is bytes else 'integer'}."
            )


def _text(value):
    """Returns a feature of text, or of one number, as text."""
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    return ",".join(map(str, value))
