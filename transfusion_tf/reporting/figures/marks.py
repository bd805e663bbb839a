"""Marks that several figures have: estimates, missing values, frames."""

import textwrap

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D

_LETTER = 0.6  # Mean width of a letter, as a share of the font's size.
_INSIDE = 0.8  # Of a panel's share of a figure: what its axes take of it.
_LONG = 40  # Letters of a name that needs the width of a figure.


def frame(axes, grid):
    """Leaves the left and lower frame, and grid lines behind what is drawn.

    Args:
      axes: of matplotlib.
      grid: "x" or "y", the axis of the values.
    """
    axes.grid(axis=grid, color="0.9", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def noted(rows):
    """Rows with a value whose interval has a note."""
    return rows["value"].notna() & (rows["note"].fillna("") != "")


def estimates(axes, rows, heights, look, label):
    """Draws values with their intervals; hollow where these have a note.

    Args:
      axes: of matplotlib.
      rows: of a table with the columns value, low, high and note.
      heights: of each row.
      look: colour and marker.
      label: in the legend.
    """
    there = rows["value"].notna()
    rows, heights = rows[there], heights[there]
    look = {**look, "linestyle": "none", "markersize": 5}
    axes.errorbar(
        rows["value"],
        heights,
        xerr=[rows["value"] - rows["low"], rows["high"] - rows["value"]],
        elinewidth=1.5,
        capsize=3,
        label=label,
        **look,
    )
    hollow = noted(rows)
    axes.plot(
        rows["value"][hollow],
        heights[hollow],
        markerfacecolor="white",
        zorder=3,
        **look,
    )


def reached_or_not(marker):
    """Lines of a legend: a run that reached a target, one that did not.

    Args:
      marker: of the one that did not.
    """
    look = {"color": "0.3", "ls": ""}
    return (
        Line2D([], [], marker="o", label="a run reached it", **look),
        Line2D(
            [],
            [],
            marker=marker,
            markerfacecolor="white",
            label="a run ended without",
            **look,
        ),
    )


def missing_value(axes, height, text, color="black"):
    """Writes at a height why there is no value, or n/a."""
    axes.text(
        0.01,
        height,
        text,
        transform=axes.get_yaxis_transform(),
        va="center",
        fontsize=7,
        color=color,
    )


def missing_points(axes, missing, total):
    """Says in a corner how many of all points have no place."""
    if missing:
        axes.text(
            0.97,
            0.03,
            f"n/a: {missing} of {total}",
            transform=axes.transAxes,
            ha="right",
            fontsize=7,
            color="0.35",
        )


def numbers(axes, values, is_dark):
    """Writes the numbers of a matrix into its cells, but those that are NaN.

    Args:
      axes: of matplotlib.
      values: (num_rows, num_columns).
      is_dark: function of a value: whether its cell is dark.
    """
    for (row, column), value in np.ndenumerate(values):
        if not np.isnan(value):
            axes.text(
                column,
                row,
                f"{value:.2f}",
                ha="center",
                va="center",
                fontsize=6,
                color="white" if is_dark(value) else "black",
            )


def data_title(dataset, split, row, *, between=": "):
    """Data set, split, images and patients, as pictures are headed.

    Args:
        dataset: its name.
        split: its name.
        row: with num_images and num_patients, NaN where not known.
        between: data set and numbers; a line end where there is little room.
    """
    numbers = sizes(row)
    return f"{dataset}, {split}" + (numbers and f"{between}{numbers}")


def sizes(row):
    """Images and patients of a row in words; "" where neither is known."""
    if pd.isna(row["num_images"]):
        return ""
    text = f"{int(row['num_images']):,} images"
    if pd.notna(row["num_patients"]):
        text += f" of {int(row['num_patients']):,} patients"
    return text


def headed(figure, title, handles, num_columns=1):
    """Puts a title above the panels of a figure and its legend below them."""
    figure.suptitle(title, fontsize=10, x=0.01, ha="left")
    if handles:
        legend_below(figure, handles, num_columns)


def panel_title(axes, text, *, fontsize=9, span=1, **how):
    """Titles a panel in lines that do not reach into the next one.

    Args:
      axes: of matplotlib, made by Figure.subplots.
      text: title, such as the name of an arm; its own lines stay apart.
      fontsize: in points.
      span: number of columns of panels that it may be as wide as.
      **how: of axes.set_title.
    """
    columns = axes.get_subplotspec().get_gridspec().ncols
    points = 72 * axes.figure.get_figwidth() * (span - 1 + _INSIDE) / columns
    letters = int(points / (_LETTER * fontsize))
    lines = (textwrap.fill(line, letters) for line in text.splitlines())
    axes.set_title("\n".join(lines), fontsize=fontsize, **how)


def columns_for(names):
    """Columns of a legend of arms: two where their names leave room for it."""
    return 1 if max(map(len, names)) > _LONG else 2


def legend_below(figure, handles, num_columns=1):
    """Puts the legend of a figure below its panels."""
    figure.legend(
        handles=handles,
        loc="outside lower center",
        ncols=num_columns,
        frameon=False,
        fontsize=8,
    )
