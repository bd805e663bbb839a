"""What the arms of a study cost: time, size of the network, disk."""

import math
import pathlib

from transfusion_tf import tables
from transfusion_tf.reporting.html import page
from transfusion_tf.study import cell_state
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
            page.Table(
                caption="What each arm costs.",
                headings=(
                    "arm",
                    "runs",
                    "seconds a run",
                    "seconds in all",
                    "steps",
                    "parameters",
                    "multiply-adds",
                    "MB on disk",
                ),
                rows=tuple(map(_shown, table.to_dict("records"))),
                numbers=tuple(range(1, 8)),
                files=(f"{NAME}.csv",),
            ),
        ),
    )


def rows(context):
    """One row (dict of COLUMNS) an arm and a source, from tables and runs.

    Args:
      context: study.report.context.Context.
    """
    cells = context.cells
    done = cells[cells["status"] == cell_state.FINISHED]
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
    cells = tables.read(context.study.sources_table)
    done = cells[cells["status"] == cell_state.FINISHED]
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


def _shown(row):
    return (
        row["arm"],
        f"{row['num_tried']}",
        f"{row['seconds_per_run']:.1f}",
        f"{row['seconds_total']:.1f}",
        f"{row['steps']}",
        _count(row["parameters"]),
        _count(row["multiply_adds"]),
        f"{row['megabytes']:.1f}",
    )


def _count(value):
    return "n/a" if math.isnan(value) else f"{int(value):,}"
