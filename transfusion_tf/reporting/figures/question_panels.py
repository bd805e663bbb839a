"""Square panels from 0 to 1: one for each data set, network and question."""

from matplotlib.figure import Figure

from transfusion_tf.reporting.figures import marks, run_groups

_SIDE = 2.7
_MOST_COLUMNS = 4


def draw(table, panel, *, labels, legend, by=None, arms=None):
    """Draws `panel` for each question.

    Args:
      table: rows with the columns run, model, init, seed, dataset, split,
        auc_of, num_images and num_patients.
      panel: function of (axes, rows of a question, {run: style}).
      labels: of the x and the y axis; with `by` {value: both}.
      legend: further handles.
      by: column that splits a question into several panels.
      arms: {run: name of its arm}, for the legend; see run_groups.labels.
    """
    keys = ["auc_of", *([by] if by else [])]
    groups = [
        (network, key, rows)
        for (_, network), of in run_groups.of_networks(table)
        for key, rows in of.groupby(keys, sort=False)
    ]
    runs = run_groups.labels(table, arms)
    styles = run_groups.styles(runs)
    columns = min(_MOST_COLUMNS, max(1, len(groups)))
    lines = max(1, -(-len(groups) // columns))
    handles = [*run_groups.handles(runs), *legend]
    figure = Figure(
        figsize=(
            max(2, columns) * _SIDE,
            lines * (_SIDE + 0.6) + 0.2 * len(handles) + 0.3,
        ),
        layout="constrained",
    )
    grid = figure.subplots(lines, columns, squeeze=False).ravel()
    for axes in grid[len(groups) :]:
        axes.set_visible(False)
    for axes, (network, key, rows) in zip(grid, groups, strict=False):
        panel(axes, rows, styles)
        title = f"{network}: {key[0]}" if network else key[0]
        _finish(axes, title, rows.iloc[0], labels[key[-1]] if by else labels)
    marks.legend_below(figure, handles)
    return figure


def _finish(axes, title, first, labels):
    data = marks.data_title(
        first["dataset"], first["split"], first, between="\n"
    )
    axes.set_title(f"{title}\n{data}", fontsize=8, loc="left")
    axes.set_xlabel(labels[0], fontsize=8)
    axes.set_ylabel(labels[1], fontsize=8)
    axes.set_xlim(-0.02, 1.02)
    axes.set_ylim(-0.02, 1.02)
    axes.tick_params(labelsize=8)
    axes.set_aspect("equal")
