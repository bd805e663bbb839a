"""A picture of a training batch: what the network sees, with its labels."""

import textwrap

import numpy as np
from matplotlib.figure import Figure

MOST = 32  # Images in the picture.
_COLUMNS = 8
_WIDTH, _HEIGHT = 1.5, 1.95  # Inches of an image with its two lines.
_LINE = 0.2  # Inches of a line of the title.
_TITLE_LETTERS = 140  # In a line.
_LETTERS = 20  # Of a label, above an image.
_MISSING = -1


def draw(batch, *, classes, about):
    """A Figure of the first images of a batch, at most MOST.

    Args:
      batch: {"image": (n, H, W, 3) in [0, 255], "label": (n,) or
        (n, num_labels) integers, "id": (n,) str}; what else it has is not
        shown.
      classes: names of classes, or of labels.
      about: text of the title.
    """
    total = len(batch["image"])
    shown = min(total, MOST)
    count = f"{shown} of {total}" if shown < total else f"{total}"
    title = textwrap.fill(about, _TITLE_LETTERS)
    title += f"\n{count} images as the network sees them"
    rows = -(-shown // _COLUMNS)
    above = _LINE * (title.count("\n") + 2)
    size = _COLUMNS * _WIDTH, above + rows * _HEIGHT
    figure = Figure(figsize=size)
    figure.suptitle(title, fontsize=9, y=1 - _LINE / 3 / size[1])
    grid = figure.subplots(rows, _COLUMNS, squeeze=False).ravel()
    for axes in grid:
        axes.set_axis_off()
    for place, axes in enumerate(grid[:shown]):
        pixels = np.rint(np.clip(batch["image"][place], 0, 255))
        axes.imshow(pixels.astype(np.uint8), interpolation="nearest")
        text = label_text(batch["label"][place], classes)
        short = textwrap.shorten(text, _LETTERS, placeholder="...")
        axes.set_title(short or text[:_LETTERS], fontsize=7, pad=9)
        axes.text(
            0.5,
            1.02,
            batch["id"][place],
            fontsize=5,
            color="#555555",
            ha="center",
            va="bottom",
            transform=axes.transAxes,
        )
    figure.subplots_adjust(
        left=0.01,
        right=0.99,
        bottom=0.02,
        top=1 - (above + 0.3) / size[1],
        wspace=0.06,
        hspace=0.3,
    )
    return figure


def label_text(label, classes):
    """The name of a class; of several labels those that hold, `?` if missing.

    Args:
      label: index of a class, or (num_labels,) 1, 0 or -1 (missing).
      classes: their names.
    """
    if np.ndim(label) == 0:
        return classes[int(label)]
    found = [
        name if value == 1 else f"{name}?"
        for name, value in zip(classes, label, strict=True)
        if value in (1, _MISSING)
    ]
    return ", ".join(found) or "none"
