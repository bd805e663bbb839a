"""What is in the frozen features of sources, stage by stage."""

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from transfusion_tf.reporting.figures import marks, stage_curves
from transfusion_tf.reporting.figures import style as figures

_PANELS = {
    "linear_auc": "linear probe (AUC)",
    "knn_auc": "k nearest neighbours (AUC)",
    "logme": "LogME (per image)",
}
_RANDOM = "random"
_FLOOR = {"color": "0.55", "linestyle": "--", "marker": "x", "markersize": 4}


def draw(table):
    """Curves of the sources by stage, a panel for each measure.

    Bars are 95% intervals by patient; grey are networks with random weights.
    The two AUCs have one axis. LEEP, one number a source, is in the legend.

    Args:
      table: rows of analysis.sources.scores.COLUMNS.
    """
    names = [x for x in dict.fromkeys(table["source"]) if x != _RANDOM]
    styles = {name: figures.style(index) for index, name in enumerate(names)}
    legend = _legend(table, styles)
    figure = Figure(
        figsize=(11, 3.9 + 0.21 * (len(legend) + 1)), layout="constrained"
    )
    left, middle, right = figure.subplots(1, 3)
    middle.sharey(left)
    for axes, measure in zip((left, middle, right), _PANELS, strict=True):
        rows = table[table["measure"] == measure]
        for _, of_network in rows.groupby(
            ["source", "seed"], sort=False, dropna=False
        ):
            name = of_network["source"].iloc[0]
            _curve(axes, of_network, styles.get(name, _FLOOR))
        stage_curves.mark_missing(axes, rows)
        _label_stages(axes, rows)
        axes.set_title(_PANELS[measure], fontsize=10)
    left.set_ylabel("AUC")
    right.set_ylabel("higher is said to be better")
    marks.headed(figure, _title(table), legend)
    return figure


def _curve(axes, rows, look):
    rows = rows.sort_values("stage_index")
    axes.plot(rows["stage_index"], rows["value"], **{"markersize": 5, **look})
    figures.whiskers(axes, rows, look["color"], linewidth=1.2)


def _label_stages(axes, rows):
    stages = rows.drop_duplicates("stage_index").sort_values("stage_index")
    axes.set_xticks(
        stages["stage_index"], stages["stage"], rotation=30, ha="right"
    )
    axes.set_xlabel("stage, bottom to top")
    marks.frame(axes, "y")


def _legend(table, styles):
    handles = [
        Line2D([], [], label=f"{name}{_leep(table, name)}", **look)
        for name, look in styles.items()
    ]
    draws = table.loc[table["source"] == _RANDOM, "seed"].nunique()
    if draws:
        text = f"random weights, {draws} networks: the floor"
        handles.append(Line2D([], [], label=text, **_FLOOR))
    bars = table.dropna(subset=["low"])
    if len(bars):
        unit = "patients" if bars["num_patients"].notna().all() else "images"
        text = f"bars: {100 * bars['level'].iloc[0]:g}% interval, over {unit}"
        handles.append(Line2D([], [], color="0.3", linewidth=1.2, label=text))
    return handles


def _leep(table, name):
    """LEEP of a source in words, or why it has none."""
    row = table[(table["source"] == name) & (table["measure"] == "leep")]
    if row.empty:
        return ""
    row = row.iloc[0]
    if row["value"] == row["value"]:
        return f" (LEEP {row['value']:.3f})"
    return f" (LEEP n/a: {row['note']})"


def _title(table):
    scored = table[table["measure"] == "linear_auc"].iloc[0]
    data = marks.data_title(scored["dataset"], scored["split"], scored)
    return (
        f"{scored['model']}: what frozen features hold of the target\n{data}; "
        f"fitted on {int(scored['num_train_images']):,} training images"
    )
