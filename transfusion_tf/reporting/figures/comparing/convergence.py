"""How soon arms reach a validation AUC, drawn from the tables alone."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from transfusion_tf.reporting.figures import marks, style

_UNIT = "step"
_GROUP = ["network", "reference", "target"]


def draw(table, runs, curves, *, dataset):
    """A line of panels for each network: learning curves, and each run's time.

    All have one axis of steps, and one of AUCs.

    Args:
        table: rows of `analysis.comparing.convergence.COLUMNS`.
        runs: rows of RUN_COLUMNS there.
        curves: rows of CURVE_COLUMNS there.
        dataset: its name, for the title.
    """
    table = table[table["unit"] == _UNIT]
    table = table.assign(start=[_start(row) for _, row in table.iterrows()])
    starts = dict.fromkeys(table["start"])
    styles = {start: style.style(index) for index, start in enumerate(starts)}
    groups = list(table.groupby(_GROUP, sort=False))
    heights = [1.6 + 0.22 * max(4, len(of)) for _, of in groups]
    figure = Figure(
        figsize=(11, sum(heights) + 1.0 + 0.1 * len(styles)),
        layout="constrained",
    )
    panels = figure.subplots(
        len(groups),
        2,
        squeeze=False,
        width_ratios=(3, 2),
        height_ratios=heights,
        sharex=True,
    )
    for (left, right), (_, of) in zip(panels, groups, strict=True):
        left.sharey(panels[0, 0])
        _curves(left, of, curves, styles)
        _times(right, of, runs, styles)
        left.set_title(_panel_title(of, table), fontsize=9, loc="left")
    for axes in panels[-1]:
        axes.set_xlabel("optimizer step", fontsize=9)
    marks.headed(
        figure,
        f"{marks.data_title(dataset, 'val', table.iloc[0])}\n"
        "steps to a validation AUC, at two evaluations in a row",
        _legend(styles, curves),
        3,
    )
    return figure


def _start(row):
    """What an arm is called in the panels of its network and reference.

    That is without the network, and without settings such as the number of
    training images that the reference shares.
    """
    settings = row["reference"].partition(", ")[2]
    arm = row["arm"].removeprefix(f"{row['network']} ")
    return arm.removesuffix(f", {settings}") if settings else arm


def _panel_title(of, table):
    """Network and target; where networks repeat, with the reference's name."""
    first = of.iloc[0]
    references = table[table["network"] == first["network"]]["reference"]
    named = "reference" if references.nunique() > 1 else "network"
    return f"{first[named]}: target {first['target']:.3f}"


def _curves(axes, of, curves, styles):
    missing = 0
    for arm, start in zip(of["arm"], of["start"], strict=True):
        rows = curves[curves["arm"] == arm]
        look = styles[start]
        axes.fill_between(
            rows["step"],
            rows["lowest"],
            rows["highest"],
            color=look["color"],
            alpha=0.15,
            linewidth=0,
        )
        axes.plot(rows["step"], rows["mean"], markersize=4, **look)
        missing += rows.empty
    axes.axhline(of["target"].iloc[0], color="0.4", ls="--", linewidth=0.9)
    axes.set_ylabel("validation AUC,\nmean over runs", fontsize=9)
    marks.missing_points(axes, missing, f"{len(of)} curves")
    _finish(axes)


def _times(axes, of, runs, styles):
    names = []
    for place, row in enumerate(of.to_dict("records")):
        color = styles[row["start"]]["color"]
        own = runs[runs["arm"] == row["arm"]]
        # Runs of one time lie beside each other.
        own = own.assign(place=place + np.linspace(-0.15, 0.15, len(own)))
        for is_reached, marker in ((True, "o"), (False, ">")):
            part = own[own["is_reached"] == is_reached]
            axes.plot(
                part["step"],
                part["place"],
                marker,
                color=color,
                markerfacecolor=color if is_reached else "white",
                markersize=6,
                alpha=0.8,
            )
        median = row["median"]
        if median == median:  # NaN: fewer than half have reached it.
            axes.vlines(median, place - 0.3, place + 0.3, "0.2", lw=1.6)
        reached = f"{row['num_reached']} of {row['num_runs']} runs"
        names.append(f"{row['start']}\n{reached}")
    axes.set_yticks(range(len(of)), names, fontsize=7)
    axes.set_ylim(len(of) - 0.5, -0.5)
    _finish(axes)


def _finish(axes):
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.tick_params(axis="x", labelsize=8, labelbottom=True)
    marks.frame(axes, "x")


def _legend(styles, curves):
    band = "band: range over runs"
    if (curves["num_runs"] == 1).all():
        band = "band: range over runs (one each: none)"
    return [
        *(
            Line2D([], [], label=start, **look)
            for start, look in styles.items()
        ),
        Patch(color="0.85", label=band),
        Line2D([], [], color="0.4", ls="--", label="target"),
        *marks.reached_or_not(">"),
        Line2D(
            [],
            [],
            color="0.2",
            marker="|",
            markersize=10,
            markeredgewidth=1.6,
            ls="",
            label="Kaplan-Meier median",
        ),
    ]
