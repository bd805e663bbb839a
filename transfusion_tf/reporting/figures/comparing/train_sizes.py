"""AUC and differences by training images, drawn from the tables alone."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import NullLocator

from transfusion_tf.reporting.figures import marks, style
from transfusion_tf.statistics import equivalence

# Factor between arms of one size, which would lie on each other, and the share
# of the way to the next size that all of them take together at most.
_DODGE, _REACH = 1.03, 0.4


def draw(arms, differences, *, margin):
    """AUC of each arm on the left, differences from the reference right.

    Args:
        arms: rows of `analysis.comparing.train_sizes.ARM_COLUMNS`.
        differences: rows of COLUMNS there; without any, the right is left out.
        margin: in AUC.
    """
    names = list(dict.fromkeys(arms["arm"]))
    styles = {name: style.style(index) for index, name in enumerate(names)}
    has_both = len(differences) > 0
    figure = Figure(
        figsize=(11 if has_both else 6.5, 4.4 + 0.12 * len(names)),
        layout="constrained",
    )
    panels = figure.subplots(1, 1 + has_both, squeeze=False)[0]
    sizes = arms[["num_train_images", "train_size"]].drop_duplicates()
    step = _step(sorted(set(sizes["num_train_images"])), len(names))
    for index, name in enumerate(names):
        factor = step ** (index - (len(names) - 1) / 2)
        _curve(panels[0], arms[arms["arm"] == name], "value", styles, factor)
        if has_both:
            rows = differences[differences["arm"] == name]
            _curve(panels[1], rows, "difference", styles, factor)
    metric = arms["metric"].iloc[0]
    _finish(panels[0], f"{metric}, mean over seeds", sizes)
    marks.missing_points(panels[0], arms["value"].isna().sum(), len(arms))
    if has_both:
        panels[1].axhspan(-margin, margin, color="0.9", zorder=0)
        panels[1].axhline(0, color="0.6", lw=0.8, zorder=1)
        _finish(panels[1], "difference of AUCs from the reference", sizes)
        missing = differences["difference"].isna().sum()
        marks.missing_points(panels[1], missing, len(differences))
    about = arms.iloc[0]
    marks.headed(
        figure,
        marks.data_title(about["dataset"], about["split"], about),
        _legend(styles, margin),
        2 if max(map(len, names)) > 40 else 3,
    )
    return figure


def _step(sizes, num_arms):
    """Factor between arms at one size, so that sizes stay apart."""
    ratios = [b / a for a, b in zip(sizes, sizes[1:], strict=False)]
    nearest = min(ratios, default=np.inf)
    return min(_DODGE, nearest ** (_REACH / num_arms))


def _curve(axes, rows, column, styles, factor):
    rows = rows[rows[column].notna()]
    if rows.empty:
        return
    look = styles[rows["arm"].iloc[0]]
    at = rows["num_train_images"] * factor
    axes.plot(at, rows[column], markersize=0, lw=1.2, **look)
    axes.vlines(at, rows["low"], rows["high"], color=look["color"], lw=1)
    is_shown = np.ones(len(rows), bool)
    if column == "difference":
        is_shown = rows["p_adjusted"] <= equivalence.SIGNIFICANCE
    for x, y, filled in zip(at, rows[column], is_shown, strict=True):
        axes.plot(
            x,
            y,
            look["marker"],
            color=look["color"],
            markerfacecolor=look["color"] if filled else "white",
            markersize=6,
        )


def _finish(axes, label, sizes):
    axes.set_xscale("log")
    ticks = sorted(set(sizes["num_train_images"]))
    axes.set_xticks(ticks, [f"{tick:,}" for tick in ticks], fontsize=8)
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlabel("training images", fontsize=9)
    axes.set_ylabel(label, fontsize=9)
    axes.tick_params(axis="y", labelsize=8)
    marks.frame(axes, "y")


def _legend(styles, margin):
    point = {"color": "0.3", "marker": "o", "ls": ""}
    return [
        *(Line2D([], [], label=name, **look) for name, look in styles.items()),
        Line2D([], [], color="0.3", lw=1, label="95% interval"),
        Line2D([], [], label="difference shown (adjusted p)", **point),
        Line2D(
            [],
            [],
            markerfacecolor="white",
            label="difference not shown",
            **point,
        ),
        Patch(color="0.9", label=f"margin, {margin:g}"),
    ]
