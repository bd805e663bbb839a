"""AUCs within subgroups, drawn from the rows of subgroups.csv."""

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from transfusion_tf.reporting.figures import marks, run_groups, style

# Inches: of a panel's title, a group's label of two lines, a run's line.
_HEAD, _GROUP, _RUN = 0.55, 0.36, 0.16


def forest(table, *, arms=None):
    """One panel for each column and question, one line for each group and run.

    Args:
        table: rows of `analysis.subgroups.COLUMNS`.
        arms: {run: name of its arm}; None: network and init are named.
    """
    panels = list(table.groupby(["dataset", "column", "auc_of"], sort=False))
    runs = list(dict.fromkeys(table["run"]))
    styles = dict(zip(runs, map(style.style, range(len(runs))), strict=True))
    labels = run_groups.labels(table, arms)
    group = max(_GROUP, _RUN * (len(runs) + 0.5))
    heights = [_HEAD + group * rows["group"].nunique() for _, rows in panels]
    figure = Figure(
        figsize=(8.5, sum(heights) + 0.5 + 0.17 * len(runs)),
        layout="constrained",
    )
    drawn = figure.subplots(
        len(panels), squeeze=False, height_ratios=heights, sharex=True
    )[:, 0]
    for axes, (names, rows) in zip(drawn, panels, strict=True):
        _panel(axes, rows, styles)
        dataset, column, asked = names
        axes.set_title(
            f"{dataset}, {rows['split'].iloc[0]}: AUC of {asked} by {column}",
            fontsize=9,
            loc="left",
        )
    level = 100 * table["level"].iloc[0]
    label = f"AUC with {level:g}% interval; dotted: chance"
    if marks.noted(table).any():
        label += "; hollow: see note in subgroups.csv (few of a class)"
    drawn[-1].set_xlabel(label, fontsize=9)
    marks.legend_below(
        figure,
        [
            Line2D([], [], label=_run_label(labels, run), **{**look, "ls": ""})
            for run, look in styles.items()
        ],
    )
    return figure


def _run_label(labels, run):
    """A run's entry of the legend; its name where several have one label."""
    label = labels[run]
    if list(labels.values()).count(label) > 1 and run not in label:
        return f"{label}: {run}"
    return label


def _panel(axes, rows, styles):
    groups = list(dict.fromkeys(rows["group"]))
    step = 0.8 / len(styles)
    for index, (run, of_run) in enumerate(styles.items()):
        own = rows[rows["run"] == run]
        places = own["group"].map(groups.index).astype(float)
        heights = places - 0.4 + step * (index + 0.5)
        marks.estimates(axes, own, heights, of_run, None)
    for group in dict.fromkeys(rows["group"][rows["value"].isna()]):
        # Of all runs: they are scored on the same labels.
        axes.annotate(
            "n/a: needs positives and negatives",
            (0.01, groups.index(group)),
            va="center",
            fontsize=8,
            color="0.3",
        )
    axes.axhline(0.5, color="0.6", linewidth=0.8)  # Below all images together.
    axes.axvline(0.5, color="0.6", linewidth=0.8, linestyle=":")
    first = rows.drop_duplicates("group")
    axes.set_yticks(
        range(len(groups)),
        [_label(row) for row in first.to_dict("records")],
        fontsize=8,
    )
    axes.set_ylim(len(groups) - 0.5, -0.5)
    axes.set_xlim(0, 1.01)
    axes.tick_params(axis="x", labelsize=8)
    marks.frame(axes, "x")


def _label(row):
    """A group's name and its size, on one line."""
    text = f"{row['num_images']:,} images"
    if pd.notna(row["num_patients"]):
        text += f" of {int(row['num_patients']):,} patients"
    if pd.notna(row["num_positive"]):
        text += f", {int(row['num_positive']):,} positive"
    return f"{row['group']}\n{text}"
