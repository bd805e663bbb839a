"""How critical each stage is, by arm."""

import math

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from transfusion_tf.reporting.figures import marks, style
from transfusion_tf.reporting.figures.interventions import titles

_WIDTH = 0.7  # That the arms of one stage take, in stages.
_ARM_INCHES = 0.11  # That each arm of a stage needs.
_LOW, _HIGH = "0: can\ngo back", "beyond\nthe noises"


def stages(tables):
    """Criticality by stage, a colour an arm, small marks its runs.

    Heights are powers of 10; 0 and what is beyond the noises given have places
    of their own below and above.

    Args:
      tables: {stem: DataFrame} with "criticality" and "criticality_arms".
    """
    runs, table = tables["criticality"], tables["criticality_arms"]
    runs = runs[runs["reference_auc"].notna()]
    table = table[table["num_beyond"].notna()]
    arms = list(dict.fromkeys(table["arm"]))
    scale = _Scale(runs["criticality"])
    names = table.drop_duplicates("stage_index").sort_values("stage_index")
    columns = marks.columns_for(arms)
    width = max(0.9, 0.3 + _ARM_INCHES * len(arms))
    figure = Figure(
        figsize=(
            max(6.0, width * len(names) + 1.2),
            4.0 + 0.21 * -(-(len(arms) + 1) // columns),
        ),
        layout="constrained",
    )
    axes = figure.subplots()
    for place, arm in enumerate(arms):
        offset = _WIDTH * ((place + 0.5) / len(arms) - 0.5)
        look = style.style(place)
        _runs(axes, runs[runs["arm"] == arm], offset, scale, look["color"])
        rows = table[table["arm"] == arm]
        axes.plot(
            rows["stage_index"] + offset,
            scale.heights(rows["criticality"]),
            linestyle="",
            markersize=5,
            **look,
        )
    _label(axes, names, scale)
    margin = table["margin"].iloc[0]
    axes.set_ylabel(f"criticality (AUC lost: at most {margin:g})")
    marks.headed(
        figure,
        titles.title(table, "criticality of stages"),
        _legend(table, arms),
        columns,
    )
    return figure


class _Scale:
    """Heights of numbers of which some are 0 and some beyond all.

    Attributes:
      low, high: powers of 10 that all others lie between.
    """

    def __init__(self, values):
        values = values[values > 0].dropna()
        logs = np.log10(values) if len(values) else np.zeros(1)
        self.low = math.floor(logs.min())
        self.high = max(math.ceil(logs.max()), self.low + 1)
        # Of the two places from the rest: their labels have two lines.
        self.step = max(1.0, (self.high - self.low) / 6)

    def heights(self, values):
        """Heights of values, NaN being beyond."""
        with np.errstate(divide="ignore"):
            heights = np.log10(np.asarray(values, float))
        heights[np.isneginf(heights)] = self.zero
        heights[np.isnan(heights)] = self.beyond
        return heights

    @property
    def zero(self):
        """Height of 0."""
        return self.low - self.step

    @property
    def beyond(self):
        """Height of what is beyond the noises."""
        return self.high + self.step

    def ticks(self):
        """(heights, labels)."""
        powers = range(self.low, self.high + 1, -(-(self.high - self.low) // 8))
        return (
            [self.zero, *powers, self.beyond],
            [_LOW, *(f"$10^{{{power}}}$" for power in powers), _HIGH],
        )


def _runs(axes, rows, offset, scale, color):
    """The runs of an arm: short strokes, joined by a thin line."""
    heights = scale.heights(rows["criticality"])
    places = rows["stage_index"].to_numpy() + offset
    axes.plot(
        places,
        heights,
        linestyle="",
        marker="_",
        markersize=7,
        color=color,
        zorder=1.5,
    )
    for place in np.unique(places):
        of_stage = heights[places == place]
        axes.vlines(
            place,
            of_stage.min(),
            of_stage.max(),
            color=color,
            linewidth=0.8,
            zorder=1.5,
        )


def _label(axes, names, scale):
    axes.set_xticks(
        names["stage_index"], names["stage"], rotation=30, ha="right"
    )
    axes.set_xlim(-0.5, len(names) - 0.5)
    axes.set_xlabel("stage, bottom to top")
    for place in names["stage_index"].iloc[1:]:
        axes.axvline(place - 0.5, color="0.9", linewidth=0.8, zorder=0)
    axes.set_yticks(*scale.ticks())
    axes.set_ylim(scale.zero - scale.step / 2, scale.beyond + scale.step / 2)
    for low, high in (
        (scale.zero - scale.step / 2, scale.low - scale.step / 2),
        (scale.high + scale.step / 2, scale.beyond + scale.step / 2),
    ):
        axes.axhspan(low, high, color="0.95", zorder=0)
    marks.frame(axes, "y")


def _legend(table, arms):
    handles = [
        Line2D([], [], linestyle="", label=arm, **style.style(place))
        for place, arm in enumerate(arms)
    ]
    if table["num_seeds"].max() > 1:
        handles.append(
            Line2D(
                [],
                [],
                color="0.3",
                linewidth=0.8,
                marker="_",
                label="strokes: runs; marks: their median",
            )
        )
    return handles
