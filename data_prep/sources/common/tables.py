"""Tables of labels that come with a data set, or are given beside it.

They are found by their published names, at any depth of the data set or in
--labels, and their rows are matched to images by a key such as `10_left`.
"""

import hashlib
import io
import pathlib
import typing

from absl import logging

from data_prep.sources.common import fields
from transfusion_tf.data import csv_text
from transfusion_tf.data import manifest as manifests
from transfusion_tf.stores import archives


class Table(typing.NamedTuple):
    """A table: how messages call it, its rows (all text), its checksum."""

    name: str
    rows: typing.Any
    sha256: str


def find(file_names, store, names, labels=None, separator=None):
    """Returns the Table that is called one of `file_names`, or None.

    Args:
        file_names: the published names.
        store: of the data set.
        names: what `store.names()` gave.
        labels: path of a directory that is searched before; a file is not.
        separator: between the values of a row; None: as the header has it.

    Raises:
        ValueError: different tables have the name, or it is no table.
    """
    if labels is not None and pathlib.Path(labels).is_dir():
        beside = archives.open_files(labels)
        table = _find(file_names, beside, beside.names(), separator)
        if table:
            return table
    return _find(file_names, store, names, separator)


def _find(file_names, store, names, separator):
    found = [
        name
        for name in names
        if name.rpartition("/")[2] in file_names and not fields.is_hidden(name)
    ]
    if not found:
        return None
    data = {name: data_of(name, store) for name in found}
    first, *others = sorted(found, key=lambda name: (len(name), name))
    for other in others:
        if data[other] != data[first]:
            raise ValueError(
                f"There are different tables {first!r} and {other!r}. Leave "
                "one of them, or give it with --labels."
            )
    return parse(first, data[first], separator)


def data_of(name, store):
    """Returns the bytes of a file; ValueError, not ReadError, if damaged."""
    try:
        return store.read(name)
    except archives.ReadError as error:
        raise ValueError(f"{name} cannot be read: {error}.") from None


def parse(name, data, separator=None):
    """Returns the Table in the bytes of a file; ValueError if it is none."""
    rows = csv_text.read(io.BytesIO(data), name, separator)
    rows = rows.reset_index(drop=True)
    return Table(name, rows, hashlib.sha256(data).hexdigest())


def read(path):
    """Returns the Table in the file `path`, the value of --labels."""
    path = pathlib.Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"There is no file {path}, as --labels has it.")
    return parse(str(path), path.read_bytes())


def only(file_names, store, names, place, labels=None):
    """Returns the Table that a data set cannot do without.

    `labels` is a file of any name, or as `find` takes it. Raises ValueError if
    there is no such table.
    """
    if labels is not None and not pathlib.Path(labels).is_dir():
        return read(labels)
    table = find(file_names, store, names, labels)
    if table is None:
        raise ValueError(
            f"{labels or place} has no table {' or '.join(file_names)}. Give "
            "it with --labels=CSV."
        )
    return table


def columns(table, *needed):
    """Returns the columns `needed` of a Table, without its empty rows.

    Raises ValueError, which names the columns that there are, if one is not.
    """
    csv_text.check_columns(table.rows, table.name, needed)
    rows = table.rows[list(needed)]
    return rows[(rows != "").any(axis=1)].reset_index(drop=True)


def check_values(table, rows, key, column, allowed):
    """Raises ValueError for a value of `column` that is not `allowed`.

    Args:
        table: the Table, for its name.
        rows: of it.
        key: column by which messages call a row.
        column: column to check.
        allowed: texts.
    """
    wrong = rows[~rows[column].isin(allowed)]
    if len(wrong):
        shown = [": ".join(row) for row in wrong[[key, column]].to_numpy()]
        raise ValueError(
            f"{table.name}: column {column!r} has values that are not allowed "
            f"in {len(wrong):,} rows: {manifests.examples(shown)}. Allowed: "
            f"{', '.join(value or 'nothing' for value in allowed)}."
        )


def by_key(images, key_of, place):
    """Returns {key: image} of those `images` for which `key_of` has a key.

    Raises ValueError for two images of one key.
    """
    found = {}
    for image in images:
        key = key_of(image)
        if key is None:
            continue
        other = found.setdefault(key, image)
        if other != image:
            raise ValueError(
                f"{place} has two images {key}: {other!r} and {image!r}. Give "
                "a folder that has only one as --input."
            )
    return found


def matched(table, rows, image_of):
    """Returns the rows whose image is there, and the others as bad images.

    Args:
        table: the Table, for its name.
        rows: of it, with a column `key`.
        image_of: {key: image}.

    Returns:
        `rows` with the column `image` in place of `key`, and a tuple of pairs
        (key, reason).

    Raises:
        ValueError: a key stands in several rows.
    """
    twice = rows.loc[rows["key"].duplicated(), "key"]
    if len(twice):
        raise ValueError(
            f"{table.name} has images in more than one row: "
            f"{manifests.examples(twice.unique())}."
        )
    images = rows["key"].map(image_of)
    absent = rows.loc[images.isna(), "key"]
    rows = rows.drop(columns="key").assign(image=images)[images.notna()]
    bad = tuple((name, archives.ABSENT) for name in absent)
    return rows.reset_index(drop=True), bad


def check_any(rows, tables, place):
    """Raises ValueError unless there are `rows`: images of the `tables`."""
    if rows.empty:
        named = " and ".join(table.name for table in tables)
        raise ValueError(f"None of the images of {named} is in {place}.")


def warn_unnamed(image_of, rows):
    """Warns of images that no row names, which are left out."""
    number = len(image_of) - len(rows)
    if number:
        logging.warning(
            "%d images stand in no table of labels, and are left out.", number
        )


def checksums(*tables):
    """Returns {"labels_sha256": ...} of the Tables for the data card."""
    digests = [table.sha256 for table in tables]
    if len(digests) > 1:
        digests = [hashlib.sha256("".join(digests).encode()).hexdigest()]
    return {"labels_sha256": digests[0]}
