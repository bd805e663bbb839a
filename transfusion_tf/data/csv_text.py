"""CSV files as spreadsheets, R and pandas write them, as tables of text."""

import codecs
import collections
import io
import pathlib
import re
import unicodedata

from transfusion_tf.data import manifest as manifests

# utf-8-sig: spreadsheets begin UTF-8 with a byte order mark.
_MARKS = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_SEPARATORS = ",;\t"


def check_columns(table, name, needed, flag=None):
    """Raises ValueError, which lists the columns, unless all `needed` exist.

    Args:
        table: pandas.DataFrame of `read`.
        name: what messages call it.
        needed: names of columns.
        flag: name of the flag that asks for them; None: the format does.
    """
    missing = [column for column in needed if column not in table]
    if missing:
        wanted = f", as --{flag} has it" if flag else ""
        raise ValueError(
            f"{name} has no column {manifests.examples(missing)}{wanted}; it "
            f"has {listed_columns(table)}."
        )


def listed_columns(table):
    """Returns the names of the columns of `table` as text for messages."""
    return ", ".join(filter(None, table.columns))


def read(file, name, separator=None, encoding=None):
    """Returns a CSV file as a pandas.DataFrame, all of it text.

    Names of columns and values have lost the spaces around them and are in
    composed Unicode. Columns without a name, such as the numbers of rows that
    R and pandas write, and rows without a value are left out; rows that end
    early are filled with "". The index has the numbers of rows as spreadsheets
    count them: the header is mostly row 1.

    Args:
        file: path or binary file.
        name: what messages call it.
        separator: between values; None: comma, semicolon or tab, the most
            frequent in the header.
        encoding: of a file that is not UTF-8 (nor marked as UTF-16).

    Raises:
        ValueError: it is no such file, has no rows, equal names of columns or
            another encoding.
    """
    import pandas as pd

    data = file.read() if hasattr(file, "read") else _bytes(file)
    text = _text(data, name, encoding)
    line, _, rest = text.partition("\n")
    if match := re.fullmatch(r"sep=(.)\r?", line):  # For spreadsheets.
        separator, text = separator or match[1], rest
    try:
        rows = pd.read_csv(
            io.StringIO(text),
            sep=separator or _separator(text),
            header=None,
            dtype=str,
            keep_default_na=False,
            skipinitialspace=True,
            skip_blank_lines=False,
        )
    # All of pandas' parsing errors are ValueErrors.
    except ValueError as error:
        reason = " ".join(str(error).split())
        raise ValueError(f"{name} is not a CSV file ({reason}).") from None
    rows = rows.fillna("").apply(lambda column: column.map(_plain))
    rows.index = pd.RangeIndex(1, len(rows) + 1, name="row")
    rows = rows[(rows != "").any(axis=1)]
    columns = rows.iloc[0].tolist() if len(rows) else []
    _check_columns(columns, name)
    rows = rows.iloc[1:].set_axis(columns, axis=1)
    rows = rows.loc[:, [column != "" for column in columns]]
    if rows.empty:
        raise ValueError(f"{name} has no row beside its header.")
    return rows


def _bytes(path):
    path = pathlib.Path(path)
    if not path.is_file():  # To open a pipe is to wait for who writes to it.
        raise FileNotFoundError(f"There is no file {path}.")
    return path.read_bytes()


def _text(data, name, encoding):
    marked = next((e for m, e in _MARKS.items() if data.startswith(m)), None)
    is_utf8 = data.startswith(codecs.BOM_UTF8)
    wanted = marked or (not is_utf8 and encoding) or "utf-8-sig"
    try:
        text = data.decode(wanted)
    except ValueError:
        raise ValueError(
            f"{name} is not a CSV file in {wanted.removesuffix('-sig')}. Save "
            "it as CSV UTF-8, or give its encoding with --encoding (cp1252, "
            "gbk, ...; csv, dicom)."
        ) from None
    if "\0" in text:
        raise ValueError(
            f"{name} is not a CSV file (it has NUL characters: a binary file, "
            "or UTF-16 without a mark, which --encoding=utf-16-le reads)."
        )
    return text


def _separator(text):
    """Returns what separates the values of the header."""
    header = text.lstrip().partition("\n")[0]
    header = re.sub('"[^"]*"', "", header)  # Names may have separators.
    return max(_SEPARATORS, key=header.count)


def _plain(text):
    if text.isascii():
        return text.strip()
    return unicodedata.normalize("NFC", text).strip()


def _check_columns(columns, name):
    if any(len(column.splitlines()) > 1 for column in columns):
        raise ValueError(
            f"{name} is not a CSV file (a column's name has several lines)."
        )
    counts = collections.Counter(filter(None, columns))
    twice = [column for column, number in counts.items() if number > 1]
    if twice:
        raise ValueError(
            f"{name} has several columns called {', '.join(map(repr, twice))}. "
            "Rename or delete all but one."
        )
