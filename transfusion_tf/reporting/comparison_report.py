"""Writes what a comparison of runs found: tables, a picture, a verdict."""

import pathlib

from transfusion_tf import files, tables
from transfusion_tf.analysis.comparing import paired_table, run_comparison
from transfusion_tf.reporting import verdict_text
from transfusion_tf.reporting.figures import style
from transfusion_tf.reporting.figures.comparing import comparisons


def write(found, output_dir):
    """Writes arms, comparisons and remarks (CSV), a PNG and verdict.json.

    Args:
        found: analysis.comparing.run_comparison.Comparison.
        output_dir: directory, made if need be.

    Returns:
        What the terminal shows: verdicts in words, then the paths.
    """
    folder = pathlib.Path(output_dir)
    paths = tables.write_rows(
        folder,
        {
            "arms": (found.arm_rows, paired_table.ARM_COLUMNS),
            "comparisons": (found.rows, paired_table.COLUMNS),
            "remarks": (found.remark_rows(), run_comparison.REMARK_COLUMNS),
        },
    )
    if found.rows:
        arms, rows = (tables.read(path) for path in paths[:2])
        figure = comparisons.differences(rows, arms)
        paths.append(style.save(figure, folder / "comparisons.png"))
    files.write_json(folder / "verdict.json", found.as_json())
    return "\n".join(
        [
            *verdict_text.lines(found.rows, margin=found.margin),
            "",
            *verdict_text.learning_rates(found.learning_rates),
            *(f"warning: {line}" for line in found.warnings),
            *(f"left out: {line}" for line in found.left_out),
            *map(str, [*paths, folder / "verdict.json"]),
        ]
    )
