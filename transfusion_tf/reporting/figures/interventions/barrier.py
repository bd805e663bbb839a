"""AUC and loss on the line between runs, and how high the barriers are."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from transfusion_tf.reporting.figures import marks, style

_DASHES = {"as trained": "-", "matched": "--"}
_ROWS = {"auc": "AUC", "loss": "loss"}


def lines(tables):
    """AUC and loss on the way, a column for the pairs of each arm.

    Pairs of runs of two arms are in the last column.

    Args:
      tables: {stem: DataFrame} with "barrier".
    """
    table = tables["barrier"]
    columns = _columns(table)
    figure = Figure(
        figsize=(max(5.5, 1.2 + 2.6 * len(columns)), 5.6), layout="constrained"
    )
    grid = figure.subplots(
        len(_ROWS), len(columns), sharex=True, sharey="row", squeeze=False
    )
    for line, (column, label) in zip(grid, _ROWS.items(), strict=True):
        for axes, (title, rows) in zip(line, columns.items(), strict=True):
            _pairs(axes, rows, column)
            marks.frame(axes, "y")
            if column == "auc":
                axes.set_title(title, fontsize=9)
        line[0].set_ylabel(label)
    figure.supxlabel(
        "share of the second run's weights (0: first run, 1: second run)",
        fontsize=9,
    )
    marks.headed(figure, _title(table, "on the line"), _legend(table), 2)
    return figure


def heights(tables):
    """Mean AUC barrier of runs of every two arms, as a matrix of arms.

    The diagonal has the pairs of seeds of an arm.

    Args:
      tables: {stem: DataFrame} with "barrier_arms" and "barrier".
    """
    table = tables["barrier_arms"]
    names = list(dict.fromkeys([*table["arm"], *table["other_arm"]]))
    kinds = [kind for kind in _DASHES if kind in set(table["channels"])]
    side = 1.4 + 0.62 * len(names)
    longest = 0.065 * max(map(len, names))
    figure = Figure(
        figsize=(longest + 1.0 + side * len(kinds), longest + side + 0.6),
        layout="constrained",
    )
    panels = figure.subplots(1, len(kinds), sharey=True, squeeze=False)[0]
    highest = max(0.01, table["auc_barrier"].max())
    for axes, kind in zip(panels, kinds, strict=True):
        square = _square(table[table["channels"] == kind], names)
        image = axes.imshow(square, cmap="viridis", vmin=0, vmax=highest)
        marks.numbers(axes, square, lambda x: x < 0.6 * highest)
        axes.set_xticks(range(len(names)), names, rotation=90, fontsize=7)
        axes.set_yticks(range(len(names)), names, fontsize=7)
        axes.set_title(f"channels {kind}", fontsize=9)
    figure.colorbar(image, ax=panels, label="AUC barrier", shrink=0.8)
    what = "mean AUC barrier between runs"
    marks.headed(figure, _title(tables["barrier"], what), [])
    return figure


def _columns(table):
    """{title: rows} of the columns of panels."""
    within = table[table["kind"] == "within"]
    found = {arm: rows for arm, rows in within.groupby("arm", sort=False)}
    between = table[table["kind"] == "between"]
    if len(between):
        found["runs of two arms"] = between
    return found


def _pairs(axes, rows, column):
    """One line a pair of runs, dashed where channels are matched."""
    pairs = rows.groupby(["run", "other_run"], sort=False)
    for place, (_, of_pair) in enumerate(pairs):
        for kind, of_kind in of_pair.groupby("channels", sort=False):
            of_kind = of_kind.sort_values("alpha")
            look = {**style.style(place), "linestyle": _DASHES[kind]}
            axes.plot(of_kind["alpha"], of_kind[column], markersize=3.5, **look)


def _square(table, names):
    """(num_arms, num_arms) mean barriers, NaN where there is no pair."""
    square = np.full((len(names), len(names)), np.nan)
    for row in table.to_dict("records"):
        at = names.index(row["arm"]), names.index(row["other_arm"])
        square[at] = square[at[::-1]] = row["auc_barrier"]
    return square


def _legend(table):
    """What dashes say, where there are any, and whose the lines are."""
    handles = [
        Line2D([], [], color="0.3", linestyle=dashes, label=f"channels {kind}")
        for kind, dashes in _DASHES.items()
        if kind in set(table["channels"])
    ]
    handles.append(
        Line2D([], [], linestyle="", label="one colour: one pair of runs")
    )
    return handles


def _title(table, what):
    first = table.iloc[0]
    data = marks.data_title(first["dataset"], first["split"], first)
    return f"{first['model']}: {what}\n{data}; {first['metric']}"
