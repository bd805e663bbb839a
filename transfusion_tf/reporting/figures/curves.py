"""ROC and precision-recall curves, drawn from the rows of curves.csv."""

from matplotlib.lines import Line2D

from transfusion_tf.reporting.figures import question_panels

_AXES = {
    "roc": ("1 - specificity", "sensitivity"),
    "precision_recall": ("sensitivity (recall)", "precision"),
}


def draw(table, *, arms=None):
    """Two panels for each question, a line a run.

    Args:
      table: rows of `analysis.probability_tables.CURVE_COLUMNS`.
      arms: {run: name of its arm}; None: network and init are named.
    """
    return question_panels.draw(
        table,
        _panel,
        by="curve",
        labels=_AXES,
        arms=arms,
        legend=[
            Line2D(
                [], [], color="0.6", ls="--", label="scores that say nothing"
            )
        ],
    )


def _panel(axes, rows, styles):
    baseline = rows["baseline"].iloc[0]
    is_roc = baseline != baseline  # NaN: the diagonal.
    ends = [0, 1] if is_roc else [baseline] * 2
    axes.plot([0, 1], ends, color="0.6", linestyle="--", linewidth=0.9)
    for run, of_run in rows.groupby("run", sort=False):
        axes.plot(
            of_run["x"],
            of_run["y"],
            linewidth=1.2,
            markersize=3.5,
            markevery=0.1,
            **styles[run],
            drawstyle="default" if is_roc else "steps-post",
        )
