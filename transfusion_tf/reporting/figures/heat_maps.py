"""Similarity as heat maps: of snapshots to the end, and of all runs to all."""

import numpy as np
from matplotlib.figure import Figure

from transfusion_tf.analysis.views import steps
from transfusion_tf.reporting.figures import marks, stage_curves

_PAIR = ["run", "other_run"]
_NUMBERS_FIT = 10  # Runs whose matrix has room for numbers.


def dynamics(table):
    """Similarity of each snapshot to the trained network: stage x step."""
    runs = dict(tuple(table.groupby("run", sort=False)))
    measures = list(dict.fromkeys(table["measure"]))
    num_steps = table["step"].nunique()
    figure = Figure(
        figsize=(
            (1.6 + 0.3 * num_steps) * len(measures) + 0.8,
            (1.3 + 0.26 * table["stage"].nunique()) * len(runs) + 0.5,
        ),
        layout="constrained",
    )
    panels = figure.subplots(len(runs), len(measures), squeeze=False)
    for line, (name, of_run) in zip(panels, runs.items(), strict=True):
        for axes, measure in zip(line, measures, strict=True):
            grid = of_run[of_run["measure"] == measure].pivot(
                index="stage_index", columns="step", values="value"
            )
            shown = _heat_map(axes, grid.to_numpy(), origin="lower")
            _mark_missing(axes, grid.to_numpy())
            _ticks(axes.xaxis, grid.columns, rotation=90)
            stages = of_run.drop_duplicates("stage_index")
            _ticks(axes.yaxis, stages.sort_values("stage_index")["stage"])
            title = f"{name}, {stage_curves.name_of(measure)}"
            marks.panel_title(axes, title, fontsize=8)
    for axes in panels[-1]:
        axes.set_xlabel("step", fontsize=8)
    figure.colorbar(
        shown, ax=panels, label="similarity to the trained network", shrink=0.8
    )
    what = "similarity of each snapshot to the trained network"
    marks.headed(figure, stage_curves.title(table, what), [])
    return figure


def matrix(table):
    """All runs against all, a panel for each stage; similar ones adjacent."""
    measures = list(dict.fromkeys(table["measure"]))
    stages = table.drop_duplicates("stage_index").sort_values("stage_index")
    names = list(dict.fromkeys([*table["run"], *table["other_run"]]))
    unequal = steps.unequal(table)
    shown_names = [name + steps.suffix(unequal, name) for name in names]
    side = max(2.4, 0.36 * len(names) + 0.6)
    longest = 0.07 * max(map(len, shown_names))
    figure = Figure(
        figsize=(
            side * len(stages) + longest + 1.0,
            (side + 0.3) * len(measures) + longest + 0.5,
        ),
        layout="constrained",
    )
    panels = figure.subplots(len(measures), len(stages), squeeze=False)
    for line, measure in zip(panels, measures, strict=True):
        of_measure = table[table["measure"] == measure]
        order = _clustered(_square(of_measure, names))
        labels = [shown_names[place] for place in order]
        for axes, stage in zip(line, stages["stage"], strict=True):
            values = _square(of_measure[of_measure["stage"] == stage], names)
            shown = _heat_map(axes, values[np.ix_(order, order)])
            _numbers(axes, values[np.ix_(order, order)])
            _mark_missing(axes, values[np.ix_(order, order)])
            _ticks(axes.xaxis, labels, rotation=90)
            _ticks(axes.yaxis, labels if axes is line[0] else [""] * len(names))
            axes.set_title(
                f"{stage}, {stage_curves.name_of(measure)}",
                fontsize=9,
            )
    figure.colorbar(shown, ax=panels, label="similarity", shrink=0.8)
    what = "similarity of all runs to all, similar ones beside each other"
    marks.headed(figure, stage_curves.title(table, what), [])
    return figure


def _heat_map(axes, values, **how):
    shown = axes.imshow(
        values, vmin=0, vmax=1, cmap="viridis", aspect="auto", **how
    )
    axes.set_facecolor("0.85")  # Undefined values.
    return shown


def _ticks(axis, labels, **how):
    axis.set_ticks(range(len(labels)), list(labels), fontsize=7, **how)


def _mark_missing(axes, values):
    """Writes n/a into the cells that have no value."""
    for line, column in np.argwhere(np.isnan(values)):
        axes.text(column, line, "n/a", ha="center", va="center", fontsize=6)


def _numbers(axes, values):
    if len(values) > _NUMBERS_FIT:
        return
    marks.numbers(axes, values, lambda value: value < 0.6)


def _square(table, names):
    """(num_runs, num_runs) mean values of each pair, ones on the diagonal."""
    places = {name: place for place, name in enumerate(names)}
    values = np.full((len(names), len(names)), np.nan)
    for (run, other), rows in table.groupby(_PAIR):
        value = rows["value"].mean()
        values[places[run], places[other]] = value
        values[places[other], places[run]] = value
    np.fill_diagonal(values, 1.0)
    return values


def _clustered(values):
    """Order of average linkage, in which similar runs are neighbours."""
    import scipy.cluster.hierarchy
    import scipy.spatial.distance

    if len(values) < 3:
        return np.arange(len(values))
    distances = 1 - np.nan_to_num(values, nan=0.0)
    condensed = scipy.spatial.distance.squareform(distances, checks=False)
    linked = scipy.cluster.hierarchy.linkage(
        condensed, "average", optimal_ordering=True
    )
    return scipy.cluster.hierarchy.leaves_list(linked)
