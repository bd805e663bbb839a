"""Writes what is known of first-layer filters: tables and figures."""

import pathlib

from transfusion_tf import tables
from transfusion_tf.reporting.figures import filters, gabor, style


def write(found, output_dir, *, scale="all"):
    """Writes <stem>.csv of each table, filters*.png and gabor_like.png.

    Without a fit (small kernels) there is no gabor_like.png, and a line says
    so.

    Args:
      found: {stem: DataFrame}, as of analysis.filters.tables.run.
      output_dir: directory, made if need be.
      scale: "all": the filters of all runs are drawn on one scale; "run":
        those of each run on its own.

    Returns:
      The paths.
    """
    paths = tables.write_all(output_dir, found)
    written = {path.stem: tables.read(path) for path in paths}
    kernels = written["filter_kernels"]
    about = filters.subject(written["filters"])
    folder = pathlib.Path(output_dir)
    figures = {
        "filters": filters.filter_grids(kernels, about, scale=scale),
        "filters_channels": filters.channel_grids(kernels, about, scale=scale),
    }
    fits = written["gabor_fits"]
    if style.has_points(folder / "gabor_like.png", fits, "r_squared"):
        figures["gabor_like"] = gabor.counts_and_fits(
            written["gabor_counts"], fits, written["gabor_scrambled"], about
        )
    return paths + [
        style.save(figure, folder / f"{stem}.png")
        for stem, figure in figures.items()
    ]


def write_bank(found, output_dir):
    """Writes <stem>.csv of each table, and gabor_bank.png; returns the paths.

    Args:
      found: {stem: DataFrame}, as of analysis.filters.gabor_bank.run.
      output_dir: directory, made if need be.
    """
    paths = tables.write_all(output_dir, found)
    *_, kernels = paths
    figure = filters.filter_bank(tables.read(kernels))
    picture = pathlib.Path(output_dir) / "gabor_bank.png"
    return [*paths, style.save(figure, picture)]
