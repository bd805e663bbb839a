"""Tidy CSV tables: one observation a row, a header, undefined values `n/a`."""

import csv
import pathlib

import pandas as pd

from transfusion_tf import files

UNDEFINED = "n/a"


def frame(rows, *, columns):
    """Returns rows as a DataFrame in which undefined numbers are NaN.

    Integers stay as they are: a column in which another value is undefined or a
    float is one of objects, since as floats they would be written `3.0`.

    Args:
      rows: dicts with the keys `columns`.
      columns: names of the columns, in order.

    Raises:
      ValueError: a row with other keys.
    """
    table = _of_objects(rows, columns)
    for name in table:
        kind = pd.api.types.infer_dtype(table[name], skipna=False)
        if kind in ("integer", "floating", "boolean"):
            table[name] = table[name].infer_objects()
        elif pd.api.types.infer_dtype(table[name]) in ("floating", "empty"):
            table[name] = table[name].astype(float)
    return table


def write(path, rows, *, columns=None, line_end="\n"):
    """Writes a table as CSV, whole or not at all; returns the path.

    Args:
      path: the file; its directory must exist.
      rows: DataFrame, as of `frame`, or dicts with the keys `columns`; None and
        NaN become `n/a`.
      columns: names of the columns of dicts, in order.
      line_end: "\\n", or "\\r\\n" for files that have always had that.

    Raises:
      ValueError: a row with other keys.
      OSError: the file cannot be written.
    """
    table = rows if columns is None else _of_objects(rows, columns)
    text = table.to_csv(index=False, na_rep=UNDEFINED, lineterminator=line_end)
    files.write_bytes(path, text.encode())
    return path


def _of_objects(rows, columns):
    """The DataFrame of rows, each value as it is."""
    for row in rows:
        if set(row) != set(columns):
            raise ValueError(
                f"A row must have the columns {sorted(columns)}. "
                f"Received: {sorted(row)}"
            )
    return pd.DataFrame(rows, columns=list(columns), dtype=object)


def write_all(output_dir, named):
    """Writes {stem: DataFrame} to <output_dir>/<stem>.csv; returns the paths.

    The directory is made if need be.
    """
    folder = pathlib.Path(output_dir)
    folder.mkdir(parents=True, exist_ok=True)
    return [
        write(folder / f"{stem}.csv", table) for stem, table in named.items()
    ]


def write_rows(output_dir, named):
    """Writes {stem: (dicts, columns)} as `write` and `write_all` do.

    The directory is made if need be. Returns the paths.
    """
    folder = pathlib.Path(output_dir)
    folder.mkdir(parents=True, exist_ok=True)
    return [
        write(folder / f"{stem}.csv", rows, columns=columns)
        for stem, (rows, columns) in named.items()
    ]


def read(path):
    """Returns the table as a DataFrame, `n/a` as NaN and no text as ""."""
    return pd.read_csv(
        path,
        keep_default_na=False,
        na_values=[UNDEFINED],
        float_precision="round_trip",
    )


def read_text(path):
    """Returns the table as a DataFrame of text, nothing taken for undefined.

    Raises:
      ValueError: it is no table, or a row has other fields than the first.
    """
    with open(path, newline="", encoding="utf-8") as stream:
        try:
            header, *rows = csv.reader(stream, strict=True) or [[]]
        except csv.Error as error:
            raise ValueError(str(error)) from None
    for number, row in enumerate(rows, start=2):
        if len(row) != len(header):
            raise ValueError(
                f"row {number} has {len(row)} fields, the first has "
                f"{len(header)}"
            )
    return pd.DataFrame(rows, columns=header, dtype=str)


def run_names(paths):
    """Names for the column `run`: the directories', made to differ.

    Directories of one name are distinguished by the whole path as it was given,
    and a path that was given twice by `#2`, `#3`.

    Raises:
      ValueError: there are no paths.
    """
    if not paths:
        raise ValueError("Give at least one run directory. Received: none")
    names = [pathlib.Path(path).resolve().name for path in paths]
    names = [
        name if names.count(name) == 1 else str(path)
        for name, path in zip(names, paths, strict=True)
    ]
    return [
        name
        if not (earlier := names[:index].count(name))
        else f"{name}#{earlier + 1}"
        for index, name in enumerate(names)
    ]
