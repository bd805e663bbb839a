"""Figures of first-layer filters, from the tables of analyze_filters.py.

In all pictures of filters mid-grey is zero, and a run's filters are sorted by
their rank.
"""

import numpy as np
from matplotlib.figure import Figure

from transfusion_tf.reporting.figures import marks

_GRID_COLUMNS = 8
_COLORS = ("red", "green", "blue")
_READING = "most changed first, grey is zero, the scale is in the titles"
_PANEL_WIDTH = 2.9  # Inches, of a grid as wide as it is high.


def subject(table):
    """Networks and what they were trained on, as figures of filters are headed.

    Args:
      table: rows of filters.csv.
    """
    models, datasets = (
        ", ".join(dict.fromkeys(table[name])) for name in ("model", "dataset")
    )
    return f"{models} trained on {datasets}"


def filter_grids(table, about, *, scale="all"):
    """First-layer filters of each run: before, after, and their difference.

    Filters are sorted by how much they changed (L2 norm), the most changed at
    the top left. Before and after share one scale, so that a filter that did
    not move looks the same; the difference has its own, so that a small one is
    seen.

    Args:
      table: rows of `analysis.filters.KERNEL_COLUMNS`, three channels and two
        steps a run.
      about: as of `subject`.
      scale: "all": the runs share both scales; "run": each has its own.
    """
    kernels = _by_run(table)
    differences = {
        run: {"difference": after - before}
        for run, (before, after) in (
            (run, of.values()) for run, of in kernels.items()
        )
    }
    grids = _pictures(kernels, scale)
    for run, pictures in _pictures(differences, scale).items():
        grids[run] |= pictures
    return _draw(
        grids,
        f"{about}: filters of the first convolution\n{_READING}",
    )


def channel_grids(table, about, *, scale="all"):
    """The filters of `filter_grids` in each input channel, before and after.

    Args:
      table, about, scale: like those of `filter_grids`. The channels share
        the scale.
    """
    channels = {
        run: {
            f"{color}, {title}": kernel[..., [index] * 3]
            for index, color in enumerate(_COLORS)
            for title, kernel in of.items()
        }
        for run, of in _by_run(table).items()
    }
    return _draw(
        _pictures(channels, scale),
        f"{about}: filters of the first convolution in each channel\n"
        f"{_READING}",
    )


def filter_bank(table):
    """The filters of one kernel, by rank.

    Args:
      table: rows of `analysis.filters.KERNEL_COLUMNS`, one run and one step,
        three channels.
    """
    ((run, pictures),) = _pictures(_by_run(table), "all").items()
    ((title, picture),) = pictures.items()
    height, width, _ = picture.shape
    figure = Figure(
        figsize=(5.0, 0.6 + 5.0 * height / width), layout="constrained"
    )
    axes = figure.subplots()
    axes.imshow(picture, interpolation="nearest")
    axes.set_axis_off()
    marks.panel_title(axes, f"{run}, {title}")
    return figure


def _draw(grids, headline):
    """A line of panels for each run of {run: {title: picture}}."""
    pictures = [next(iter(of.values())) for of in grids.values()]
    heights = [
        height / width for height, width, _ in (p.shape for p in pictures)
    ]
    columns = len(next(iter(grids.values())))
    figure = Figure(
        figsize=(
            _PANEL_WIDTH * columns + 0.3,
            0.7 + sum(_PANEL_WIDTH * h + 0.55 for h in heights),
        ),
        layout="constrained",
    )
    panels = figure.subplots(
        len(grids), columns, squeeze=False, height_ratios=heights
    )
    for line, (run, of) in zip(panels, grids.items(), strict=True):
        for axes, (title, picture) in zip(line, of.items(), strict=True):
            axes.imshow(picture, interpolation="nearest")
            axes.set_axis_off()
            axes.set_title(title, fontsize=8)
        title = f"{run}\n{line[0].get_title()}"
        marks.panel_title(line[0], title, fontsize=8, span=columns, loc="left")
        line[0].set_title("")
    marks.headed(figure, headline, [])
    return figure


def _by_run(table):
    """{run: {"step N": (filters by rank, row, column, channel)}}."""
    return {
        run: _kernels(rows) for run, rows in table.groupby("run", sort=False)
    }


def _kernels(rows):
    order = ["rank", "row", "column", "channel"]
    shape = [rows[name].nunique() for name in order]
    return {
        f"step {step}": of.sort_values(order)["value"].to_numpy().reshape(shape)
        for step, of in rows.groupby("step", sort=False)
    }


def _pictures(kernels, scale):
    """{run: {title with the scale: picture}} of {run: {title: kernel}}."""
    largest = {
        run: max(np.abs(kernel).max() for kernel in of.values())
        for run, of in kernels.items()
    }
    if scale == "all":
        largest = dict.fromkeys(largest, max(largest.values()))
    return {
        run: {
            f"{title}, \N{PLUS-MINUS SIGN}{largest[run]:.2g}": _mosaic(
                0.5 + kernel / (2 * (largest[run] or 1.0))
            )
            for title, kernel in of.items()
        }
        for run, of in kernels.items()
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
