"""Writes a view of representations: its table, its fits, and its figure."""

import pathlib

from transfusion_tf import tables
from transfusion_tf.analysis.views import rows, selection, start_end, steps
from transfusion_tf.reporting.figures import style
from transfusion_tf.reporting.figures import views as figures
from transfusion_tf.reporting.published import lookup
from transfusion_tf.runs import globs, record
from transfusion_tf.runs.directory import RunDir


def references(names, runs, measures):
    """Published curves to draw behind those of runs, as a DataFrame, or None.

    Args:
      names: as of `lookup.curves`; [] for none.
      runs: run directories or patterns of them.
      measures: names of the measures that are compared.

    Raises:
      FileNotFoundError: there is no such run.
      ValueError: an unknown name, or curves of other stages or measures.
    """
    if not names:
        return None
    curves = lookup.curves(names)
    first = RunDir(globs.expanded(runs)[0])
    model = record.read_config(first).model.name
    lookup.check_fit(names, model=model, measures=measures)
    return curves


def write(table, view, output_dir, *, published=None):
    """Writes <view>.csv, <view>.png and, with points, <view>_fits.csv.

    A picture without a single value is not written. Prints what a reader of
    the picture must know (`findings`).

    Args:
      table: DataFrame, as of analysis.representations.run.
      view: name of the view.
      output_dir: directory, made if need be.
      published: as of `references`.

    Returns:
      The paths.
    """
    paths = tables.write_all(output_dir, {view: table})
    # From the file, so that the picture shows what was written.
    table, more = tables.read(paths[0]), {}
    if selection.VIEWS[view].has_points:
        fits = start_end.table_of_fits(table)
        paths += tables.write_all(output_dir, {f"{view}_fits": fits})
        more["fits"] = fits
    if published is not None:
        more["published"] = published
    for line in findings(table):
        print(line)
    picture = pathlib.Path(output_dir) / f"{view}.png"
    if style.has_points(picture, table, "value"):
        paths.append(style.save(figures.FIGURES[view](table, **more), picture))
    return paths


def findings(table):
    """Lines on what limits a view: unequal steps, few groups of images.

    Args:
      table: rows of analysis.views.rows.COLUMNS of one view.
    """
    lines = []
    if unequal := steps.unequal(table):
        lines.append(
            f"The runs are compared at steps {min(unequal.values())} to "
            f"{max(unequal.values())}: how long they were trained may be what "
            "differs (--checkpoint=last compares the ends of training)."
        )
    few = table["note"].str.extract(f"({rows.FEWER_GROUPS} [^.]*)")[0].dropna()
    return lines + [f"{line}." for line in few.unique()]
