"""AUCs with their intervals, drawn from the rows of auc.csv or arm_aucs.csv.

A band for each AUC, and in it a point for each run or arm.
"""

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from transfusion_tf.reporting.figures import marks, run_groups, style

_MOST_COLUMNS = 3


def intervals(table):
    """One point with its interval for each run.

    Runs on different data sets are drawn in panels of their own: their AUCs
    are not to be compared.

    Args:
      table: rows of `analysis.auc_table.COLUMNS`.
    """
    labels = run_groups.labels(table)
    panels = list(table.groupby("dataset", sort=False))
    heights = [_height(rows, "run") for _, rows in panels]
    figure = Figure(figsize=(7.5, sum(heights) + 0.6), layout="constrained")
    axes = figure.subplots(
        len(panels), squeeze=False, height_ratios=heights, sharex=True
    )[:, 0]
    for panel, (dataset, rows) in zip(axes, panels, strict=True):
        own = {run: labels[run] for run in dict.fromkeys(rows["run"])}
        looks = run_groups.styles(own)
        # Those of one look beside each other.
        ranks = {label: i for i, label in enumerate(own.values())}
        order = sorted(own, key=lambda run: ranks[own[run]])
        _panel(panel, rows, "run", {run: looks[run] for run in order})
        panel.set_ylabel("AUC of (positive against negative)")
        panel.set_title(_title(dataset, rows), fontsize=9, loc="left")
        panel.legend(
            handles=run_groups.handles(own, ls=""),
            loc="upper left",
            bbox_to_anchor=(1, 1),
            frameon=False,
            fontsize=8,
        )
    axes[-1].set_xlabel(_value_label(table, "auc.csv"))
    return figure


def of_arms(table):
    """One point with its interval for each arm, in a panel for each network.

    Args:
      table: rows of `analysis.comparing.arm_aucs.COLUMNS`.
    """
    starts = dict.fromkeys(map(_start, table["arm"], table["model"]))
    looks = {start: style.style(index) for index, start in enumerate(starts)}
    panels = list(table.groupby("model", sort=False))
    columns = min(_MOST_COLUMNS, len(panels))
    lines = -(-len(panels) // columns)
    height = max(_height(rows, "arm") for _, rows in panels)
    figure = Figure(
        figsize=(
            1.6 + 3.1 * max(2, columns),
            lines * height + 0.8 + 0.1 * len(looks),
        ),
        layout="constrained",
    )
    grid = figure.subplots(
        lines, columns, squeeze=False, sharex=True, sharey=True
    ).ravel()
    for axes in grid[len(panels) :]:
        axes.set_visible(False)
    for axes, (network, rows) in zip(grid, panels, strict=False):
        own = {arm: looks[_start(arm, network)] for arm in rows["arm"]}
        _panel(axes, rows, "arm", own)
        marks.panel_title(axes, network, loc="left")
        axes.set_xlabel(_value_label(table, "arm_aucs.csv"), fontsize=8)
        axes.tick_params(labelsize=8, labelbottom=True)
    for axes in grid[::columns]:
        axes.set_ylabel("AUC of (positive against negative)", fontsize=8)
    marks.headed(
        figure,
        f"{_title(table['dataset'].iloc[0], table)}; means over seeds",
        [
            *(
                Line2D([], [], label=start, **{**look, "ls": ""})
                for start, look in looks.items()
            ),
            Line2D([], [], color="0.5", marker="|", ls="", label="one seed"),
        ],
        3,
    )
    return figure


def _start(arm, network):
    """What an arm of a network is called within the panel of the network."""
    return arm.removeprefix(f"{network} ")


def _height(rows, of):
    per_auc = rows[of].nunique()
    return 0.8 + rows["auc_of"].nunique() * (0.2 + 0.22 * per_auc)


def _title(dataset, rows):
    return marks.data_title(dataset, rows["split"].iloc[0], rows.iloc[0])


def _value_label(table, file):
    label = f"AUC with {100 * table['level'].iloc[0]:g}% interval"
    if marks.noted(table).any():
        label += f"\nhollow: see note in {file} (few of a class, or one seed)"
    return label


def _panel(axes, rows, of, looks):
    """A band for each AUC; from top to bottom its points, in one order.

    Args:
      axes: of matplotlib.
      rows: of the table.
      of: column whose values have a point each.
      looks: {value of the column: colour and marker}, in their order.
    """
    wanted = rows.drop_duplicates("auc_of")
    places = {of: place for place, of in enumerate(wanted["auc_of"])}
    step = 1 / (len(looks) + 1)
    for index, (name, look) in enumerate(looks.items(), start=1):
        own = rows[rows[of] == name]
        heights = own["auc_of"].map(places) + index * step
        look = {key: look[key] for key in ("color", "marker")}
        _seeds(axes, own, heights, look["color"])
        marks.estimates(axes, own, heights, look, None)
        for height in heights[own["value"].isna()]:
            marks.missing_value(axes, height, "n/a", look["color"])
    axes.set_yticks(
        [place + 0.5 for place in places.values()],
        [_wanted_label(row) for row in wanted.to_dict("records")],
    )
    axes.set_ylim(len(places), 0)
    for border in range(1, len(places)):
        axes.axhline(border, color="0.85", linewidth=0.8)
    marks.frame(axes, "x")


def _seeds(axes, rows, heights, color):
    """Each seed's AUC, where the table has them."""
    for values, height in zip(
        rows.get("seed_values", ()), heights, strict=False
    ):
        seeds = [float(value) for value in str(values).split()]
        axes.plot(
            seeds, [height] * len(seeds), "|", color=color, alpha=0.45, ms=8
        )


def _wanted_label(row):
    """Returns what an AUC is of, on two lines where it has two sides."""
    if not row["positive"]:
        return row["auc_of"]
    return f"{row['positive']}\nagainst {row['negative']}"
