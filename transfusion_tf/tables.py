"""Tidy CSV tables: one observation a row, a header, undefined values `n/a`."""

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
    for row in rows:
        if set(row) != set(columns):
            raise ValueError(
                f"A row must have the columns {sorted(columns)}. "
                f"Received: {sorted(row)}"
            )
    table = pd.DataFrame(rows, columns=list(columns), dtype=object)
    for name in table:
        kind = pd.api.types.infer_dtype(table[name], skipna=False)
        if kind in ("integer", "floating", "boolean"):
            table[name] = table[name].infer_objects()
        elif pd.api.types.infer_dtype(table[name]) in ("floating", "empty"):
            table[name] = table[name].astype(float)
    return table


def write(path, rows, *, columns=None):
    """Writes a table as CSV, whole or not at all; returns the path.

    Args:
      path: the file; its directory must exist.
      rows: DataFrame, as of `frame`, or dicts with the keys `columns`; None and
        NaN become `n/a`.
      columns: names of the columns of dicts, in order.

    Raises:
      ValueError: a row with other keys.
    """
    table = rows if columns is None else frame(rows, columns=columns)
    with files.atomic_write(path) as temporary:
        table.to_csv(
            temporary, index=False, na_rep=UNDEFINED, lineterminator="\n"
        )
    return path


def write_all(output_dir, named):
    """Writes {stem: DataFrame} to <output_dir>/<stem>.csv; returns the paths.

    The directory is made if need be.
    """
    folder = pathlib.Path(output_dir)
    folder.mkdir(parents=True, exist_ok=True)
    return [
        write(folder / f"{stem}.csv", table) for stem, table in named.items()
    ]


def read(path):
    """Returns the table as a DataFrame, `n/a` as NaN and no text as ""."""
    return pd.read_csv(
        path,
        keep_default_na=False,
        na_values=[UNDEFINED],
        float_precision="round_trip",
    )


def run_names(paths):
    """Names for the column `run`: the directories', made to differ.

    Directories of one name are told apart by the whole path as it was given,
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
