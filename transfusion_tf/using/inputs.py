"""Which files are to be scored: those of a folder, an archive or a table."""

import dataclasses
import pathlib
import typing

from transfusion_tf.data import csv_text, member_names
from transfusion_tf.stores import archives

TABLE_SUFFIX = ".csv"
# What systems add to archives and folders unseen.
_UNSEEN = "__MACOSX"


@dataclasses.dataclass(frozen=True)
class Inputs:
    """Files by name, in the order of the rows of predictions.csv.

    Attributes:
        store: see `archives`; it reads a file by its name.
        files: names, sorted; relative to the folder, archive or table.
        left_out: {name: why it cannot be read}; the names are among `files`.
    """

    store: typing.Any
    files: tuple[str, ...]
    left_out: dict


def find(place, *, path_column=None, encoding=None):
    """Returns the Inputs at a place.

    Every file counts, whatever its name ends with, but what is hidden: DICOM
    files often have no suffix, and what is no image gets a row that says so.

    Args:
        place: a directory, a .zip or an uncompressed .tar; or a CSV file with
            a column of paths, which are relative to its directory.
        path_column: of a CSV file; None: "path".
        encoding: of names that are not UTF-8, or of the CSV file.

    Raises:
        FileNotFoundError: there is nothing.
        ValueError: no files, another kind of file, no such column.
    """
    place = pathlib.Path(place)
    if place.suffix.lower() == TABLE_SUFFIX and not place.is_dir():
        return _of_table(place, path_column or "path", encoding)
    if path_column is not None:
        raise ValueError(
            f"--path_column={path_column} goes with a CSV file as --input, and "
            f"{place} is none; leave it out."
        )
    store = archives.open_files(place, encoding)
    left_out = {n: why for n, why in store.left_out if not _is_hidden(n)}
    names = {name for name in store.names() if not _is_hidden(name)}
    if not names | left_out.keys():
        raise ValueError(
            f"{place} has no files. Give a folder, a .zip, a .tar or a CSV "
            "file of paths with images in it."
        )
    return Inputs(store, tuple(sorted(names | left_out.keys())), left_out)


def _of_table(place, column, encoding):
    """The Inputs that a CSV file names, each once."""
    table = csv_text.read(place, place, encoding=encoding)
    csv_text.check_columns(table, place, [column], "path_column")
    paths = list(table[column])
    if not all(paths):
        raise ValueError(
            f"{place} has {sum(not p for p in paths):,} rows without a path in "
            f"the column {column!r}. Fill or delete them."
        )
    names = sorted({member_names.normal(path) for path in paths})
    member_names.check_inside(names, place)
    return Inputs(archives.DirectoryStore(place.parent), tuple(names), {})


def _is_hidden(name):
    parts = name.split("/")
    return any(part.startswith(".") or part == _UNSEEN for part in parts)
