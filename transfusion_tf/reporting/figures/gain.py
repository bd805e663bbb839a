"""Similarity against gain, drawn from the rows of the two tables alone."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from transfusion_tf.reporting.figures import marks, style

_LEGEND_COLUMNS = 4
_DRAWN = ["similarity", "gain"]
_LINE = {"color": "0.3", "linewidth": 1.2}


def scatter(points, correlations, lines):
    """One line of panels per init, one panel per stage, least squares lines.

    Args:
      points: rows of `analysis.gain.POINT_COLUMNS`, one measure.
      correlations: rows of `analysis.gain.CORRELATION_COLUMNS`, likewise.
      lines: rows of `analysis.gain.LINE_COLUMNS`, likewise.
    """
    lines = lines.set_index(["init", "stage"])
    inits = list(dict.fromkeys(points["init"]))
    stages = points.drop_duplicates("stage").sort_values("stage_index")
    stages = list(stages["stage"])
    clusters = list(dict.fromkeys(points["cluster"]))
    legend_height = 0.2 * -(-len(clusters) // _LEGEND_COLUMNS)
    figure = Figure(
        figsize=(
            max(6.0, 2.2 * len(stages) + 0.8),
            2.4 * len(inits) + 1.1 + legend_height,
        ),
        layout="constrained",
    )
    grid = figure.subplots(
        len(inits), len(stages), squeeze=False, sharex=True, sharey=True
    )
    for panels, init in zip(grid, inits, strict=True):
        of_init = points[points["init"] == init]
        known = correlations[correlations["init"] == init]
        for axes, stage in zip(panels, stages, strict=True):
            rows = of_init[of_init["stage"] == stage]
            of_stage = known[known["stage"] == stage]
            _panel(axes, rows, clusters)
            if of_stage["value"].notna().any():
                defined = rows.dropna(subset=_DRAWN)
                _line(axes, defined["similarity"], lines.loc[(init, stage)])
            axes.set_title(_title(stage, of_stage), fontsize=8)
        panels[0].set_ylabel(f"{init}\nrelative AUC gain", fontsize=8)
    measure = points["measure"].iloc[0]
    for axes in grid[-1]:
        axes.set_xlabel(f"{measure} with own start", fontsize=8)
    handles = [
        Line2D([], [], label=name, linestyle="", **_style(index))
        for index, name in enumerate(clusters)
    ]
    if len(lines):
        handles.append(Line2D([], [], label="least squares line", **_LINE))
    marks.headed(
        figure,
        f"{_title_of(points)}\n{_caption(correlations, len(clusters))}",
        handles,
        min(len(handles), _LEGEND_COLUMNS),
    )
    return figure


def _title_of(points):
    """Network, what is drawn, and the images of the AUCs."""
    first = points.iloc[0]
    datasets = points.drop_duplicates("dataset")
    data = f"{len(datasets)} data sets, {first['split']}"
    if len(datasets) == 1:
        data = marks.data_title(first["dataset"], first["split"], first)
    return (
        f"{first['model']}: AUC gained over random weights, by similarity to "
        f"the own start\n{data}"
    )


def _caption(correlations, num_clusters):
    text = f"A point is a run, of {num_clusters} clusters. "
    if correlations["value"].isna().all():
        return text + "No coefficients (gain_correlations.csv says why)"
    if correlations["low"].isna().all():
        return text + "No intervals (gain_correlations.csv says why)"
    level = 100 * correlations["level"].iloc[0]
    return text + f"Brackets: {level:g}% interval if whole clusters vary"


def _panel(axes, rows, clusters):
    defined = rows.dropna(subset=_DRAWN)
    for index, cluster in enumerate(clusters):
        own = defined[defined["cluster"] == cluster]
        axes.plot(own["similarity"], own["gain"], linestyle="", **_style(index))
    missing = len(rows) - len(defined)
    marks.missing_points(axes, missing, len(rows))
    axes.axhline(0, color="0.8", linewidth=0.8, zorder=0)
    axes.tick_params(labelsize=7)
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.spines[["top", "right"]].set_visible(False)


def _line(axes, x, line):
    """The least squares line, as long as the points reach."""
    ends = np.array([x.min(), x.max()])
    heights = line["slope"] * ends + line["intercept"]
    axes.plot(ends, heights, **_LINE)


def _style(index):
    return {**style.style(index), "markersize": 4.5, "alpha": 0.85}


def _title(stage, correlations):
    """The stage and its coefficients, those with an interval in brackets."""
    lines = [stage]
    for row in correlations.itertuples():
        text = "n/a" if pd.isna(row.value) else f"{row.value:.2f}"
        if not pd.isna(row.low):
            text += f" [{row.low:.2f}, {row.high:.2f}]"
        lines.append(f"{row.coefficient.capitalize()} {text}")
    return "\n".join(lines)
