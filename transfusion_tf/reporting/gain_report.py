"""Writes how similarity goes with gain: tables, and a figure a measure."""

import pathlib

from transfusion_tf import tables
from transfusion_tf.analysis import gain
from transfusion_tf.reporting.figures import gain as gain_figure
from transfusion_tf.reporting.figures import style


def write(found, output_dir):
    """Writes gain_points.csv, gain_correlations.csv and gain_<measure>.png.

    Args:
      found: {stem: DataFrame}, as of analysis.gain.run.
      output_dir: directory, made if need be.

    Returns:
      The paths.
    """
    paths = tables.write_all(output_dir, found)
    points, correlations = map(tables.read, paths)
    lines = gain.lines(points)
    for measure in dict.fromkeys(points["measure"]):
        of_measure = (
            table[table["measure"] == measure]
            for table in (points, correlations, lines)
        )
        path = pathlib.Path(output_dir) / f"gain_{measure}.png"
        of_points, *others = of_measure
        if style.has_points(path, of_points, "similarity", "gain"):
            figure = gain_figure.scatter(of_points, *others)
            paths.append(style.save(figure, path))
    return paths
