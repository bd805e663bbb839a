"""AUCs of runs with their intervals, drawn from the rows of auc.csv."""

from matplotlib.figure import Figure

from transfusion_tf.reporting.figures import marks
from transfusion_tf.reporting.figures import style as figures


def intervals(table):
    """One band for each AUC, one point with its interval for each run.

    Runs on different data sets are drawn in panels of their own: their AUCs
    are not to be compared.

    Args:
      table: rows of `reporting.predictions.COLUMNS`.
    """
    panels = dict(tuple(table.groupby("dataset", sort=False)))
    heights = [_height(rows) for rows in panels.values()]
    figure = Figure(figsize=(7.5, sum(heights) + 0.6), layout="constrained")
    axes = figure.subplots(
        len(panels), squeeze=False, height_ratios=heights, sharex=True
    )[:, 0]
    for panel, (dataset, rows) in zip(axes, panels.items(), strict=True):
        _panel(panel, rows)
        panel.set_title(_title(dataset, rows), fontsize=9, loc="left")
    level = 100 * table["level"].iloc[0]
    label = f"AUC with {level:g}% interval"
    if marks.noted(table).any():
        label += "; hollow: see note in auc.csv (few of a class)"
    axes[-1].set_xlabel(label)
    return figure


def _height(rows):
    return 0.8 + 0.22 * len(rows) + 0.2 * rows["auc_of"].nunique()


def _title(dataset, rows):
    first = rows.iloc[0]
    text = f"{dataset}, {first['split']}: {first['num_images']} images"
    if first["num_patients"] == first["num_patients"]:  # NaN: none known.
        text += f" of {int(first['num_patients'])} patients"
    return text


def _panel(axes, rows):
    """Points from top to bottom: starts in the order of the table, their runs.

    Runs of one network and start have one colour and marker.
    """
    wanted = rows.drop_duplicates("auc_of")
    places = {of: place for place, of in enumerate(wanted["auc_of"])}
    groups = [
        list(dict.fromkeys(own["run"]))
        for _, own in rows.groupby(["model", "init"], sort=False)
    ]
    step = 1 / (sum(map(len, groups)) + 1)
    offset = 0
    for index, runs in enumerate(groups):
        for run, label in zip(runs, _labels(rows, runs), strict=True):
            offset += step
            own = rows[rows["run"] == run]
            heights = own["auc_of"].map(places) + offset
            look = _look(index)
            marks.estimates(axes, own, heights, look, label)
            for height in heights[own["value"].isna()]:
                marks.missing_value(axes, height, "n/a", look["color"])
    axes.set_yticks(
        [place + 0.5 for place in places.values()],
        [_wanted_label(row) for row in wanted.to_dict("records")],
    )
    axes.set_ylabel("AUC of (positive against negative)")
    axes.set_ylim(len(places), 0)
    for border in range(1, len(places)):
        axes.axhline(border, color="0.85", linewidth=0.8)
    marks.frame(axes, "x")
    axes.legend(
        loc="upper left", bbox_to_anchor=(1, 1), frameon=False, fontsize=8
    )


def _look(index):
    """Colour and marker of a start."""
    return {
        "color": figures.PALETTE[index % len(figures.PALETTE)],
        "marker": figures.MARKERS[index % len(figures.MARKERS)],
    }


def _labels(rows, runs):
    """Returns an entry of the legend for each run of one start.

    The first stands for all that differ in the seed alone; runs that differ in
    something else, such as the source of the weights, are named.
    """
    first = rows[rows["run"].isin(runs)].drop_duplicates("run")
    about = f"{first['model'].iloc[0]}, {first['init'].iloc[0]}"
    seeds = first["seed"].tolist()
    if len(set(seeds)) < len(seeds):
        return [f"{about}: {run}" for run in runs]
    shown = ", ".join(map(str, seeds))
    several = f"seeds {shown}" if len(seeds) > 1 else f"seed {shown}"
    return [f"{about} ({several})", *["_nolegend_"] * (len(runs) - 1)]


def _wanted_label(row):
    """Returns what an AUC is of, on two lines where it has two sides."""
    if not row["positive"]:
        return row["auc_of"]
    return f"{row['positive']}\nagainst {row['negative']}"
