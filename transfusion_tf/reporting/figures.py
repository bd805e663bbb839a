"""Figures, each drawn from the rows of a table alone.

A function takes a table as `tables.read` returns it and gives a matplotlib
Figure; `save` writes it. No global state of pyplot is touched.
"""

import numpy as np
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
_GRID_COLUMNS = 8
_PAIR = ["run", "step", "other_run", "other_step"]
_MEASURE_NAMES = {"cca": "mean CCA", "svcca": "mean SVCCA"}


def save(figure, path):
    """Writes `figure` as PNG, whole or not at all; returns the path."""
    with files.atomic_write(path) as temporary:
        figure.savefig(temporary, dpi=150, bbox_inches="tight")
    return path


def stage_curves(table, published=None):
    """Similarity from the bottom to the top stage, one panel per measure.

    A curve with markers is a pair of networks; thin lines of its colour are its
    null floors. Undefined values leave a gap.

    Args:
      table: rows of `analysis.views.COLUMNS` of one view.
      published: rows of `published.curves`, drawn as pale lines behind.
    """
    measures = list(dict.fromkeys(table["measure"]))
    pairs = dict(tuple(table.groupby(_PAIR, sort=False)))
    width = max(4.2, 0.75 * table["stage"].nunique() + 1.5)
    references = {}
    if published is not None:
        references = dict(tuple(published.groupby("label", sort=False)))
    num_lines = len(pairs) + 1 + len(FLOORS) + len(references)
    legend_height = 0.21 * num_lines
    figure = Figure(
        figsize=(max(6.0, width * len(measures)), 3.6 + legend_height),
        layout="constrained",
    )
    panels = figure.subplots(1, len(measures), sharey=True, squeeze=False)[0]
    for axes, measure in zip(panels, measures, strict=True):
        for index, rows in enumerate(pairs.values()):
            _curve(axes, rows[rows["measure"] == measure], style(index))
        for index, rows in enumerate(references.values()):
            _reference(axes, rows[rows["measure"] == measure], table, index)
        _label_stages(axes, table)
        axes.set_title(_MEASURE_NAMES.get(measure, measure))
    panels[0].set_ylabel("similarity")
    figure.legend(
        handles=_legend(
            [_pair_label(rows) for rows in pairs.values()], references
        ),
        loc="outside lower center",
        frameon=False,
        fontsize=8,
    )
    return figure


def filter_grids(table):
    """First-layer filters of each run: before, after, and their difference.

    Filters are sorted by how much they changed (L2 norm), the most changed at
    the top left. Mid-grey is zero. Before and after share one scale, so that a
    filter that did not move looks the same; the difference has its own, so that
    a small one is seen.

    Args:
      table: rows of `analysis.filters.KERNEL_COLUMNS`, three channels and two
        steps a run.
    """
    runs = dict(tuple(table.groupby("run", sort=False)))
    grids = {name: _grids(rows) for name, rows in runs.items()}
    shapes = [next(iter(grid.values())).shape for grid in grids.values()]
    heights = [height / width for height, width, _ in shapes]
    figure = Figure(
        figsize=(9.0, 0.5 + sum(2.9 * h + 0.55 for h in heights)),
        layout="constrained",
    )
    panels = figure.subplots(len(runs), 3, squeeze=False, height_ratios=heights)
    for line, (name, grid) in zip(panels, grids.items(), strict=True):
        for axes, (title, picture) in zip(line, grid.items(), strict=True):
            axes.imshow(picture, interpolation="nearest")
            axes.set_axis_off()
            axes.set_title(title, fontsize=8)
        line[0].set_title(
            f"{name}\n{line[0].get_title()}", fontsize=8, loc="left"
        )
        line[0].set_title("")
    figure.suptitle(
        "Filters of the first convolution, most changed first; grey is zero",
        fontsize=10,
    )
    return figure


def filter_bank(table):
    """The filters of one kernel, by rank; mid-grey is zero.

    Args:
      table: rows of `analysis.filters.KERNEL_COLUMNS`, one run and one step,
        three channels.
    """
    kernels = _kernels(table)
    ((title, picture),) = _pictures(kernels).items()
    height, width, _ = picture.shape
    figure = Figure(
        figsize=(5.0, 0.6 + 5.0 * height / width), layout="constrained"
    )
    axes = figure.subplots()
    axes.imshow(picture, interpolation="nearest")
    axes.set_axis_off()
    axes.set_title(f"{table['run'].iloc[0]}, {title}", fontsize=9)
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
            **style(index),
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


def style(index):
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


def _reference(axes, rows, table, index):
    """A published curve, at the places that its stages have in `table`."""
    places = table.drop_duplicates("stage").set_index("stage")["stage_index"]
    rows = rows[rows["stage"].isin(places.index)]
    axes.plot(
        places[rows["stage"]], rows["value"], zorder=1, **_pale_style(index)
    )


def _pale_style(index):
    return {
        "color": "0.72",
        "linewidth": 2.0,
        "marker": MARKERS[index % len(MARKERS)],
        "markersize": 4,
    }


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


def _legend(labels, references):
    curves = [
        Line2D([], [], label=label, **style(index))
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
    pale = [
        Line2D([], [], label=label, **_pale_style(index))
        for index, label in enumerate(references)
    ]
    return curves + floors + pale


def _grids(rows):
    """{title: picture (height, width, 3) in [0, 1]} of one run."""
    kernels = _kernels(rows)
    before, after = kernels.values()
    return _pictures(kernels) | _pictures({"difference": after - before})


def _kernels(rows):
    """{step: (filters by rank, row, column, channel)} of one run."""
    order = ["rank", "row", "column", "channel"]
    shape = [rows[name].nunique() for name in order]
    return {
        f"step {step}": of.sort_values(order)["value"].to_numpy().reshape(shape)
        for step, of in rows.groupby("step", sort=False)
    }


def _pictures(kernels):
    """{title with the scale: picture}; the kernels share the scale."""
    largest = max(np.abs(kernel).max() for kernel in kernels.values()) or 1.0
    return {
        f"{title}, \N{PLUS-MINUS SIGN}{largest:.2g}": _mosaic(
            0.5 + kernel / (2 * largest)
        )
        for title, kernel in kernels.items()
    }


def _mosaic(tiles):
    """Lays (count, h, w, 3) tiles out in rows, white lines between them."""
    tiles = np.pad(tiles, [(0, 0), (1, 0), (1, 0), (0, 0)], constant_values=1)
    count, height, width, channels = tiles.shape
    lines = -(-count // _GRID_COLUMNS)
    grid = np.ones((lines * _GRID_COLUMNS, height, width, channels))
    grid[:count] = tiles
    grid = grid.reshape(lines, _GRID_COLUMNS, height, width, channels)
    return grid.transpose(0, 2, 1, 3, 4).reshape(
        lines * height, _GRID_COLUMNS * width, channels
    )
