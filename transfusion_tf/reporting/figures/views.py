"""Figures of the views of representations, each from its table alone.

FIGURES maps the name of a view (analysis.views.selection.VIEWS) to the function
that draws its rows (analysis.views.rows.COLUMNS). Where a view has curves, the
function also takes `published`, rows of `published.curves` to draw behind;
where it has points, `fits`, rows of analysis.views.start_end.COLUMNS.
"""

import numpy as np
from matplotlib.figure import Figure

from transfusion_tf.analysis.views import start_end
from transfusion_tf.reporting.figures import (
    grouped_curves,
    heat_maps,
    stage_curves,
)
from transfusion_tf.reporting.figures import style as figures

_PAIR = ["run", "other_run"]


def before_after(table, published=None):
    """Each run against its own start; several inits beside each other.

    With several initialisations (figure 3 of Transfusion) curves are means over
    the runs of each, and a panel shows how far each lies above `random`.
    """
    if table["init"].nunique() < 2:
        return stage_curves.draw(table, published)
    grouped = table.assign(kind=table["init"])
    return grouped_curves.draw(
        grouped, grouped_curves.above_random, published=published
    )


def between(table, published=None):
    """Pairs of runs, within and across inits (figure 2 of Transfusion)."""
    pairs = table.drop_duplicates(_PAIR)
    if len(pairs) < 2:
        return stage_curves.draw(table, published)
    kinds = [
        " and ".join(sorted(inits))
        for inits in zip(table["init"], table["other_init"], strict=True)
    ]
    return grouped_curves.draw(
        table.assign(kind=kinds), grouped_curves.top_two, published=published
    )


def start_against_end(table, fits):
    """Similarity of pairs at their start against that after training."""
    points = start_end.points(table)
    fits = fits.set_index(["measure", "stage"])
    measures = list(dict.fromkeys(table["measure"]))
    stages = points.drop_duplicates("stage_index").sort_values("stage_index")
    figure = Figure(
        figsize=(2.3 * len(stages) + 0.6, 2.7 * len(measures) + 0.3),
        layout="constrained",
    )
    panels = figure.subplots(len(measures), len(stages), squeeze=False)
    for line, measure in zip(panels, measures, strict=True):
        for axes, stage in zip(line, stages["stage"], strict=True):
            of = points[
                (points["measure"] == measure) & (points["stage"] == stage)
            ]
            axes.plot(
                of["start"], of["end"], "o", color=figures.PALETTE[0], alpha=0.7
            )
            axes.axline((0, 0), slope=1, color="0.8", linewidth=0.8, zorder=0)
            _equal_limits(axes, of[["start", "end"]].to_numpy())
            axes.set_title(
                _fit_title(stage, fits.loc[(measure, stage)]), fontsize=9
            )
            axes.spines[["top", "right"]].set_visible(False)
            axes.tick_params(labelsize=7)
        name = stage_curves.name_of(measure)
        line[0].set_ylabel(f"{name}\nafter training", fontsize=9)
    for axes in panels[-1]:
        axes.set_xlabel("at the start", fontsize=9)
    return figure


def movement(table):
    """Distances of weights from their start, and similarity, by stage.

    Runs of one start have one colour; similarities have their intervals.
    """
    measures = list(dict.fromkeys(table["measure"]))
    runs = dict(tuple(table.groupby("run", sort=False)))
    styles = _styles(runs, "init")
    columns = min(3, len(measures))
    lines = -(-len(measures) // columns)
    figure = Figure(
        figsize=(3.6 * columns, 2.7 * lines + 0.2 * len(runs) + 0.3),
        layout="constrained",
    )
    panels = figure.subplots(lines, columns, squeeze=False).ravel()
    for axes in panels[len(measures) :]:
        axes.set_axis_off()
    for axes, measure in zip(panels, measures, strict=False):
        for name, style in styles.items():
            rows = runs[name]
            of = rows[rows["measure"] == measure].sort_values("stage_index")
            if of.empty:
                continue
            axes.plot(
                of["stage_index"],
                of["value"],
                markersize=4,
                label=f"{name} ({of['init'].iloc[0]})",
                **style,
            )
            figures.whiskers(axes, of, style["color"], linewidth=1)
        stage_curves.label_stages(axes, table)
        axes.autoscale(axis="y")
        low, high = axes.get_ylim()
        axes.set_ylim(min(0, low), high + 0.04 * (high - min(0, low)))
        axes.set_title(stage_curves.name_of(measure), fontsize=9)
    figure.legend(
        *panels[0].get_legend_handles_labels(),
        loc="outside lower center",
        frameon=False,
        fontsize=8,
    )
    return figure


def reuse(table):
    """Similarity to the source, at the start and trained, and its probe.

    Pale curves are starts. What the probe of the source finds at a stage above
    that of random weights is what there was to reuse.
    """
    of_runs = table[table["measure"] != "probe_auc"]
    measures = list(dict.fromkeys(of_runs["measure"]))
    runs = dict(tuple(of_runs.groupby("other_run", sort=False)))
    styles = _styles(runs, "other_init")
    figure = Figure(
        figsize=(3.8 * (len(measures) + 1), 3.2 + 0.21 * (len(runs) + 3)),
        layout="constrained",
    )
    *panels, right = figure.subplots(1, len(measures) + 1)
    for axes, measure in zip(panels, measures, strict=True):
        for name, style in styles.items():
            rows = runs[name]
            of = rows[rows["measure"] == measure]
            for step, curve in of.groupby("other_step"):
                started = step == 0 and of["other_step"].nunique() > 1
                axes.plot(
                    curve["stage_index"],
                    curve["value"],
                    markersize=4,
                    alpha=0.35 if started else 1.0,
                    label=f"{name}, {'start' if started else 'trained'}",
                    **style,
                )
                figures.whiskers(
                    axes,
                    curve,
                    style["color"],
                    linewidth=1,
                    alpha=0.35 if started else 1.0,
                )
            axes.plot(
                curve["stage_index"],
                curve["chance"],
                linestyle=stage_curves.FLOORS["chance"],
                color=style["color"],
                linewidth=0.9,
            )
        stage_curves.label_stages(axes, table)
        axes.set_title(
            f"source and run: {stage_curves.name_of(measure)}",
            fontsize=9,
        )
    _probes(right, table[table["measure"] == "probe_auc"])
    handles = [*panels[0].get_legend_handles_labels()[0]]
    figure.legend(
        handles=handles + stage_curves.floor_legend()[1:],
        loc="outside lower center",
        ncols=2,
        frameon=False,
        fontsize=8,
    )
    return figure


def _styles(runs, column):
    """Styles of {run: rows}, by the start that `column` names."""
    return figures.styles_by_start(
        {name: rows[column].iloc[0] for name, rows in runs.items()}
    )


def _probes(axes, table):
    """AUC of a linear probe of each stage, with its interval."""
    colors = ("0.1", figures.PALETTE[4])
    for place, (name, rows) in enumerate(table.groupby("run", sort=False)):
        rows = rows.sort_values("stage_index")
        color = colors[place % len(colors)]
        places = rows["stage_index"] + 0.08 * place
        axes.vlines(places, rows["low"], rows["high"], color=color)
        label = "source" if name == "source" else f"{name}, start (random)"
        axes.plot(places, rows["value"], "o-", color=color, label=label)
    stage_curves.label_stages(axes, table)
    values = table[["low", "value"]].min().min()
    axes.set_ylim(min(0.5, values) - 0.02, 1.02)
    axes.set_title("AUC of a linear probe, 95% interval", fontsize=9)
    axes.legend(fontsize=7, frameon=False, loc="lower right")


FIGURES = {
    "before_after": before_after,
    "between": between,
    "start_against_end": start_against_end,
    "dynamics": heat_maps.dynamics,
    "matrix": heat_maps.matrix,
    "movement": movement,
    "reuse": reuse,
}


def _equal_limits(axes, values):
    values = values[np.isfinite(values)]
    if not values.size:
        return
    margin = 0.05 + 0.1 * np.ptp(values)
    limits = values.min() - margin, min(values.max() + margin, 1.05)
    axes.set_xlim(limits)
    axes.set_ylim(limits)


def _fit_title(stage, fit):
    if np.isnan(fit["r_squared"]):
        return f"{stage}, {fit['num_points']} points"
    return f"{stage}, $R^2$ {fit['r_squared']:.2f} of {fit['num_points']}"
