"""Disagreement by class, drawn from the rows of disagreement_by_class.csv."""

import numpy as np
from matplotlib.figure import Figure

from transfusion_tf.reporting.figures import marks, style

# So few pairs have a mark and an interval each; of more the spread is drawn.
_MOST_PAIRS = 6
_MEASURES = {
    "one_right": "share on which exactly one is right",
    "unequal_predictions": "share with unequal predictions",
}


def draw(table):
    """For each true class, the shares of its images on which runs differ.

    A section for each data set and label.

    Args:
      table: rows of `reporting.agreement.CLASS_COLUMNS`.
    """
    names = [table[column].astype(str) for column in ("run", "other_run")]
    table = table.assign(pair=names[0] + "\n" + names[1])
    sections = dict(tuple(table.groupby(["dataset", "of"], sort=False)))
    heights = [_height(rows) for rows in sections.values()]
    figure = Figure(figsize=(9.0, sum(heights) + 0.8), layout="constrained")
    panels = figure.subplots(
        len(sections), 2, squeeze=False, height_ratios=heights, sharex=True
    )
    explained = []
    for line, (name, rows) in zip(panels, sections.items(), strict=True):
        for axes, measure in zip(line, _MEASURES, strict=True):
            _panel(axes, rows[rows["measure"] == measure])
        line[0].set_title(
            f"{', '.join(map(str, name))}, {rows['split'].iloc[0]}",
            fontsize=9,
            loc="left",
        )
        line[0].set_ylabel("true class")
        line[1].set_yticklabels([])
        handles = line[1].get_legend_handles_labels()
        if handles[1] != explained:
            line[1].legend(
                *handles,
                loc="upper left",
                bbox_to_anchor=(1, 1),
                frameon=False,
                fontsize=7,
            )
            explained = handles[1]
    bars = ""
    if any(map(_is_short, sections.values())):
        bars = f"\n(bars: {100 * table['level'].iloc[0]:g}% intervals)"
    for axes, text in zip(panels[-1], _MEASURES.values(), strict=True):
        axes.set_xlabel(text + bars)
    return figure


def _is_short(rows):
    return rows["pair"].nunique() <= _MOST_PAIRS


def _height(rows):
    """Inches that the classes and the legend of a section need."""
    pairs = rows["pair"].nunique() if _is_short(rows) else 3
    classes = rows["true_class"].nunique()
    return 0.6 + max(classes * (0.2 + 0.13 * pairs), 0.3 * pairs)


def _panel(axes, rows):
    """Classes from top to bottom, as they come in the table."""
    classes = rows.drop_duplicates("true_class")
    names = list(classes["true_class"])
    place = rows["true_class"].map(names.index).to_numpy(float)
    (_intervals if _is_short(rows) else _spread)(axes, rows, place)
    labels = [
        f"{row['true_class']}\n{marks.sizes(row)}"
        for row in classes.to_dict("records")
    ]
    axes.set_yticks(np.arange(len(names)) + 0.5, labels, fontsize=8)
    axes.set_ylim(len(names), 0)
    axes.set_xlim(-0.03, 1.03)
    for border in range(1, len(names)):
        axes.axhline(border, color="0.85", linewidth=0.8)
    marks.frame(axes, "x")


def _intervals(axes, rows, place):
    """One mark with its interval for each pair."""
    pairs = list(dict.fromkeys(rows["pair"]))
    for index, pair in enumerate(pairs):
        is_own = (rows["pair"] == pair).to_numpy()
        own = rows[is_own]
        y = place[is_own] + (index + 1) / (len(pairs) + 1)
        color = style.PALETTE[index]
        axes.hlines(y, own["low"], own["high"], color=color, linewidth=1.4)
        axes.plot(
            own["value"],
            y,
            style.MARKERS[index],
            color=color,
            markersize=4.5,
            label=pair,
        )


def _spread(axes, rows, place):
    """All pairs as pale points, spread evenly in height, and their median."""
    pairs = list(dict.fromkeys(rows["pair"]))
    rank = rows["pair"].map({pair: i for i, pair in enumerate(pairs)})
    y = place + 0.15 + 0.7 * (rank.to_numpy() + 0.5) / len(pairs)
    axes.plot(
        rows["value"],
        y,
        "o",
        color=style.PALETTE[0],
        alpha=0.5,
        markersize=3,
        markeredgewidth=0,
        label=f"one of {len(pairs)} pairs",
    )
    medians = rows["value"].groupby(place).median()
    axes.vlines(
        medians,
        medians.index + 0.1,
        medians.index + 0.9,
        color=style.PALETTE[1],
        linewidth=2,
        label="median of the pairs",
    )
