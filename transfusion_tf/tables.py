"""Tidy CSV tables: one observation a row, a header, undefined values `n/a`."""

import pathlib

import pandas as pd

from transfusion_tf import files

UNDEFINED = "n/a"


def write(path, rows, *, columns):
    """Writes `rows` (dicts) as CSV, whole or not at all; returns the path.

    Args:
      path: the file; its directory must exist.
      rows: dicts with the keys `columns`; None and NaN become `n/a`.
      columns: names of the columns, in order.

    Raises:
      ValueError: a row with other keys.
    """
    for row in rows:
        if set(row) != set(columns):
            raise ValueError(
                f"A row of {path} must have the columns {sorted(columns)}. "
                f"Received: {sorted(row)}"
            )
    # As objects, so that an undefined count does not turn the others to floats.
    table = pd.DataFrame(rows, columns=list(columns), dtype=object)
    with files.atomic_write(path) as temporary:
        table.to_csv(
            temporary, index=False, na_rep=UNDEFINED, lineterminator="\n"
        )
    return path


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
