"""Numbers of a study that its report counts: comparisons, arms and runs."""

from transfusion_tf import tables
from transfusion_tf.reporting import verdict_summary
from transfusion_tf.study import cell_state

NAME = "counts.csv"
COLUMNS = ("what", "number")
_STATES = (
    cell_state.FINISHED,
    cell_state.FAILED,
    cell_state.WAITING,
    cell_state.LEFT_OUT,
)


def of_context(context):
    """{what is counted: number}, see docs/tables.md."""
    grouped = verdict_summary.grouped(context.rows)
    found = {f"comparisons {name}": len(rows) for name, rows in grouped.items()}
    states = context.cells["status"].value_counts()
    found |= {f"runs {state}": int(states.get(state, 0)) for state in _STATES}
    return {
        "comparisons": len(context.rows),
        **found,
        "runs": len(context.cells),
        "runs compared": len(context.runs),
        "arms": len(context.arms),
        "pairs of 100 that the margin is": float(
            verdict_summary.pairs_of_100(context.config.margin)
        ),
    }


def write(context):
    """Writes counts.csv; returns what `of_context` does."""
    found = of_context(context)
    rows = [{"what": what, "number": n} for what, n in found.items()]
    tables.write(context.output_dir / NAME, rows, columns=COLUMNS)
    return found
