"""Differences from the best against costs, drawn from the table alone."""

from matplotlib import transforms
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogFormatter

from transfusion_tf.reporting.figures import marks, style

_DODGE = 9  # Points between arms of one cost.
_LABELS = {
    "parameters": "parameters",
    "multiply_adds": "multiply-adds an image",
    "milliseconds_single": "ms an image, one at a time",
    "milliseconds_batch": "ms an image, training batch",
}


def draw(table):
    """A panel for each cost that is known, all with one vertical axis.

    Args:
        table: rows of `analysis.comparing.network_sizes.COLUMNS`.
    """
    costs = [cost for cost in _LABELS if table[cost].notna().any()]
    styles = {arm: style.style(index) for index, arm in enumerate(table["arm"])}
    num_rows = -(-len(costs) // 2)
    figure = Figure(
        figsize=(10, 3.3 * num_rows + 0.6 + 0.12 * len(table)),
        layout="constrained",
    )
    panels = figure.subplots(num_rows, 2, squeeze=False, sharey=True)
    for axes in panels.flat[len(costs) :]:
        axes.set_visible(False)
    for axes, cost in zip(panels.flat, costs, strict=False):
        _panel(axes, table, cost, styles)
    for axes in panels[:, 0]:
        axes.set_ylabel("AUC minus that of the best", fontsize=9)
    figure.suptitle(_title(table.iloc[0]), fontsize=10, x=0.01, ha="left")
    marks.legend_below(
        figure,
        _legend(table, styles),
        2 if table["arm"].str.len().max() > 35 else 3,
    )
    return figure


def _title(first):
    data = marks.data_title(first["dataset"], first["split"], first)
    text = f"{data}; means over seeds; the best: {first['best']}"
    # No text in the table is NaN: read as "".
    return f"{text}\n{first['machine']}" if first["machine"] else text


def _panel(axes, table, cost, styles):
    axes.axhline(0, color="0.6", lw=0.8, zorder=1)
    axes.axhline(
        -table["margin"].iloc[0], color="0.4", ls="--", lw=0.9, zorder=1
    )
    known = table[table["difference"].notna() & table[cost].notna()]
    marks.missing_points(axes, len(table) - len(known), len(table))
    front = known[known[f"front_{cost}"] == True]  # noqa: E712 - NaN elsewhere.
    front = front.sort_values([cost, "value"])
    axes.step(
        front[cost],
        front["difference"],
        where="post",
        color="0.75",
        lw=3,
        zorder=0,
    )
    # Arms of one network cost the same: they stand beside each other.
    place = known.groupby(cost).cumcount()
    count = known.groupby(cost)["arm"].transform("size")
    for index, row in known.iterrows():
        look = styles[row["arm"]]
        beside = transforms.offset_copy(
            axes.transData,
            axes.figure,
            x=_DODGE * (place[index] - (count[index] - 1) / 2),
            units="points",
        )
        # What is drawn beside its place is not seen by the axes' limits.
        ends = row[["difference_low", "difference", "difference_high"]]
        axes.plot([row[cost]] * 3, ends.astype(float), linestyle="none")
        axes.vlines(
            row[cost],
            row["difference_low"],
            row["difference_high"],
            color=look["color"],
            lw=1,
            transform=beside,
        )
        axes.plot(
            row[cost],
            row["difference"],
            look["marker"],
            color=look["color"],
            markerfacecolor=look["color"] if row["non_inferior"] else "white",
            markersize=7,
            transform=beside,
        )
    axes.set_xscale("log")
    axes.margins(x=0.1)
    if cost.startswith("milliseconds"):
        # They span less than a decade or two: powers of ten would say little.
        axes.xaxis.set_major_formatter("{x:g}")
        axes.xaxis.set_minor_formatter(LogFormatter(minor_thresholds=(2, 0.5)))
    axes.set_xlabel(_LABELS[cost], fontsize=9)
    axes.tick_params(labelsize=8, which="both")
    marks.frame(axes, "y")


def _legend(table, styles):
    point = {"color": "0.3", "marker": "o", "ls": ""}
    margin = table["margin"].iloc[0]
    return [
        *(
            Line2D([], [], ls="", label=arm, **look)
            for arm, look in styles.items()
        ),
        Line2D([], [], color="0.3", lw=1, label="95% interval"),
        Line2D([], [], label="not inferior to the best", **point),
        Line2D(
            [], [], markerfacecolor="white", label="that is not shown", **point
        ),
        Line2D([], [], color="0.4", ls="--", label=f"margin, {margin:g}"),
        Line2D([], [], color="0.75", lw=3, label="Pareto front"),
    ]
