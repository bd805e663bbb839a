"""AUC of probes by stage, drawn from the rows of probes_arms.csv."""

from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from transfusion_tf.reporting.figures import marks, style

_TITLES = {"linear": "linear probe", "knn": "k-NN probe"}
_FLOOR = "random"
# {network: how its line looks, beside the colour of its arm}
_LOOKS = {
    "trained": {"linewidth": 1.4, "linestyle": "-", "markersize": 5},
    "start": {"linewidth": 1.1, "linestyle": ":", "markersize": 3.5},
    "source": {"linewidth": 1.1, "linestyle": "--", "markersize": 4},
}
_FLOOR_COLOR = "0.6"
_MOST_TOGETHER = 4  # Arms that are told apart in one panel.
_MOST_COLUMNS = 4
_APART = 0.06  # Of a stage, between lines that would hide each other.


def stages(tables):
    """A panel for each probe, and of many arms for each of them as well.

    Args:
      tables: {stem: DataFrame} with "probes_arms".
    """
    table = tables["probes_arms"]
    is_run = table["network"].isin(["start", "trained"])
    arms = list(dict.fromkeys(table["arm"][is_run]))
    if len(arms) <= _MOST_TOGETHER:
        figure, legend, columns = _together(table)
    else:
        figure, legend, columns = _one_by_one(table, arms)
    figure.axes[0].set_ylim(*_limits(table))
    first = table.iloc[0]
    marks.headed(
        figure,
        f"{first['model']}: how well each stage separates the classes by "
        f"itself\n{marks.data_title(first['dataset'], first['split'], first)}; "
        f"fitted to {first['num_train_images']:,}",
        legend,
        columns,
    )
    return figure


def _together(table):
    """(figure, legend, its columns): all arms in one panel for each probe."""
    probes = list(dict.fromkeys(table["probe"]))
    styles = _styles(table)
    legend, columns = _legend(table, styles), marks.columns_for(table["arm"])
    num_stages = table["stage"].nunique()
    figure = Figure(
        figsize=(
            max(3.6, 0.75 * num_stages + 1.2) * len(probes),
            3.8 + 0.21 * -(-len(legend) // columns),
        ),
        layout="constrained",
    )
    panels = figure.subplots(1, len(probes), sharey=True, squeeze=False)[0]
    for axes, probe in zip(panels, probes, strict=True):
        _panel(axes, table[table["probe"] == probe], styles)
        axes.set_title(_TITLES.get(probe, probe), fontsize=10)
    panels[0].set_ylabel(table["metric"].iloc[0])
    return figure, legend, columns


def _one_by_one(table, arms):
    """(figure, legend, its columns): panels of their own for each arm."""
    probes = list(dict.fromkeys(table["probe"]))
    across = min(_MOST_COLUMNS, len(arms))
    down = -(-len(arms) // across)
    figure = Figure(
        figsize=(1.0 + 2.6 * across, 1.2 + 2.5 * len(probes) * down),
        layout="constrained",
    )
    grid = figure.subplots(
        len(probes) * down, across, sharex=True, sharey=True, squeeze=False
    )
    for place, arm in enumerate(arms):
        above, column = divmod(place, across)
        own = table[table["arm"].eq(arm) | _of_no_run(table)]
        panels = grid[len(probes) * above :, column]
        for axes, probe in zip(panels, probes, strict=False):
            _panel(axes, own[own["probe"] == probe], _styles_of_one(own))
            axes.set_xlabel("")
            axes.tick_params(labelbottom=True, labelsize=8)
            if not column:
                label = _TITLES.get(probe, probe), table["metric"].iloc[0]
                axes.set_ylabel("\n".join(label), fontsize=9)
        marks.panel_title(panels[0], arm)
    for axes in grid.ravel():
        axes.set_visible(axes.has_data())
    named = _styles_of_one(table[_of_no_run(table) | table["arm"].eq(arms[0])])
    legend = _legend(table, named)
    for handle, (kind, _) in zip(legend, named, strict=False):
        if kind != "source":
            handle.set_label(kind)
    return figure, legend, marks.columns_for([h.get_label() for h in legend])


def _of_no_run(table):
    return ~table["network"].isin(["start", "trained"])


def _styles_of_one(own):
    """As `_styles`, with a colour for each kind of network."""
    kinds = list(_LOOKS)
    keys = own[["network", "arm"]].drop_duplicates()
    return {
        (kind, arm): {**style.style(kinds.index(kind)), **_LOOKS[kind]}
        for kind, arm in keys.itertuples(index=False)
        if kind != _FLOOR
    }


def _styles(table):
    """{(network, arm): colour, marker and line}; one colour for an arm."""
    keys = table[["network", "arm"]].drop_duplicates()
    keys = [tuple(key) for key in keys.itertuples(index=False)]
    arms = list(dict.fromkeys(arm for kind, arm in keys if kind != _FLOOR))
    return {
        (kind, arm): {**style.style(arms.index(arm)), **_LOOKS[kind]}
        for kind, arm in keys
        if kind != _FLOOR
    }


def _panel(axes, rows, styles):
    stages = rows.drop_duplicates("stage_index").sort_values("stage_index")
    floor = rows[rows["network"] == _FLOOR].sort_values("stage_index")
    axes.fill_between(
        floor["stage_index"],
        floor["low"],
        floor["high"],
        color=_FLOOR_COLOR,
        alpha=0.3,
        linewidth=0,
    )
    axes.plot(floor["stage_index"], floor["value"], color=_FLOOR_COLOR)
    middle = (len(styles) - 1) / 2
    for place, ((kind, arm), look) in enumerate(styles.items()):
        own = rows[(rows["network"] == kind) & (rows["arm"] == arm)]
        own = own.sort_values("stage_index")
        at = own["stage_index"] + _apart(len(styles)) * (place - middle)
        axes.plot(at, own["value"], **look)
        axes.vlines(
            at, own["low"], own["high"], color=look["color"], linewidth=0.9
        )
    marks.missing_points(axes, rows["value"].isna().sum(), len(rows))
    axes.set_xticks(
        stages["stage_index"], stages["stage"], rotation=30, ha="right"
    )
    axes.set_xlabel("stage, bottom to top")
    marks.frame(axes, "y")


def _limits(table):
    """(low, high) of the AUCs: few draws make a band that is cut off."""
    is_floor = table["network"] == _FLOOR
    low = min(table["value"].min(), table[~is_floor]["low"].min())
    return low - 0.02, max(table["value"].max(), table["high"].max()) + 0.01


def _apart(num_lines):
    """Distance of neighbours: all of them within half a stage."""
    return min(_APART, 0.5 / max(1, num_lines))


def _legend(table, styles):
    handles = [
        Line2D([], [], label=_label(kind, arm), **look)
        for (kind, arm), look in styles.items()
    ]
    floor = table[table["network"] == _FLOOR]
    if len(floor):
        draws = floor["num_networks"].iloc[0]
        handles.append(
            Line2D(
                [],
                [],
                color=_FLOOR_COLOR,
                label=f"random weights, {draws} draws",
            )
        )
    level = 100 * table["level"].iloc[0]
    handles.append(
        Patch(
            color=_FLOOR_COLOR,
            alpha=0.4,
            label=f"strokes, band: {level:g}% intervals (patients, networks)",
        )
    )
    return handles


def _label(kind, arm):
    return f"source: {arm}" if kind == "source" else f"{arm}, {kind}"
