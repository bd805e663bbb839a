"""How the scores of new images are distributed, beside those of val."""

import numpy as np
from matplotlib.figure import Figure

from transfusion_tf.reporting.figures import marks, style

NUM_BINS = 20
_MOST_COLUMNS = 4
_SIDE = 2.9
NEW = "new images"


def draw(panels):
    """A histogram for each score, with the threshold as a dashed line.

    Bars are shares of the images of a group, so that groups of unequal size
    can be compared.

    Args:
      panels: list of dicts: `name` of what is scored; `threshold`, a number or
        None; `groups`, {name: (num_images,) scores from 0 to 1}, of which NEW
        is drawn as a black line and others, those of val, as filled bars.
    """
    columns = min(_MOST_COLUMNS, len(panels))
    lines = -(-len(panels) // columns)
    figure = Figure(
        figsize=(max(2, columns) * _SIDE, lines * (_SIDE - 0.4) + 0.7),
        layout="constrained",
    )
    grid = figure.subplots(lines, columns, squeeze=False).ravel()
    for axes in grid[len(panels) :]:
        axes.set_visible(False)
    for axes, panel in zip(grid, panels, strict=False):
        _panel(axes, panel)
    handles = {}
    for axes in grid[: len(panels)]:
        for handle, label in zip(
            *axes.get_legend_handles_labels(), strict=True
        ):
            handles.setdefault(label, handle)
    figure.legend(
        handles.values(),
        handles,
        loc="outside lower center",
        ncols=2,
        fontsize=8,
        frameon=False,
    )
    return figure


def _panel(axes, panel):
    bins = np.linspace(0, 1, NUM_BINS + 1)
    others = [name for name in panel["groups"] if name != NEW]
    for name, color in zip(others, style.PALETTE, strict=False):
        _histogram(
            axes,
            panel["groups"][name],
            bins,
            label=name,
            histtype="stepfilled",
            color=color,
            alpha=0.4,
        )
    _histogram(
        axes,
        panel["groups"][NEW],
        bins,
        label=NEW,
        histtype="step",
        color="black",
        linewidth=1.4,
    )
    if panel["threshold"] is not None:
        axes.axvline(
            panel["threshold"],
            color="0.3",
            linestyle="--",
            linewidth=1,
            label="threshold",
        )
    number = len(panel["groups"][NEW])
    images = "image" if number == 1 else "images"
    title = f"{panel['name']}\n{number:,} {images}"
    marks.panel_title(axes, title, fontsize=8)
    axes.set_xlabel("score", fontsize=8)
    axes.set_ylabel("share of the images", fontsize=8)
    axes.set_xlim(0, 1)
    axes.tick_params(labelsize=8)
    axes.spines[["top", "right"]].set_visible(False)


def _histogram(axes, scores, bins, **options):
    if len(scores):
        weights = np.full(len(scores), 1 / len(scores))
        axes.hist(scores, bins, weights=weights, **options)
