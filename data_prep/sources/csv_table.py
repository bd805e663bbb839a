"""A CSV file that names images and gives their labels.

Columns, by default: path (relative to the directory or archive of the
images); label, or for --task=multilabel one column for each label; and, if
there, split and patient. Further columns are carried along only where they
are named.

An image without a label (empty, NA, nan, ...), and one that is not there, is
among the manifest's bad ones; rows that say the same of one image are merged,
rows that differ are refused.
"""

import numpy as np
from absl import logging

from data_prep.sources.common import (
    fields,
    members,
    spellings,
    split_names,
    table_options,
)
from transfusion_tf import files
from transfusion_tf.data import csv_text
from transfusion_tf.data import manifest as manifests
from transfusion_tf.stores import archives


@table_options.taken_by
def manifest(options):
    """Returns the manifest of the images in `input` that `labels` names.

    Args:
        options: TableOptions, whose fields are the keyword arguments.

    Raises:
        FileNotFoundError: there is nothing at `input` or `labels`.
        ValueError: a column, an image or a label is missing or not allowed.
    """
    store = archives.open_files(options.input, options.encoding)
    rows, classes = _read(options, store.names())
    numbers = _row_numbers(rows)
    rows = _merged(rows, options.labels)
    rows, bad = _usable(rows, classes, store, options)
    if not options.is_multilabel:
        classes = fields.classes_of(rows["label"], options.task, classes)
    spellings.warn_variants(classes, "classes")
    digest = files.file_sha256(options.labels)
    return manifests.Manifest(
        options.name or fields.default_name(options.input),
        options.task,
        tuple(classes),
        rows,
        store,
        extra_columns=tuple(options.extra_columns),
        source=members.source("csv", store, labels_sha256=digest),
        bad=bad,
        rows=numbers,
    )


def _read(options, names):
    """Returns the columns of a manifest, a row for each of the file's.

    Args:
        options: TableOptions.
        names: of the files in `input`.

    Returns:
        pandas.DataFrame; classes as given, or the columns that are labels.
    """
    place, extra = options.labels, options.extra_columns
    table = csv_text.read(place, place, encoding=options.encoding)
    roles = _roles(table, options)
    _check_columns(table, place, roles, extra)
    classes = options.classes
    if options.is_multilabel:
        classes = _label_columns(table, place, roles, classes, extra)
    rows = _rows(table, roles, classes, extra, options.task)
    rows["image"] = fields.from_the_top(rows["image"], names)
    if options.patient_pattern is not None:
        rows["patient"] = _patients(
            rows, options.patient_column, options.patient_pattern
        )
    if "patient" in rows:
        spellings.warn_variants(rows["patient"], "patients")
    return rows, classes


def _row_numbers(rows):
    """Returns the number of the first row of each image, as a Series."""
    numbers = rows["image"].reset_index().set_index("image")["row"]
    return numbers[~numbers.index.duplicated()]


def _roles(table, options):
    """Returns {role: column}; roles are path, label, patient and split."""
    if options.is_multilabel and options.label_column:
        raise ValueError(
            "--label_column does not go with --task=multilabel, where each "
            "label has a column: --classes names them."
        )
    needed = {"path"} if options.is_multilabel else {"path", "label"}
    roles = {}
    for role, column in options.given_columns.items():
        if column is None and role not in needed and role not in table:
            continue
        if role == "label" and options.is_multilabel:
            continue
        roles[role] = column or role
        if roles[role] not in table:
            several = (
                " Several labels for an image need --task=multilabel."
                if role == "label" and column is None
                else ""
            )
            raise ValueError(
                f"{options.labels} has no column {roles[role]!r}, as "
                f"--{role}_column has it; it has "
                f"{csv_text.listed_columns(table)}.{several}"
            )
    return roles


def _check_columns(table, name, roles, extra_columns):
    csv_text.check_columns(table, name, extra_columns, "extra_columns")
    private = {roles["path"], roles.get("patient")} & set(extra_columns)
    if private:
        raise ValueError(
            f"--extra_columns cannot have {manifests.examples(private)}: "
            "no path and no patient's name goes into the records."
        )


def _label_columns(table, name, roles, classes, extra_columns):
    """Returns the columns that are labels."""
    if classes is None:
        known = {*manifests.RESERVED, *extra_columns, *roles.values()}
        return tuple(c for c in table if c not in known - {"label"})
    csv_text.check_columns(table, name, classes, "classes")
    twice = set(classes) & {*roles.values(), *extra_columns}
    if twice:
        raise ValueError(
            f"--classes has {manifests.examples(sorted(twice))}, which other "
            "flags or names say to be no label."
        )
    return tuple(classes)


def _rows(table, roles, classes, extra_columns, task):
    """Returns the columns of a manifest from those of the file."""
    import pandas as pd

    images = fields.inside(table[roles["path"]])
    rows = pd.DataFrame({"image": images}, index=table.index)
    if task == "multilabel":
        for column in classes:
            rows[column] = _values(table, roles["path"], column)
    else:
        rows["label"] = spellings.normalized(
            table[roles["label"]], f"Column {roles['label']!r}", classes or ()
        )
    if "split" in roles:
        splits = table[roles["split"]].map(split_names.split_of)
        wrong = splits.isna()
        _refuse(table, roles["path"], roles["split"], wrong, "train, val, test")
        rows["split"] = splits
    if "patient" in roles:
        rows["patient"] = spellings.normalized(
            table[roles["patient"]], f"Column {roles['patient']!r}"
        )
    for column in extra_columns:
        rows[column] = table[column]
    return rows


def _values(table, path_column, column):
    """Returns a label's values as int8: 1, 0, and -1 for missing."""
    import pandas as pd

    text = spellings.normalized(table[column], f"Column {column!r}")
    # R and pandas write TRUE and True.
    text = text.str.lower().replace({"": "-1", "true": "1", "false": "0"})
    values = pd.to_numeric(text, errors="coerce")
    wrong = ~values.isin(manifests.MULTILABEL_VALUES)
    allowed = "1, 0, and -1 or empty (missing)"
    _refuse(table, path_column, column, wrong, allowed)
    return values.astype(np.int8)


def _patients(rows, patient_column, pattern):
    """Returns the patients that `pattern` finds."""
    if patient_column:
        return fields.patients_in(rows["patient"], pattern)
    if "patient" in rows:
        raise ValueError(
            "--patient_pattern does not go with a table that has a column "
            "patient. --patient_column=patient has it search that column."
        )
    return fields.patients(rows["image"], pattern)


def _merged(rows, name):
    """Returns `rows` with one row for each image."""
    merged = rows.drop_duplicates(ignore_index=True)
    if len(merged) < len(rows):
        logging.warning(
            "%s: %d rows say once more what others say, and are left out.",
            name,
            len(rows) - len(merged),
        )
    twice = merged[merged["image"].duplicated(keep=False)]
    if twice.empty:
        return merged
    several = twice.groupby("image").nunique().max() > 1
    column = several.index[several][0]
    shown = [
        f"{image}: {', '.join(map(str, values.unique()))}"
        for image, values in twice.groupby("image", sort=False)[column]
    ]
    raise ValueError(
        f"{name} has {len(shown):,} images in several rows that differ in "
        f"{column!r}: {manifests.examples(shown)}. Leave one row for each."
    )


def _usable(rows, classes, store, options):
    """Returns the rows that can be used, and pairs (image, why not)."""
    if options.is_multilabel:
        has_label = (rows[list(classes)] != -1).any(axis=1)
    else:
        has_label = rows["label"] != ""
    is_there = rows["image"].isin(store.names())
    reasons = dict(store.left_out)
    if not is_there.any():
        raise ValueError(
            f"{len(rows):,} of {len(rows):,} images are not in "
            f"{options.input}: {manifests.examples(rows['image'])}. Paths are "
            "relative to it."
        )
    without = rows.loc[is_there & ~has_label, "image"]
    if len(without) == is_there.sum():
        raise ValueError(
            f"None of the {len(without):,} images has a label: "
            f"{manifests.examples(without)}."
        )
    absent = [
        (image, reasons.get(image, archives.ABSENT))
        for image in rows.loc[~is_there, "image"]
    ]
    are_chosen = options.is_multilabel and options.classes is not None
    bad = (*absent, *fields.unlabelled(without, are_chosen=are_chosen))
    return rows[is_there & has_label].reset_index(drop=True), bad


def _refuse(table, path_column, column, wrong, allowed):
    """Raises ValueError if rows are `wrong`; it shows a column's values."""
    if wrong.any():
        pairs = table.loc[wrong, [path_column, column]].to_numpy()
        shown = [f"{image}: {value}" for image, value in pairs]
        raise ValueError(
            f"Column {column!r} has values that are not allowed in "
            f"{wrong.sum():,} rows: {manifests.examples(shown)}. Allowed: "
            f"{allowed}."
        )
