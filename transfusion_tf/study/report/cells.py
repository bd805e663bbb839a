"""Rows and numbers of tables as the page shows them."""

import dataclasses
from collections.abc import Callable

from transfusion_tf import tables
from transfusion_tf.reporting.figures import marks
from transfusion_tf.reporting.html import page

NOTE = "note"


@dataclasses.dataclass(frozen=True)
class Column:
    """A column of a table of the page.

    Attributes:
      heading: above it.
      text: of a cell: a key of the rows, or a function of a row.
      is_number: whether it is set flush right.
    """

    heading: str
    text: str | Callable
    is_number: bool = False

    def cell(self, row):
        """The text of a row; "" for None."""
        found = self.text(row) if callable(self.text) else row[self.text]
        if isinstance(found, str):
            return found  # Links and code of html.page stay what they are.
        return "" if found is None else str(found)


def table(rows, columns, *, caption, files, marks=None):
    """The page.Table of rows.

    A last column NOTE that is empty in all rows is left out.

    Args:
      rows: dicts, or what else the columns make texts of.
      columns: Columns; the first one names the row.
      caption, files, marks: as of page.Table.
    """
    shown = [tuple(column.cell(row) for column in columns) for row in rows]
    if columns[-1].heading == NOTE and not any(row[-1] for row in shown):
        columns = columns[:-1]
        shown = [row[:-1] for row in shown]
    return page.Table(
        caption=caption,
        headings=tuple(column.heading for column in columns),
        rows=tuple(shown),
        numbers=tuple(
            index for index, column in enumerate(columns) if column.is_number
        ),
        files=files,
        marks=marks or {},
    )


def number(value, digits=3):
    """A number, rounded, or n/a."""
    if value is None or value != value:  # NaN.
        return tables.UNDEFINED
    return f"{value:.{digits}f}"


def significant(value, digits=2):
    """A p value, to significant digits, or n/a."""
    if value is None or value != value:  # NaN.
        return tables.UNDEFINED
    return f"{value:.{digits}g}"


def difference(row, low="low", high="high"):
    """The difference of a row with its interval, or n/a.

    Args:
      row: of a table.
      low, high: columns of the interval.
    """
    value = row["difference"]
    if value is None or value != value:  # NaN.
        return tables.UNDEFINED
    return f"{value:+.3f} [{row[low]:+.3f}, {row[high]:+.3f}]"


def interval(row):
    """The value of a row with its interval, or n/a."""
    if row["value"] is None or row["value"] != row["value"]:
        return tables.UNDEFINED
    return (
        f"{number(row['value'])} [{number(row['low'])}, {number(row['high'])}]"
    )


def spread(row):
    """Mean and range over runs of a row of arm_scores.COLUMNS, or n/a."""
    text = number(row["mean"])
    if row["lowest"] < row["highest"]:
        text += f" ({number(row['lowest'])} to {number(row['highest'])})"
    return text


def split(row):
    """Split, images and patients of a row."""
    return f"{row['split']}: {marks.sizes(row)}"
