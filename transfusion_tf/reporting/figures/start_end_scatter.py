"""Similarity of pairs of runs at their start against that after training."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from transfusion_tf.analysis.views import start_end
from transfusion_tf.reporting.figures import (
    marks,
    pair_kinds,
    stage_curves,
    style,
)

_PAIR = ["run", "other_run"]


def draw(table, fits):
    """A panel for each measure and stage, all on one scale.

    Args:
      table: rows of `analysis.views.rows.COLUMNS` of this view.
      fits: rows of `analysis.views.start_end.COLUMNS`.
    """
    points = _with_kind(start_end.points(table), table)
    fits = fits.set_index(["measure", "stage"])
    measures = list(dict.fromkeys(table["measure"]))
    stages = points.drop_duplicates("stage_index").sort_values("stage_index")
    kinds = list(dict.fromkeys(pair_kinds.of(table)))
    styles = {kind: style.style(place) for place, kind in enumerate(kinds)}
    figure = Figure(
        figsize=(
            max(4.6, 2.3 * len(stages) + 0.6),
            2.7 * len(measures) + 0.2 * len(kinds) + 0.9,
        ),
        layout="constrained",
    )
    panels = figure.subplots(
        len(measures), len(stages), squeeze=False, sharex=True, sharey=True
    )
    limits = _limits(points[["start", "end"]].to_numpy())
    for line, measure in zip(panels, measures, strict=True):
        for axes, stage in zip(line, stages["stage"], strict=True):
            of = points[
                (points["measure"] == measure) & (points["stage"] == stage)
            ]
            _panel(axes, of, styles, limits)
            axes.set_title(
                _title(stage, fits.loc[(measure, stage)]), fontsize=9
            )
        name = stage_curves.name_of(measure)
        line[0].set_ylabel(f"{name}\nafter training", fontsize=9)
    for axes in panels[-1]:
        axes.set_xlabel("at the start", fontsize=9)
    what = "similarity of two networks at their starts and after training"
    point = "a draw of a pair" if table["draw"].notna().any() else "a pair"
    title = stage_curves.title(table, f"{what}; a mark is {point}")
    marks.headed(figure, title, _legend(styles))
    return figure


def _with_kind(points, table):
    kinds = table.assign(kind=pair_kinds.of(table)).drop_duplicates(_PAIR)
    return points.merge(kinds[[*_PAIR, "kind"]], on=_PAIR)


def _panel(axes, points, styles, limits):
    for kind, of_kind in styles.items():
        of = points[points["kind"] == kind]
        axes.plot(
            of["start"],
            of["end"],
            linestyle="none",
            markersize=5,
            alpha=0.7,
            **of_kind,
        )
    axes.axline((0, 0), slope=1, color="0.8", linewidth=0.8, zorder=0)
    axes.set_xlim(limits)
    axes.set_ylim(limits)
    missing = int(points[["start", "end"]].isna().any(axis=1).sum())
    marks.missing_points(axes, missing, len(points))
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=7)


def _limits(values):
    values = values[np.isfinite(values)]
    if not values.size:
        return 0.0, 1.0
    margin = 0.05 + 0.1 * np.ptp(values)
    return values.min() - margin, min(values.max() + margin, 1.05)


def _title(stage, fit):
    r_squared = "n/a" if np.isnan(fit["r_squared"]) else fit["r_squared"]
    if r_squared != "n/a":
        r_squared = f"{r_squared:.2f}"
    return f"{stage}, $R^2$ {r_squared}, {fit['num_points']} marks"


def _legend(styles):
    return [
        *(
            Line2D([], [], linestyle="none", label=kind, **of)
            for kind, of in styles.items()
        ),
        Line2D([], [], color="0.8", label="as similar after as before"),
    ]
