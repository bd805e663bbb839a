"""A CSV file that names images and gives their labels.

Columns: path (relative to the directory or archive of the images); label, or
for --task=multilabel one column for each label; and, if there, split and
patient. Further columns are carried along only where they are named.
"""

import pathlib

import numpy as np

from data_prep.sources import fields
from transfusion_tf import files
from transfusion_tf.data import manifest as manifests
from transfusion_tf.data import stores


def manifest(
    *,
    input,
    labels,
    name=None,
    task="multiclass",
    patient_pattern=None,
    extra_columns=(),
):
    """Returns the manifest of the images in `input` that `labels` names.

    Args:
        input: path of a directory, .zip or .tar; archives are read in place.
        labels: path of the CSV file.
        name: of the data set; None: that of the directory or archive.
        task: "multiclass"; "ordinal", label is one of 0, 1, ... k; or
            "multilabel", values are 1, 0 and -1 or empty (missing), and every
            column that has no other meaning is a label.
        patient_pattern: regular expression that finds the patient in a file's
            name, see `fields.patients`; in place of a column patient.
        extra_columns: names of further columns that the records shall carry.

    Raises:
        FileNotFoundError: there is nothing at `input` or `labels`.
        ValueError: a column, an image or a label is missing or not allowed.
    """
    rows = _read(pathlib.Path(labels), extra_columns)
    store = stores.open_files(input)
    rows["image"] = [_plain(path) for path in rows.pop("path")]
    _check_images(rows["image"], store, input)
    if patient_pattern:
        if "patient" in rows:
            raise ValueError(
                f"--patient_pattern does not go with {labels}, "
                "which has a column patient."
            )
        rows["patient"] = fields.patients(
            rows["image"].tolist(), patient_pattern
        )
    if "split" in rows:
        rows["split"] = _splits(rows)
    if task == "multilabel":
        known = {*manifests.RESERVED, *extra_columns} - {"label"}
        classes = tuple(c for c in rows.columns if c not in known)
        for column in classes:
            rows[column] = _values(rows, column)
    else:
        classes = _classes(rows, task, labels)
    source = {"kind": "csv", "labels_sha256": files.file_sha256(labels)}
    if checksum := store.checksum():
        source["sha256"] = checksum
    return manifests.Manifest(
        name or fields.default_name(input),
        task,
        classes,
        rows,
        store,
        extra_columns=tuple(extra_columns),
        source=source,
    )


def _read(path, extra_columns):
    """Returns the table in `path`, all of it text."""
    if not path.is_file():
        raise FileNotFoundError(f"There is no file {path}.")
    rows = fields.read_table(path, path)
    missing = [c for c in ("path", *extra_columns) if c not in rows]
    if missing:
        raise ValueError(
            f"{path} has no column {manifests.examples(missing)}; it has "
            f"{', '.join(rows.columns)}."
        )
    return rows


def _plain(path):
    """Returns a relative path as stores write it."""
    return pathlib.PurePosixPath(path.replace("\\", "/")).as_posix()


def _check_images(images, store, place):
    known = set(store.names())
    missing = [image for image in images if image not in known]
    if missing:
        raise ValueError(
            f"{len(missing):,} of {len(images):,} images are not in {place}: "
            f"{manifests.examples(missing)}. Paths are relative to it."
        )


def _splits(rows):
    splits = rows["split"].map(fields.split_of)
    _refuse(rows, "split", splits.isna(), "train, val, test")
    return splits


def _values(rows, column):
    """Returns a label's values as int64: 1, 0, and -1 for missing."""
    import pandas as pd

    values = pd.to_numeric(rows[column].replace("", "-1"), errors="coerce")
    wrong = ~values.isin(manifests.MULTILABEL_VALUES)
    _refuse(rows, column, wrong, "1, 0, and -1 or empty (missing)")
    return values.astype(np.int64)


def _classes(rows, task, path):
    if "label" not in rows:
        raise ValueError(
            f"{path} has no column 'label'; it has {', '.join(rows.columns)}. "
            "Several labels for an image need --task=multilabel."
        )
    _refuse(rows, "label", rows["label"] == "", "any text, but not empty")
    return fields.classes_of(rows["label"], task)


def _refuse(rows, column, wrong, allowed):
    """Raises ValueError if rows are `wrong`; a column's values are told."""
    if wrong.any():
        pairs = rows.loc[wrong, ["image", column]].itertuples(index=False)
        shown = [f"{image}: {value}" for image, value in pairs]
        raise ValueError(
            f"Column {column!r} has values that are not allowed in "
            f"{wrong.sum():,} rows: {manifests.examples(shown)}. Allowed: "
            f"{allowed}."
        )
