"""Writes how soon arms reach a validation AUC: tables, a picture, words."""

from transfusion_tf import tables
from transfusion_tf.analysis.comparing import convergence, stage_convergence
from transfusion_tf.reporting.figures import style
from transfusion_tf.reporting.figures.comparing import convergence as figure
from transfusion_tf.reporting.figures.comparing import (
    stage_convergence as stage_figure,
)
from transfusion_tf.statistics import equivalence

_STEM = "convergence"


def write(found, output_dir):
    """Writes convergence.csv, _runs.csv, _curves.csv and convergence.png.

    And, where there are runs from weight transfusion, convergence_stages.csv
    and .png.

    Args:
        found: an analysis.comparing.convergence.Convergence.
        output_dir: directory, made if need be.

    Returns:
        What the terminal shows: a sentence an arm, then the paths.
    """
    paths = tables.write_rows(output_dir, tables_of(found))
    drawn = figure.draw(*map(tables.read, paths), dataset=found.dataset)
    paths.append(style.save(drawn, paths[0].with_suffix(".png")))
    if found.stage_rows:
        paths += _by_stage(found, output_dir, paths)
    return "\n".join(
        [
            f"Steps to a validation AUC of {found.target:.4f} on "
            f"{found.dataset}:",
            *(sentence(row) for row in found.rows if row["unit"] == "step"),
            "",
            *(f"left out: {line}" for line in found.left_out),
            *map(str, paths),
        ]
    )


def tables_of(found):
    """{stem: (rows, columns)} of a Convergence, for tables.write_rows."""
    return {
        _STEM: (found.rows, convergence.COLUMNS),
        f"{_STEM}_runs": (found.run_rows, convergence.RUN_COLUMNS),
        f"{_STEM}_curves": (found.curve_rows, convergence.CURVE_COLUMNS),
    }


def _by_stage(found, output_dir, paths):
    """Writes the table by stage and, drawn from it, the picture."""
    table, runs = map(tables.read, paths[:2])
    return style.write(
        tables.frame(found.stage_rows, columns=stage_convergence.COLUMNS),
        f"{_STEM}_stages",
        output_dir,
        lambda stages: stage_figure.draw(
            stages, runs, table, dataset=found.dataset
        ),
        needs="num_runs",  # Runs are drawn where there is no median, too.
    )


def sentence(row):
    """A row of analysis.comparing.convergence.COLUMNS in words."""
    text = f"{row['arm']}: {row['num_reached']} of {row['num_runs']} reached it"
    if row["median"] is not None:
        text += f", median {row['median']:,.0f} steps"
    if row["p_value"] is None:
        return f"{text} (reference)."
    if row["speed_up"] is not None:
        text += f"; {row['speed_up']:.2f} times as fast {_interval(row)}"
    text += f"; p = {row['p_value']:.3g}"
    if row["smallest_p_value"] > equivalence.SIGNIFICANCE:
        text += (
            f" (with this many runs p cannot be below "
            f"{row['smallest_p_value']:.2g}: more seeds are needed)"
        )
    return f"{text}{'; ' + row['note'] if row['note'] else ''}."


def _interval(row):
    low = "0" if row["low"] is None else f"{row['low']:.2f}"
    high = "no bound" if row["high"] is None else f"{row['high']:.2f}"
    return f"[{low}, {high}]"
