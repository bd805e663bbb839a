"""How soon arms reach a validation AUC, drawn from the tables alone."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from transfusion_tf.reporting.figures import marks, style

_UNIT = "step"


def draw(table, runs, curves, *, dataset):
    """Learning curves on the left, the time of each run on the right.

    Args:
        table: rows of `analysis.comparing.convergence.COLUMNS`.
        runs: rows of RUN_COLUMNS there.
        curves: rows of CURVE_COLUMNS there.
        dataset: its name, for the title.
    """
    arms = list(dict.fromkeys(runs["arm"]))
    styles = {arm: style.style(index) for index, arm in enumerate(arms)}
    figure = Figure(figsize=(11, 3.6 + 0.25 * len(arms)), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(3, 2), sharex=True)
    target = table["target"].iloc[0]
    _curves(left, curves, styles, target)
    medians = table[table["unit"] == _UNIT].set_index("arm")["median"]
    _times(right, runs, medians, styles)
    marks.headed(
        figure,
        f"{dataset}: steps to a validation AUC of {target:.3f} "
        "(two evaluations in a row)",
        _legend(runs, styles),
        min(4, len(arms) + 4),
    )
    return figure


def _curves(axes, curves, styles, target):
    for arm, rows in curves.groupby("arm", sort=False):
        color = styles[arm]["color"]
        axes.fill_between(
            rows["step"],
            rows["lowest"],
            rows["highest"],
            color=color,
            alpha=0.15,
            linewidth=0,
        )
        axes.plot(rows["step"], rows["mean"], markersize=4, **styles[arm])
    axes.axhline(target, color="0.4", linestyle="--", linewidth=0.9)
    axes.set_xlabel("optimizer step", fontsize=9)
    axes.set_ylabel("validation AUC", fontsize=9)
    _finish(axes)


def _times(axes, runs, medians, styles):
    for place, (arm, color) in enumerate(
        (arm, of["color"]) for arm, of in styles.items()
    ):
        rows = runs[runs["arm"] == arm]
        # Runs of one time lie beside each other.
        rows = rows.assign(place=place + np.linspace(-0.15, 0.15, len(rows)))
        for is_reached, marker in ((True, "o"), (False, ">")):
            of = rows[rows["is_reached"] == is_reached]
            axes.plot(
                of["step"],
                of["place"],
                marker,
                color=color,
                markerfacecolor=color if is_reached else "white",
                markersize=6,
                alpha=0.8,
            )
        if medians[arm] == medians[arm]:
            axes.vlines(medians[arm], place - 0.3, place + 0.3, "0.2", lw=1.6)
    axes.set_yticks(range(len(styles)), list(styles), fontsize=8)
    axes.set_ylim(len(styles) - 0.5, -0.5)
    axes.set_xlabel("optimizer step", fontsize=9)
    _finish(axes)


def _finish(axes):
    axes.tick_params(labelsize=8)
    marks.frame(axes, "x")


def _legend(runs, styles):
    counts = runs["arm"].value_counts()
    arms = [
        Line2D([], [], label=f"{arm}: mean of {counts[arm]}", **of)
        for arm, of in styles.items()
    ]
    return [
        *arms,
        Patch(color="0.85", label="band: range over runs"),
        Line2D([], [], color="0.4", ls="--", label="target"),
        Line2D(
            [], [], color="0.3", marker="o", ls="", label="a run reached it"
        ),
        Line2D(
            [],
            [],
            color="0.3",
            marker=">",
            markerfacecolor="white",
            ls="",
            label="a run ended without",
        ),
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
