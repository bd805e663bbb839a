"""Steps to a target by the last transferred stage, from the tables alone."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from transfusion_tf.reporting.figures import marks, style

_UNIT = "step"
_MOST_COLUMNS = 2
_DODGE = 0.12  # Between arms of one place, in places.


def draw(stages, runs, table, *, dataset):
    """A panel a series: every run, and the median of each arm.

    Args:
        stages: rows of `analysis.comparing.stage_convergence.COLUMNS`.
        runs: rows of `analysis.comparing.convergence.RUN_COLUMNS`.
        table: rows of COLUMNS there.
        dataset: its name, for the title.
    """
    stages = stages[stages["unit"] == _UNIT]
    names = list(dict.fromkeys(stages["series"]))
    columns = min(_MOST_COLUMNS, len(names))
    lines = -(-len(names) // columns)
    figure = Figure(
        figsize=(max(6.0, 4.2 * columns), 0.7 + 3.4 * lines),
        layout="constrained",
    )
    grid = figure.subplots(lines, columns, squeeze=False, sharey=True)
    panels = grid.ravel()
    for axes in panels[len(names) :]:
        axes.set_visible(False)
    for index, (axes, name) in enumerate(zip(panels, names, strict=False)):
        rows = stages[stages["series"] == name]
        arms = rows["arm"]
        _series(axes, rows, runs, index)
        target = runs["target"][runs["arm"].isin(arms)].iloc[0]
        marks.panel_title(axes, f"{name}: target {target:.3f}")
    for axes in grid[:, 0]:
        axes.set_ylabel("optimizer steps to the target", fontsize=9)
    panels[0].set_ylim(bottom=0)
    marks.headed(
        figure,
        f"{marks.data_title(dataset, 'val', table.iloc[0])}\n"
        "steps to a validation AUC, by the last stage taken",
        _legend(),
        3,
    )
    return figure


def _series(axes, rows, runs, index):
    color = style.style(index)["color"]
    places = rows.drop_duplicates("place").set_index("place")["through"]
    medians = []
    for place, arms in rows.groupby("place"):
        offsets = _DODGE * (np.arange(len(arms)) - (len(arms) - 1) / 2)
        for x, (_, arm) in zip(place + offsets, arms.iterrows(), strict=True):
            _runs(axes, x, runs[runs["arm"] == arm["arm"]], color)
            if arm["median"] == arm["median"]:  # NaN: fewer than half arrived.
                medians.append((x, arm["median"]))
                axes.hlines(arm["median"], x - 0.2, x + 0.2, "0.2", lw=2)
            else:
                _no_median(axes, x)
    axes.plot(
        [x for x, _ in medians],
        [y for _, y in medians],
        color="0.6",
        lw=0.9,
        zorder=0,
    )
    axes.set_xticks(list(places.index), list(places), fontsize=8)
    axes.set_xlim(places.index.min() - 0.5, places.index.max() + 0.5)
    axes.set_xlabel("last stage taken from the source", fontsize=9)
    axes.tick_params(labelsize=8)
    marks.frame(axes, "y")


def _no_median(axes, x):
    """Says at the bottom that fewer than half of the runs arrived."""
    axes.text(
        x,
        0.01,
        "n/a",
        transform=axes.get_xaxis_transform(),
        ha="center",
        fontsize=7,
        color="0.35",
    )


def _runs(axes, x, runs, color):
    """The runs of one arm beside each other, those without an end hollow."""
    spread = x + np.linspace(-0.05, 0.05, len(runs))
    for at, (_, run) in zip(spread, runs.iterrows(), strict=True):
        axes.plot(
            at,
            run["step"],
            "o" if run["is_reached"] else "^",
            color=color,
            markerfacecolor=color if run["is_reached"] else "white",
            markersize=6,
            alpha=0.8,
        )


def _legend():
    return [
        *marks.reached_or_not("^"),
        Line2D(
            [], [], color="0.2", lw=2, label="Kaplan-Meier median (n/a: none)"
        ),
    ]
