"""Figures, each drawn from the rows of a table alone.

A function takes a table as `tables.read` returns it and gives a matplotlib
Figure; `save` writes it. No global state of pyplot is touched.
"""

import numpy as np
from matplotlib.figure import Figure
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
_GRID_COLUMNS = 8


def save(figure, path):
    """Writes `figure` as PNG, whole or not at all; returns the path."""
    with files.atomic_write(path) as temporary:
        figure.savefig(temporary, dpi=150, bbox_inches="tight")
    return path


def style(index):
    """Colour and marker; the pair does not repeat for 49 curves."""
    turn = index // len(PALETTE)
    return {
        "color": PALETTE[index % len(PALETTE)],
        "marker": MARKERS[(index + turn) % len(MARKERS)],
    }


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
