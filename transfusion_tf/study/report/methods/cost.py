"""What the arms of a study cost: time, size of the network, disk."""

import math
import pathlib

from transfusion_tf import tables
from transfusion_tf.reporting.html import page
from transfusion_tf.study import cell_state
from transfusion_tf.study.report import cells
from transfusion_tf.study.report.methods import arm_facts

NAME = "cost"
COLUMNS = (
    "arm",
    "num_runs",
    "num_tried",
    "seconds_per_run",
    "seconds_total",
    "steps",
    "parameters",
    "multiply_adds",
    "megabytes",
)
_MB = 1e6
_GROUP = ["model", "init", "source", "train_size"]
_WHAT = (
    "Seconds are those of trainings with their evaluations, on the machine "
    "that ran them, beside whatever else it did. All finished runs count, also "
    "those at learning rates that were not chosen. Multiply-adds are those of "
    "one image."
)


def _count(name):
    """A function of a row that says its count, or n/a."""
    return lambda row: "n/a" if math.isnan(row[name]) else f"{int(row[name]):,}"


def _tenths(name):
    return lambda row: f"{row[name]:.1f}"


_COLUMNS = (
    cells.Column("arm", "arm"),
    cells.Column("runs", "num_tried", True),
    cells.Column("seconds a run", _tenths("seconds_per_run"), True),
    cells.Column("seconds in all", _tenths("seconds_total"), True),
    cells.Column("steps", "steps", True),
    cells.Column("parameters", _count("parameters"), True),
    cells.Column("multiply-adds", _count("multiply_adds"), True),
    cells.Column("MB on disk", _tenths("megabytes"), True),
)


def section(context):
    """The page.Section of what runs cost; writes cost.csv."""
    found = rows(context)
    path = context.output_dir / f"{NAME}.csv"
    table = tables.read(tables.write(path, found, columns=COLUMNS))
    return page.Section(
        anchor="cost",
        title="Cost",
        blocks=(
            page.Text(text=_WHAT),
            cells.table(
                table.to_dict("records"),
                _COLUMNS,
                caption="What each arm costs.",
                files=(f"{NAME}.csv",),
            ),
        ),
    )


def rows(context):
    """One row (dict of COLUMNS) an arm and a source, from tables and runs.

    Args:
      context: study.report.context.Context.
    """
    planned = context.cells
    done = planned[planned["status"] == cell_state.FINISHED]
    groups = {
        name: part
        for _, part in done.groupby(_GROUP, sort=False, dropna=False)
        for name in part["run"]
    }
    found = []
    for arm in arm_facts.of_context(context):
        # All learning rates that were tried, of which the arm has one.
        tried = groups[arm.runs[0]]
        stages = arm.stages()
        found.append(
            {
                "arm": arm.name,
                "num_runs": len(arm.runs),
                "num_tried": len(tried),
                "seconds_per_run": float(tried["seconds"].mean()),
                "seconds_total": float(tried["seconds"].sum()),
                "steps": int(tried["steps"].max()),
                "parameters": int(stages["parameters"].sum()),
                "multiply_adds": int(stages["multiply_adds"].sum()),
                "megabytes": _megabytes(context, "runs", tried["run"]),
            }
        )
    return [*found, *_source_rows(context)]


def _source_rows(context):
    """Rows of the runs that sources were trained in."""
    if not context.study.sources_table.is_file():
        return
    planned = tables.read(context.study.sources_table)
    done = planned[planned["status"] == cell_state.FINISHED]
    for (model, dataset), tried in done.groupby(
        ["model", "dataset"], sort=False
    ):
        yield {
            "arm": f"source: {model} on {dataset}",
            "num_runs": int(tried["chosen"].eq("yes").sum()),
            "num_tried": len(tried),
            "seconds_per_run": float(tried["seconds"].mean()),
            "seconds_total": float(tried["seconds"].sum()),
            "steps": int(tried["steps"].max()),
            "parameters": None,
            "multiply_adds": None,
            "megabytes": _megabytes(context, "sources", tried["run"]),
        }


def _megabytes(context, folder, names):
    folders = (context.study.root / folder / name for name in names)
    return sum(map(_bytes, folders)) / _MB


def _bytes(folder):
    """Of all files in a directory and below."""
    paths = pathlib.Path(folder).rglob("*")
    return sum(path.stat().st_size for path in paths if path.is_file())
