"""Reliability diagrams, drawn from the rows of calibration_bins.csv."""

from matplotlib.lines import Line2D

from transfusion_tf.reporting.figures import question_panels


def diagrams(table, *, arms=None):
    """A panel for each question: share of positives by score, a line a run.

    Args:
      table: rows of `analysis.probability_tables.BIN_COLUMNS`.
      arms: {run: name of its arm}; None: network and init are named.
    """
    return question_panels.draw(
        table[table["count"] > 0],
        _panel,
        labels=("mean score of the images in a bin", "share of positives"),
        arms=arms,
        legend=[
            Line2D([], [], color="0.6", ls="--", label="calibrated"),
            Line2D([], [], color="0.3", lw=1, label="95% interval of a share"),
        ],
    )


def _panel(axes, rows, styles):
    axes.plot([0, 1], [0, 1], color="0.6", linestyle="--", linewidth=0.9)
    for run, of_run in rows.groupby("run", sort=False):
        axes.vlines(
            of_run["mean_score"],
            of_run["low"],
            of_run["high"],
            color=styles[run]["color"],
            linewidth=0.8,
            alpha=0.5,
        )
        axes.plot(
            of_run["mean_score"],
            of_run["share"],
            markersize=4,
            linewidth=1,
            **styles[run],
        )
