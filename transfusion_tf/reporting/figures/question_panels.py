"""Square panels from 0 to 1: one for each data set and question of the runs."""

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from transfusion_tf.reporting.figures import style

_SIDE = 2.7
_MOST_COLUMNS = 4


def draw(table, panel, *, labels, legend, by=None):
    """Draws `panel` for each question.

    Args:
      table: rows with the columns run, init, dataset, split, auc_of,
        num_images and num_patients.
      panel: function of (axes, rows of a question, {run: style}).
      labels: of the x and the y axis; with `by` {value: both}.
      legend: further handles.
      by: column that splits a question into several panels.
    """
    keys = ["dataset", "auc_of", *([by] if by else [])]
    groups = list(table.groupby(keys, sort=False))
    styles = style.styles_by_start(
        dict(table.drop_duplicates("run")[["run", "init"]].to_numpy())
    )
    columns = min(_MOST_COLUMNS, max(1, len(groups)))
    lines = max(1, -(-len(groups) // columns))
    entries = len(styles) + len(legend)
    figure = Figure(
        figsize=(
            max(2, columns) * _SIDE,
            lines * (_SIDE + 0.4) + 0.2 * entries + 0.3,
        ),
        layout="constrained",
    )
    grid = figure.subplots(lines, columns, squeeze=False).ravel()
    for axes in grid[len(groups) :]:
        axes.set_visible(False)
    for axes, (key, rows) in zip(grid, groups, strict=False):
        panel(axes, rows, styles)
        _finish(axes, rows.iloc[0], labels[key[-1]] if by else labels)
    figure.legend(
        handles=[
            *(
                Line2D([], [], label=run, **of_run)
                for run, of_run in styles.items()
            ),
            *legend,
        ],
        loc="outside lower center",
        frameon=False,
        fontsize=8,
    )
    return figure


def _finish(axes, first, labels):
    unit = f"{first['num_images']} images"
    if pd.notna(first["num_patients"]):
        unit += f" of {int(first['num_patients'])} patients"
    axes.set_title(
        f"{first['dataset']}, {first['split']}: {first['auc_of']}\n{unit}",
        fontsize=8,
        loc="left",
    )
    axes.set_xlabel(labels[0], fontsize=8)
    axes.set_ylabel(labels[1], fontsize=8)
    axes.set_xlim(-0.02, 1.02)
    axes.set_ylim(-0.02, 1.02)
    axes.set_aspect("equal")
    axes.tick_params(labelsize=7)
    axes.spines[["top", "right"]].set_visible(False)
