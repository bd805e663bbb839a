"""Figures, each drawn from the rows of a table alone.

A function takes a table as `tables.read` returns it and gives a matplotlib
Figure; `save` writes it. No global state of pyplot is touched.
"""

from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from transfusion_tf import files

# Okabe and Ito 2008, told apart with any colour vision; without the yellow,
# which is too pale for lines on white.
PALETTE = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#E69F00",
    "#56B4E9",
    "#000000",
)
MARKERS = "os^Dvp*"
FLOORS = {"layout": "--", "chance": ":"}
_FLOOR_LABELS = {
    "layout": "floor: layout (another image, same position)",
    "chance": "floor: chance (another patient's image, shifted)",
}
_PAIR = ["run", "step", "other_run", "other_step"]
_MEASURE_NAMES = {"cca": "mean CCA", "svcca": "mean SVCCA"}


def save(figure, path):
    """Writes `figure` as PNG, whole or not at all; returns the path."""
    with files.atomic_write(path) as temporary:
        figure.savefig(temporary, dpi=150, bbox_inches="tight")
    return path


def stage_curves(table):
    """Similarity from the bottom to the top stage, one panel per measure.

    A curve with markers is a pair of networks; thin lines of its colour are its
    null floors. Undefined values leave a gap.

    Args:
      table: rows of `analysis.views.COLUMNS` of one view.
    """
    measures = list(dict.fromkeys(table["measure"]))
    pairs = dict(tuple(table.groupby(_PAIR, sort=False)))
    width = max(4.2, 0.75 * table["stage"].nunique() + 1.5)
    legend_height = 0.21 * (len(pairs) + 1 + len(FLOORS))
    figure = Figure(
        figsize=(max(6.0, width * len(measures)), 3.6 + legend_height),
        layout="constrained",
    )
    panels = figure.subplots(1, len(measures), sharey=True, squeeze=False)[0]
    for axes, measure in zip(panels, measures, strict=True):
        for index, rows in enumerate(pairs.values()):
            _curve(axes, rows[rows["measure"] == measure], _style(index))
        _label_stages(axes, table)
        axes.set_title(_MEASURE_NAMES.get(measure, measure))
    panels[0].set_ylabel("similarity")
    figure.legend(
        handles=_legend([_pair_label(rows) for rows in pairs.values()]),
        loc="outside lower center",
        frameon=False,
        fontsize=8,
    )
    return figure


def scaling_probe(table):
    """Divergence of each input scaling, batch norm by batch norm.

    Args:
      table: rows of `analysis.scaling_probe.COLUMNS`.
    """
    figure = Figure(figsize=(7.5, 4.0), layout="constrained")
    axes = figure.subplots()
    for index, (scaling, rows) in enumerate(table.groupby("scaling")):
        axes.plot(
            rows["layer_index"],
            rows["divergence"],
            label=scaling,
            markersize=4,
            **_style(index),
        )
    axes.set_yscale("log")
    axes.set_xlabel("batch norm, bottom to top")
    axes.set_ylabel("divergence of stored from seen\n(nats, lower is closer)")
    axes.set_title(table["run"].iloc[0], fontsize=10)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    figure.legend(fontsize=8, frameon=False, loc="outside right upper")
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def _pair_label(rows):
    first = rows.iloc[0]
    if first["run"] == first["other_run"]:
        steps = f"step {first['step']} against {first['other_step']}"
        return f"{first['run']}, {steps}"
    return f"{first['run']} against {first['other_run']}"


def _style(index):
    """Colour and marker; the pair does not repeat for 49 curves."""
    turn = index // len(PALETTE)
    return {
        "color": PALETTE[index % len(PALETTE)],
        "marker": MARKERS[(index + turn) % len(MARKERS)],
    }


def _curve(axes, rows, style):
    rows = rows.sort_values("stage_index")
    axes.plot(rows["stage_index"], rows["value"], markersize=5, **style)
    for floor, dashes in FLOORS.items():
        axes.plot(
            rows["stage_index"],
            rows[floor],
            color=style["color"],
            linestyle=dashes,
            linewidth=0.9,
        )


def _label_stages(axes, table):
    stages = table.drop_duplicates("stage_index").sort_values("stage_index")
    axes.set_xticks(
        stages["stage_index"], stages["stage"], rotation=30, ha="right"
    )
    axes.set_xlim(-0.3, len(stages) - 0.7)
    axes.set_ylim(-0.02, 1.04)
    axes.set_xlabel("stage, bottom to top")
    axes.grid(axis="y", color="0.9", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def _legend(labels):
    curves = [
        Line2D([], [], label=label, **_style(index))
        for index, label in enumerate(labels)
    ]
    floors = [
        Line2D(
            [],
            [],
            color="0.3",
            linestyle=dashes,
            linewidth=0.9,
            label=_FLOOR_LABELS[floor],
        )
        for floor, dashes in FLOORS.items()
    ]
    return curves + floors
