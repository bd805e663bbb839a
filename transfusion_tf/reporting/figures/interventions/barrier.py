"""AUC and loss on the line between runs, and how high the barriers are."""

import textwrap

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from transfusion_tf.reporting.figures import marks, style
from transfusion_tf.reporting.figures.interventions import titles

_DASHES = {"as trained": "-", "matched": "--"}
_ROWS = {"auc": "AUC", "loss": "loss"}
_MOST_COLUMNS = 4
_LETTERS = 40  # Of a line of an arm's name beside the matrix.


def lines(tables):
    """AUC, and below it loss, on the way: panels for the pairs of each arm.

    Pairs of runs of two arms are in the last ones.

    Args:
      tables: {stem: DataFrame} with "barrier".
    """
    table = tables["barrier"]
    shown = _panels(table)
    across = min(_MOST_COLUMNS, len(shown))
    down = -(-len(shown) // across)
    figure = Figure(
        figsize=(max(5.5, 1.2 + 2.6 * across), 0.6 + 5.0 * down),
        layout="constrained",
    )
    grid = figure.subplots(
        len(_ROWS) * down, across, sharex=True, squeeze=False
    )
    for place, (title, rows) in enumerate(shown.items()):
        above, column = divmod(place, across)
        pair = grid[len(_ROWS) * above :, column]
        for axes, (name, label) in zip(pair, _ROWS.items(), strict=False):
            _pairs(axes, rows, name)
            marks.frame(axes, "y")
            axes.set_ylabel("" if column else label)
        marks.panel_title(pair[0], title)
        pair[1].set_xlabel("share of the second run", fontsize=9)
        pair[1].tick_params(labelbottom=True)
    for kind in range(len(_ROWS)):
        alike = grid[kind :: len(_ROWS)].ravel()
        for axes in alike[1:]:
            axes.sharey(alike[0])
        alike[0].autoscale_view()
        for axes in alike[len(shown) :]:
            axes.set_visible(False)
    what = "between the weights of two runs"
    marks.headed(figure, titles.title(table, what), _legend(table))
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
    labels = [textwrap.fill(name, _LETTERS) for name in names]
    longest = 0.065 * min(_LETTERS, max(map(len, names)))
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
        axes.set_xticks(range(len(names)), labels, rotation=90, fontsize=7)
        axes.set_yticks(range(len(names)), labels, fontsize=7)
        axes.set_title(f"channels {kind}", fontsize=9)
    figure.colorbar(image, ax=panels, label="AUC barrier", shrink=0.8)
    what = "mean AUC barrier between runs"
    marks.headed(figure, titles.title(tables["barrier"], what), [])
    return figure


def _panels(table):
    """{title: rows} of the panels."""
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
