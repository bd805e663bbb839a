"""Figures, each drawn from the rows of a table alone.

A function takes a table as `tables.read` returns it and gives a matplotlib
Figure; `save` writes it. No global state of pyplot is touched.
"""

import contextlib

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from transfusion_tf import files, tables

# Okabe and Ito 2008, distinguished by any colour vision; without the yellow,
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
_SUFFIXES = (".png", ".pdf")


def save(figure, path):
    """Writes `figure`, whole or not at all; returns the path.

    Args:
      figure: matplotlib Figure.
      path: *.png or *.pdf; equal figures give equal bytes.
    """
    with files.atomic_write(path) as temporary:
        _draw(figure, temporary)
    return path


def save_with_pdf(figure, path):
    """Writes `figure` as <path>.png and <path>.pdf; returns both paths.

    Both are drawn before either takes the place of an earlier one.

    Args:
      figure: matplotlib Figure.
      path: without suffix.
    """
    paths = [path.with_name(f"{path.name}{suffix}") for suffix in _SUFFIXES]
    with contextlib.ExitStack() as stack:
        for one in paths:
            _draw(figure, stack.enter_context(files.atomic_write(one)))
    return paths


def _draw(figure, path):
    # A PDF has the date of its making otherwise, a PNG has none.
    metadata = {"CreationDate": None} if path.suffix == ".pdf" else None
    figure.savefig(path, dpi=150, bbox_inches="tight", metadata=metadata)


def has_points(path, table, *columns):
    """Whether a picture would show anything; if not, prints why it is left out.

    A picture of that name from an earlier call is deleted: beside the new table
    it would be taken for its picture.

    Args:
      path: of the picture.
      table: what would be drawn.
      *columns: those that a point needs.
    """
    if table[list(columns)].notna().all(axis=1).any():
        return True
    path.unlink(missing_ok=True)
    reasons = table["note"].dropna() if "note" in table else ()
    reason = next((f": {note}" for note in reasons if note), ".")
    print(f"No {path.name}: there is no value to draw{reason}")
    return False


def write(table, stem, output_dir, draw, *, needs="value"):
    """Writes <stem>.csv and, drawn from the file, <stem>.png.

    No picture is written where there is nothing to draw, see `has_points`.

    Args:
      table: DataFrame, as of `tables.frame`.
      stem: of the files' names.
      output_dir: directory, made if need be.
      draw: function from a table as `tables.read` returns it to a Figure.
      needs: column without a value in which there is no picture.

    Returns:
      The paths.
    """
    (path,) = tables.write_all(output_dir, {stem: table})
    table, picture = tables.read(path), path.with_suffix(".png")
    if not has_points(picture, table, needs):
        return [path]
    return [path, save(draw(table), picture)]


def style(index):
    """Colour and marker; the pair does not repeat for 49 curves."""
    turn = index // len(PALETTE)
    return {
        "color": PALETTE[index % len(PALETTE)],
        "marker": MARKERS[(index + turn) % len(MARKERS)],
    }


def styles_by_start(init_of):
    """Styles of runs: one colour for a start, its runs differ in the marker.

    Args:
      init_of: {run: name of its initialisation}.

    Returns:
      {run: colour and marker}, those of one start beside each other.
    """
    starts = list(dict.fromkeys(init_of.values()))
    return {
        run: {
            "color": PALETTE[index % len(PALETTE)],
            "marker": MARKERS[(index + place) % len(MARKERS)],
        }
        for index, start in enumerate(starts)
        for place, run in enumerate(r for r in init_of if init_of[r] == start)
    }


def whiskers(axes, rows, color, **options):
    """Draws the intervals (`low`, `high`) of values by stage, where defined."""
    axes.vlines(
        rows["stage_index"], rows["low"], rows["high"], color=color, **options
    )


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
