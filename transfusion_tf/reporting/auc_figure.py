"""AUCs of runs with their intervals, drawn from the rows of auc.csv."""

import numpy as np
from matplotlib.figure import Figure

from transfusion_tf.reporting import figures


def intervals(table):
    """One line for each AUC, one point with its interval for each run.

    Runs on different data sets are drawn in panels of their own: their AUCs
    are not to be compared.

    Args:
      table: rows of `reporting.predictions.COLUMNS`.
    """
    panels = dict(tuple(table.groupby("dataset", sort=False)))
    heights = [_height(rows) for rows in panels.values()]
    figure = Figure(figsize=(7.5, sum(heights) + 0.6), layout="constrained")
    axes = figure.subplots(
        len(panels), squeeze=False, height_ratios=heights, sharex=True
    )[:, 0]
    for panel, (dataset, rows) in zip(axes, panels.items(), strict=True):
        _panel(panel, rows)
        panel.set_title(_title(dataset, rows), fontsize=9, loc="left")
    level = 100 * table["level"].iloc[0]
    label = f"AUC with {level:g}% interval"
    if _noted(table).any():
        label += "; hollow: see note in auc.csv (few of a class)"
    axes[-1].set_xlabel(label)
    return figure


def _noted(rows):
    """Rows with an AUC whose interval has a note."""
    return rows["value"].notna() & (rows["note"].fillna("") != "")


def _height(rows):
    return 0.7 + 0.22 * len(rows) + 0.1 * rows["auc_of"].nunique()


def _title(dataset, rows):
    first = rows.iloc[0]
    text = f"{dataset}, {first['split']}: {first['num_images']} images"
    if first["num_patients"] == first["num_patients"]:  # NaN: none known.
        text += f" of {int(first['num_patients'])} patients"
    return text


def _panel(axes, rows):
    """Points from top to bottom in the order of the table."""
    wanted = list(dict.fromkeys(rows["auc_of"]))
    runs = list(dict.fromkeys(rows["run"]))
    step = 1 / (len(runs) + 1)
    for index, run in enumerate(runs):
        own = rows[rows["run"] == run].dropna(subset=["value"])
        places = np.array(
            [wanted.index(of) + (index + 1) * step for of in own["auc_of"]]
        )
        style = {
            "fmt": figures.MARKERS[index % len(figures.MARKERS)],
            "color": figures.PALETTE[index % len(figures.PALETTE)],
            "markersize": 5,
            "linewidth": 1.5,
        }
        axes.errorbar(
            own["value"],
            places,
            xerr=[own["value"] - own["low"], own["high"] - own["value"]],
            label=run,
            **style,
        )
        noted = _noted(own).to_numpy()
        axes.plot(
            own["value"][noted],
            places[noted],
            style["fmt"],
            color=style["color"],
            markersize=5,
            markerfacecolor="white",
            zorder=3,
        )
    axes.set_yticks([i + 0.5 for i in range(len(wanted))], wanted)
    axes.set_ylabel("AUC of")
    axes.set_ylim(len(wanted), 0)
    for border in range(1, len(wanted)):
        axes.axhline(border, color="0.85", linewidth=0.8)
    axes.grid(axis="x", color="0.9", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(
        loc="upper left", bbox_to_anchor=(1, 1), frameon=False, fontsize=8
    )
