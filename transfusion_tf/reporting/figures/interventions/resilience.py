"""What is lost where a stage is replaced, and on its way back."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from transfusion_tf.reporting.figures import marks, stage_curves, style
from transfusion_tf.reporting.figures.interventions import titles

_TITLES = {
    "start": "back at its start",
    "fresh": "at fresh random weights",
}
_WIDTH = 0.5  # That the arms of one stage take, in stages.
_MOST_COLUMNS = 3


def stages(tables):
    """AUC lost by stage: a panel for what replaces it, a colour an arm.

    Args:
      tables: {stem: DataFrame} with "resilience_arms".
    """
    table = tables["resilience_arms"]
    table = table[~(table["alpha"] > 0)]
    kinds = [kind for kind in _TITLES if kind in set(table["replaced_by"])]
    arms = list(dict.fromkeys(table["arm"]))
    figure = Figure(
        figsize=(
            max(5.0, (0.9 * table["stage"].nunique() + 1.2) * len(kinds)),
            3.6 + 0.2 * len(arms),
        ),
        layout="constrained",
    )
    panels = figure.subplots(1, len(kinds), sharey=True, squeeze=False)[0]
    for axes, kind in zip(panels, kinds, strict=True):
        rows = table[table["replaced_by"] == kind]
        for place, arm in enumerate(arms):
            offset = _WIDTH * ((place + 0.5) / len(arms) - 0.5)
            _arm(axes, rows[rows["arm"] == arm], offset, style.style(place))
        _label(axes, rows)
        axes.set_title(f"one stage {_TITLES[kind]}", fontsize=9)
    panels[0].set_ylabel("AUC lost")
    handles = [
        Line2D([], [], linestyle="", label=arm, **style.style(place))
        for place, arm in enumerate(arms)
    ]
    marks.headed(
        figure, titles.title(table, "AUC lost"), [*handles, _bars(table)]
    )
    return figure


def path(tables):
    """AUC lost on the way from start to trained stage: a panel an arm.

    Args:
      tables: {stem: DataFrame} with "resilience_arms".
    """
    table = tables["resilience_arms"]
    table = table[table["replaced_by"] == "start"]
    arms = list(dict.fromkeys(table["arm"]))
    names = table.drop_duplicates("stage_index").sort_values("stage_index")
    columns = min(_MOST_COLUMNS, len(arms))
    lines = -(-len(arms) // columns)
    figure = Figure(
        figsize=(max(5.0, 3.2 * columns), 1.6 + 2.5 * lines),
        layout="constrained",
    )
    grid = figure.subplots(
        lines, columns, sharey=True, sharex=True, squeeze=False
    )
    for axes in grid.ravel()[len(arms) :]:
        axes.set_visible(False)
    for axes, arm in zip(grid.ravel(), arms, strict=False):
        of_arm = table[table["arm"] == arm]
        for place, stage in enumerate(names["stage"]):
            rows = of_arm[of_arm["stage"] == stage].sort_values("alpha")
            axes.plot(
                [*rows["alpha"], 1.0],
                [*rows["lost"], 0.0],
                markersize=4,
                **style.style(place),
            )
        axes.axhline(0, color="0.6", linewidth=0.8, zorder=0)
        marks.panel_title(axes, arm)
        marks.frame(axes, "y")
    for axes in grid[:, 0]:
        axes.set_ylabel("AUC lost", fontsize=9)
    for axes in grid.ravel()[: len(arms)][-columns:]:  # The lowest ones.
        axes.tick_params(labelbottom=True)
        axes.set_xlabel("share of training kept", fontsize=9)
    handles = [
        Line2D([], [], label=stage, **style.style(place))
        for place, stage in enumerate(names["stage"])
    ]
    what = "AUC lost on one stage's way back"
    marks.headed(
        figure, titles.title(table, what), handles, min(6, len(handles))
    )
    return figure


def _arm(axes, rows, offset, look):
    rows = rows.dropna(subset=["lost"]).sort_values("stage_index")
    places = rows["stage_index"] + offset
    axes.vlines(places, rows["low"], rows["high"], color=look["color"])
    axes.plot(places, rows["lost"], linestyle="", markersize=5, **look)


def _label(axes, rows):
    names = rows.drop_duplicates("stage_index").sort_values("stage_index")
    axes.set_xticks(
        names["stage_index"], names["stage"], rotation=30, ha="right"
    )
    axes.set_xlim(-0.5, len(names) - 0.5)
    axes.set_xlabel("stage, bottom to top")
    axes.axhline(0, color="0.6", linewidth=0.8, zorder=0)
    stage_curves.mark_missing(axes, rows, "lost")
    marks.frame(axes, "y")


def _bars(table):
    level = np.nanmax(table["level"])
    return Line2D(
        [],
        [],
        color="0.3",
        label=f"bars: {100 * level:g}% interval, over other patients"
        + (" and seeds" if table["num_seeds"].max() > 1 else ""),
    )
