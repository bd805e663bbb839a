"""Similarity by stage of several kinds of pairs, and what sets kinds apart."""

import typing

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from transfusion_tf.analysis.views import steps
from transfusion_tf.reporting.figures import marks, stage_curves
from transfusion_tf.reporting.figures import style as figures
from transfusion_tf.runs import labels

_PAIR = ["run", "step", "other_run", "other_step"]
_THIN = "thin: each pair"
_NAMES_FIT = 3  # Kinds whose names have room beside each other.
_ZERO = {"color": "0.6", "linewidth": 0.9}
_MEAN = {"color": "0.2", "linewidth": 1.5}


class Aside(typing.NamedTuple):
    """What is drawn right of the curves.

    Attributes:
      draw: function of (axes, rows of a measure, {kind: style}).
      legend: {label of a mark that the curves do not have: its look}.
    """

    draw: typing.Callable
    legend: dict


def draw(table, aside, what, published=None):
    """A line of panels for each measure: curves by stage, and `aside`.

    Thick curves are the means of a kind with its mean floors, thin ones the
    pairs where a kind has several; bars are the pairs' intervals.

    Args:
      table: rows of analysis.views.rows.TABLE_COLUMNS, and `kind`.
      aside: Aside.
      what: of stage_curves.title.
      published: rows of `published.curves`, drawn as pale lines behind.
    """
    measures = list(dict.fromkeys(table["measure"]))
    kinds = list(dict.fromkeys(table["kind"]))
    styles = {kind: figures.style(index) for index, kind in enumerate(kinds)}
    legend = _legend(table, styles) + stage_curves.reference_legend(published)
    legend += [
        Line2D([], [], label=f"right: {label}", **look)
        for label, look in aside.legend.items()
    ]
    figure = Figure(
        figsize=(
            4.6 + 0.9 * table["stage"].nunique(),
            3.1 * len(measures) + 0.21 * len(legend) + 0.6,
        ),
        layout="constrained",
    )
    panels = figure.subplots(
        len(measures), 2, squeeze=False, width_ratios=(3, 2)
    )
    for (curves, right), measure in zip(panels, measures, strict=True):
        rows = table[table["measure"] == measure]
        stage_curves.references(curves, published, measure, table)
        for kind, style in styles.items():
            _curves(curves, rows[rows["kind"] == kind], style)
        stage_curves.mark_missing(curves, rows)
        stage_curves.label_stages(curves, table)
        curves.set_ylabel(stage_curves.name_of(measure))
        aside.draw(right, rows, styles)
        right.spines[["top", "right"]].set_visible(False)
    _share_heights(panels[:, 1])
    marks.headed(figure, stage_curves.title(table, what), legend)
    return figure


def _above_random(axes, rows, styles):
    """How far each init lies above `random`, with the range over its runs."""
    is_random = rows["kind"].map(labels.is_random)
    means = rows[is_random].groupby("stage_index")["value"]
    random = means.mean()
    axes.axhline(0, **_ZERO)
    for kind, style in styles.items():
        of = rows[rows["kind"] == kind]
        if labels.is_random(kind) or of.empty or random.empty:
            continue
        values = of.groupby("stage_index")["value"]
        stages = values.mean().index
        axes.fill_between(
            stages,
            values.min() - random[stages],
            values.max() - random[stages],
            color=style["color"],
            alpha=0.15,
            linewidth=0,
        )
        axes.plot(stages, values.mean() - random[stages], markersize=5, **style)
    stage_curves.mark_missing(axes, rows)
    places = rows.drop_duplicates("stage_index").sort_values("stage_index")
    axes.set_xticks(
        places["stage_index"], places["stage"], rotation=30, ha="right"
    )
    axes.set_xlim(-0.3, len(places) - 0.7)
    axes.set_ylabel("above the mean of random")
    if random.empty:
        axes.set_title("no run from random weights", fontsize=8)


def _top_two(axes, rows, styles):
    """The top two stages averaged, a point for each pair, by kind.

    A stage in which no pair has a value is not averaged, and the axis does not
    name it; a pair that lacks a value in one of the others is left out.
    """
    top = rows[rows["stage_index"].isin(_top_stages(rows))]
    defined = top.groupby("stage_index")["value"].transform("count") > 0
    averaged = top[defined]
    values = averaged.groupby(["kind", *_PAIR], sort=False)[
        ["value", *stage_curves.FLOORS]
    ].agg(lambda of: of.mean(skipna=False))
    for place, (kind, style) in enumerate(styles.items()):
        of = values.loc[kind] if len(values) else values
        whole = of.dropna(subset="value")
        spread = np.linspace(-0.25, 0.25, len(whole))
        axes.plot(
            np.add(place, spread if len(whole) > 1 else 0.0 * spread),
            np.sort(whole["value"]),
            linestyle="none",
            markersize=4,
            alpha=0.8,
            **style,
        )
        _level(axes, place, whole["value"].mean(), **_MEAN)
        for floor, dashes in stage_curves.FLOORS.items():
            _level(
                axes,
                place,
                of[floor].mean(),
                color=style["color"],
                linestyle=dashes,
                linewidth=1,
            )
        _mark_left_out(axes, place, len(of) - len(whole), len(whole))
    names = [kind.replace(" and ", "\nand ") for kind in styles]
    turned = (
        {"rotation": 20, "ha": "right"}
        if len(names) <= _NAMES_FIT
        else {"rotation": 90, "ha": "center"}
    )
    axes.set_xticks(range(len(styles)), names, fontsize=7, **turned)
    axes.set_ylim(*stage_curves.similarity_limits(rows))
    axes.set_ylabel(_averages(top, averaged), fontsize=8)
    axes.grid(axis="y", color="0.9", linewidth=0.8)
    axes.set_axisbelow(True)


def _top_stages(rows):
    return sorted(rows["stage_index"].unique())[-2:]


def _averages(top, averaged):
    """Says of which stages a point is the mean, and which have no value."""
    names, used = (
        list(of.sort_values("stage_index")["stage"].unique())
        for of in (top, averaged)
    )
    if not used:
        return f"{' and '.join(names)}: n/a"
    text = f"mean of {' and '.join(used)}" if len(used) > 1 else used[0]
    left = [name for name in names if name not in used]
    return text + "".join(f" ({name}: n/a)" for name in left)


def _level(axes, place, height, **style):
    axes.hlines(height, place - 0.35, place + 0.35, **style)


def _mark_left_out(axes, place, missing, present):
    if missing or not present:
        axes.text(
            place,
            0.02,
            f"n/a: {missing} of {missing + present}" if present else "n/a",
            transform=axes.get_xaxis_transform(),
            ha="center",
            va="bottom",
            fontsize=7,
            color="0.35",
        )


ABOVE_RANDOM = Aside(
    _above_random,
    {
        "zero is the mean over runs from random weights": _ZERO,
        "shaded: smallest to largest run": {
            "color": "0.3",
            "alpha": 0.15,
            "linewidth": 6,
        },
    },
)
TOP_TWO = Aside(_top_two, {"mean over pairs, each of them a mark": _MEAN})


def _share_heights(panels):
    """Gives all panels the limits that the tallest and the lowest need."""
    limits = np.array([axes.get_ylim() for axes in panels])
    for axes in panels:
        axes.set_ylim(limits[:, 0].min(), limits[:, 1].max())


def _curves(axes, rows, style):
    for _, pair in rows.groupby(_PAIR, sort=False):
        pair = pair.sort_values("stage_index")
        axes.plot(
            pair["stage_index"],
            pair["value"],
            color=style["color"],
            linewidth=0.6,
            alpha=0.5,
        )
        figures.whiskers(axes, pair, style["color"], linewidth=0.9, alpha=0.5)
    columns = ["value", *stage_curves.FLOORS]
    means = rows.groupby("stage_index")[columns].mean()
    axes.plot(means.index, means["value"], markersize=5, linewidth=2, **style)
    for floor, dashes in stage_curves.FLOORS.items():
        axes.plot(
            means.index,
            means[floor],
            color=style["color"],
            linestyle=dashes,
            linewidth=0.9,
        )


def _legend(table, styles):
    pairs = table.drop_duplicates(["kind", *_PAIR])["kind"].value_counts()
    unequal = steps.unequal(table)
    legend = [
        Line2D(
            [],
            [],
            linewidth=2,
            label=_kind_label(kind, pairs[kind])
            + _steps_of(unequal, table[table["kind"] == kind]),
            **of,
        )
        for kind, of in styles.items()
    ]
    # The mean of one pair covers its thin curve.
    if pairs.max() > 1:
        legend.append(Line2D([], [], color="0.3", linewidth=0.6, label=_THIN))
    intervals = stage_curves.interval_legend(table)
    return legend + intervals + stage_curves.floor_legend(table)


def _kind_label(kind, count):
    return f"{kind}: mean of {count}" if count > 1 else f"{kind}: one pair"


def _steps_of(unequal, rows):
    """ ", steps 12 to 40" of the runs of a kind, where runs differ in it."""
    names = {*rows["run"], *rows["other_run"]} & unequal.keys()
    found = sorted({unequal[name] for name in names})
    if not found:
        return ""
    if len(found) == 1:
        return f", step {found[0]}"
    return f", steps {found[0]} to {found[-1]}"
