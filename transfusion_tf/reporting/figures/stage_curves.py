"""Similarity by stage: curves of pairs, floors, and published ones behind."""

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from transfusion_tf.analysis import estimates
from transfusion_tf.analysis.views import steps
from transfusion_tf.reporting.figures import marks
from transfusion_tf.reporting.figures import style as figures

FLOORS = {"layout": "--", "chance": ":"}
_FLOOR_LABELS = {
    "layout": "layout floor: second network shown another image, unshifted; "
    "what the frame alone gives",
    "chance": "chance floor: second network shown another patient's image, "
    "shifted; at this height nothing was found",
}
_NAMES = {
    "cca": "mean CCA",
    "svcca": "mean SVCCA",
    "pwcca": "PWCCA",
    "cka": "linear CKA, debiased",
    "cka_plain": "linear CKA, plain",
    "procrustes": "Procrustes similarity",
    "cca_held_out": "regularised CCA, held out",
    "procrustes_held_out": "Procrustes, held out",
    "mutual_knn": "mutual 10-NN",
    "l2": "L2 distance of weights",
    "relative_l2": "L2 distance over norm",
    "weight_cosine": "cosine of weights",
}
_PAIR = ["run", "step", "other_run", "other_step"]


def draw(table, what, published=None):
    """Similarity from the bottom to the top stage, one panel per measure.

    A curve with markers is a pair of networks, with its intervals or ranges;
    thin lines of its colour are its null floors. Undefined values leave a gap.

    Args:
      table: rows of `analysis.views.rows.TABLE_COLUMNS` of one view.
      what: of `title`.
      published: rows of `published.curves`, drawn as pale lines behind.
    """
    measures = list(dict.fromkeys(table["measure"]))
    pairs = dict(tuple(table.groupby(_PAIR, sort=False)))
    width = max(4.2, 0.75 * table["stage"].nunique() + 1.5)
    unequal = steps.unequal(table)
    legend = _legend([_pair_label(rows, unequal) for rows in pairs.values()])
    legend += floor_legend(table) + interval_legend(table)
    legend += reference_legend(published)
    legend_height = 0.21 * (len(legend) + 1)
    figure = Figure(
        figsize=(max(6.0, width * len(measures)), 4.0 + legend_height),
        layout="constrained",
    )
    panels = figure.subplots(1, len(measures), sharey=True, squeeze=False)[0]
    for axes, measure in zip(panels, measures, strict=True):
        for index, rows in enumerate(pairs.values()):
            _curve(axes, rows[rows["measure"] == measure], figures.style(index))
        mark_missing(axes, table[table["measure"] == measure])
        references(axes, published, measure, table)
        label_stages(axes, table)
        axes.set_title(name_of(measure))
    panels[0].set_ylabel("similarity")
    marks.headed(figure, title(table, what), legend)
    return figure


def title(table, what):
    """Network, what is drawn, and the images, as figures of views are headed.

    Args:
      table: rows of `analysis.views.rows.TABLE_COLUMNS`.
      what: is drawn, in a few words.
    """
    first = table.loc[table["num_images"].first_valid_index()]
    most = table["num_images"].max()
    about = {"num_images": most, "num_patients": first["num_patients"]}
    data = marks.data_title(first["dataset"], first["split"], about)
    if table["num_images"].nunique() > 1:
        data += "; of stages with large maps fewer images are drawn"
    return f"{first['model']}: {what}\n{data}"


def name_of(measure):
    """What a figure calls a measure."""
    return _NAMES.get(measure, measure)


def references(axes, published, measure, table):
    """Draws published curves at the places that their stages have in `table`.

    Args:
      axes: where to.
      published: rows of `published.curves`, or None.
      measure: the one that is drawn.
      table: rows with `stage` and `stage_index`.
    """
    places = table.drop_duplicates("stage").set_index("stage")["stage_index"]
    for index, rows in enumerate(_by_label(published).values()):
        rows = rows[rows["stage"].isin(places.index)]
        rows = rows[rows["measure"] == measure]
        axes.plot(
            places[rows["stage"]], rows["value"], zorder=1, **_pale_style(index)
        )


def reference_legend(published):
    """Legend handles of `references`."""
    return [
        Line2D([], [], label=label, **_pale_style(index))
        for index, label in enumerate(_by_label(published))
    ]


def interval_legend(table):
    """Legend handles of the vertical bars: what `low` and `high` are."""
    bars = table.dropna(subset=["low"])
    return [
        Line2D([], [], color="0.3", linewidth=1.2, label=label)
        for label in dict.fromkeys(map(_bar_label, bars.to_dict("records")))
    ]


def _bar_label(row):
    if row["interval"] == estimates.RANGE:
        return "bars: smallest to largest draw of the same images, no interval"
    return f"bars: {100 * row['level']:g}% interval, over other such images"


def floor_legend(table, floors=tuple(FLOORS)):
    """Legend handles of those of the null `floors` that `table` has."""
    return [
        Line2D(
            [],
            [],
            color="0.3",
            linestyle=dashes,
            linewidth=0.9,
            label=_FLOOR_LABELS[floor],
        )
        for floor, dashes in FLOORS.items()
        if floor in floors and table[floor].notna().any()
    ]


def mark_missing(axes, rows, column="value"):
    """Writes n/a above each stage where values are undefined, and how many.

    Args:
      axes: curves by stage.
      rows: those that are drawn there, one a curve and stage.
      column: of the values.
    """
    for place, values in rows.groupby("stage_index")[column]:
        missing = int(values.isna().sum())
        if not missing:
            continue
        is_all = missing == len(values)
        axes.text(
            place,
            0.02,
            "n/a" if is_all else f"n/a: {missing} of {len(values)}",
            transform=axes.get_xaxis_transform(),
            rotation=90,
            ha="center",
            va="bottom",
            fontsize=7,
            color="0.35",
        )


def similarity_limits(table):
    """(low, high) of the axis of similarities: 0 to 1, and what lies below.

    Debiased CKA and cosines may be negative.
    """
    drawn = table[["value", "low", *FLOORS]].min().min()
    return min(-0.02, drawn - 0.02), 1.04


def label_stages(axes, table):
    """The axes of a curve by stage."""
    stages = table.drop_duplicates("stage_index").sort_values("stage_index")
    axes.set_xticks(
        stages["stage_index"], stages["stage"], rotation=30, ha="right"
    )
    axes.set_xlim(-0.3, len(stages) - 0.7)
    axes.set_ylim(*similarity_limits(table))
    axes.set_xlabel("stage, bottom to top")
    marks.frame(axes, "y")


def _by_label(published):
    if published is None:
        return {}
    return dict(tuple(published.groupby("label", sort=False)))


def _curve(axes, rows, style):
    rows = rows.sort_values("stage_index")
    axes.plot(rows["stage_index"], rows["value"], markersize=5, **style)
    figures.whiskers(axes, rows, style["color"], linewidth=1.2)
    for floor, dashes in FLOORS.items():
        axes.plot(
            rows["stage_index"],
            rows[floor],
            color=style["color"],
            linestyle=dashes,
            linewidth=0.9,
        )


def _pale_style(index):
    return {
        "color": "0.72",
        "linewidth": 2.0,
        "marker": figures.MARKERS[index % len(figures.MARKERS)],
        "markersize": 4,
    }


def _pair_label(rows, unequal):
    first = rows.iloc[0]
    run, other = first["run"], first["other_run"]
    if run == other:
        return f"{run}, step {first['step']} against {first['other_step']}"
    sides = [name + steps.suffix(unequal, name) for name in (run, other)]
    return " against ".join(sides)


def _legend(labels):
    return [
        Line2D([], [], label=label, **figures.style(index))
        for index, label in enumerate(labels)
    ]
