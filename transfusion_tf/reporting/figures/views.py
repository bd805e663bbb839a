"""Figures of the views of representations, each from its table alone.

FIGURES maps the name of a view (analysis.views.selection.VIEWS) to the function
that draws its rows (analysis.views.rows.TABLE_COLUMNS). Where a view has
curves, the function also takes `published`, rows of `published.curves` to draw
behind; where it has points, `fits`, rows of analysis.views.start_end.COLUMNS.
"""

from matplotlib.figure import Figure

from transfusion_tf.analysis.views import steps
from transfusion_tf.reporting.figures import (
    grouped_curves,
    heat_maps,
    marks,
    pair_kinds,
    stage_curves,
    start_end_scatter,
)
from transfusion_tf.reporting.figures import style as figures

_PAIR = ["run", "other_run"]
# These have units; whatever else is drawn lies between -1 and 1, on one scale.
_DISTANCES = ("l2", "relative_l2")


def before_after(table, published=None):
    """Each run against its own start; several inits beside each other.

    With several initialisations (figure 3 of Transfusion) curves are means over
    the runs of each, and a panel shows how far each lies above `random`.
    """
    what = "similarity of trained networks to their own start, by stage"
    if table["init"].nunique() < 2:
        return stage_curves.draw(table, what, published)
    grouped = table.assign(kind=table["init"])
    return grouped_curves.draw(
        grouped, grouped_curves.ABOVE_RANDOM, what, published
    )


def between(table, published=None):
    """Pairs of runs, within and across inits (figure 2 of Transfusion)."""
    what = "similarity of trained networks to each other, by stage"
    pairs = table.drop_duplicates(_PAIR)
    if len(pairs) < 2:
        return stage_curves.draw(table, what, published)
    return grouped_curves.draw(
        table.assign(kind=pair_kinds.of(table)),
        grouped_curves.TOP_TWO,
        what,
        published,
    )


def movement(table):
    """Distances of weights from their start, and similarity, by stage.

    Runs of one start have one colour; similarities have their intervals.
    """
    measures = list(dict.fromkeys(table["measure"]))
    runs = dict(tuple(table.groupby("run", sort=False)))
    styles, unequal = _styles(runs, "init"), steps.unequal(table)
    similar = table[~table["measure"].isin(_DISTANCES)]
    columns = min(3, len(measures))
    lines = -(-len(measures) // columns)
    figure = Figure(
        figsize=(
            max(6.0, 3.6 * columns),
            2.7 * lines + 0.2 * (len(runs) + 2) + 0.5,
        ),
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
                label=f"{name} ({of['init'].iloc[0]})"
                + steps.suffix(unequal, name),
                **style,
            )
            figures.whiskers(axes, of, style["color"], linewidth=1)
        stage_curves.mark_missing(axes, table[table["measure"] == measure])
        stage_curves.label_stages(axes, similar)
        if measure in _DISTANCES:
            axes.autoscale(axis="y")
            axes.set_ylim(0, 1.04 * axes.get_ylim()[1])
        axes.set_title(stage_curves.name_of(measure), fontsize=9)
    handles = panels[0].get_legend_handles_labels()[0]
    marks.headed(
        figure,
        stage_curves.title(table, "how far each stage moved from its start"),
        handles + stage_curves.interval_legend(table),
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
    styles, unequal = _styles(runs, "other_init"), steps.unequal(of_runs)
    figure = Figure(
        figsize=(3.8 * (len(measures) + 1), 3.4 + 0.21 * (2 * len(runs) + 4)),
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
                    label=f"{name}, {'start' if started else 'trained'}"
                    + ("" if started else steps.suffix(unequal, name)),
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
        stage_curves.mark_missing(axes, of_runs[of_runs["measure"] == measure])
        stage_curves.label_stages(axes, of_runs)
        axes.set_title(
            f"source and run: {stage_curves.name_of(measure)}",
            fontsize=9,
        )
    probes = _probes(right, table[table["measure"] == "probe_auc"])
    handles = [*panels[0].get_legend_handles_labels()[0]]
    handles += stage_curves.floor_legend(of_runs, ["chance"])
    title = "what there was to reuse in the source, and what was kept"
    marks.headed(
        figure,
        stage_curves.title(table, title),
        handles + stage_curves.interval_legend(of_runs) + probes,
    )
    return figure


def _styles(runs, column):
    """Styles of {run: rows}, by the start that `column` names."""
    return figures.styles_by_start(
        {name: rows[column].iloc[0] for name, rows in runs.items()}
    )


def _probes(axes, table):
    """AUC of a linear probe of each stage; returns handles of a legend."""
    colors = ("0.1", figures.PALETTE[4])
    for place, (name, rows) in enumerate(table.groupby("run", sort=False)):
        rows = rows.sort_values("stage_index")
        color = colors[place % len(colors)]
        places = rows["stage_index"] + 0.08 * place
        axes.vlines(places, rows["low"], rows["high"], color=color)
        label = "the source" if name == "source" else f"{name}, start"
        marker = figures.MARKERS[place % len(figures.MARKERS)]
        axes.plot(
            places,
            rows["value"],
            marker=marker,
            color=color,
            label=f"right: probe of {label}",
        )
    stage_curves.mark_missing(axes, table)
    stage_curves.label_stages(axes, table)
    values = table[["low", "value"]].min().min()
    axes.set_ylim(min(0.5, values) - 0.02, 1.02)
    axes.set_title("AUC of a linear probe, 95% interval", fontsize=9)
    return axes.get_legend_handles_labels()[0]


FIGURES = {
    "before_after": before_after,
    "between": between,
    "start_against_end": start_end_scatter.draw,
    "dynamics": heat_maps.dynamics,
    "matrix": heat_maps.matrix,
    "movement": movement,
    "reuse": reuse,
}
