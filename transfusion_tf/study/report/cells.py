"""Numbers of tables as the page shows them."""

from transfusion_tf import tables
from transfusion_tf.reporting.figures import marks


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
