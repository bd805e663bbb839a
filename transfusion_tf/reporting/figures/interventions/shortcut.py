"""AUC on distorted images, and what networks see of them."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from transfusion_tf.reporting.figures import marks, style, training_batch

_TITLES = {
    "block_shuffle": ("blocks shuffled", "blocks along a side"),
    "low_pass": ("low-pass: details lost", "blur, % of the side"),
    "high_pass": ("high-pass: shapes lost", "blur taken away, % of the side"),
}
_PERCENT = ("low_pass", "high_pass")
_REACH = 0.6  # Of the way to the next strength, of all arms together.


def distortions(tables):
    """What each arm loses, a panel for each kind of distortion.

    Args:
      tables: {stem: DataFrame} with "shortcut_arms".
    """
    table = tables["shortcut_arms"]
    kinds = list(dict.fromkeys(table["distortion"]))
    arms = list(dict.fromkeys(table["arm"]))
    styles = {arm: style.style(index) for index, arm in enumerate(arms)}
    legend = _legend(table, styles)
    figure = Figure(
        figsize=(3.5 * len(kinds) + 0.8, 3.8 + 0.21 * -(-len(legend) // 2)),
        layout="constrained",
    )
    panels = figure.subplots(1, len(kinds), sharey=True, squeeze=False)[0]
    for axes, kind in zip(panels, kinds, strict=True):
        _panel(axes, table[table["distortion"] == kind], styles)
        title, label = _TITLES[kind]
        axes.set_title(title, fontsize=10)
        axes.set_xlabel(label)
    panels[0].set_ylabel("AUC lost")
    panels[0].invert_yaxis()
    first = table.iloc[0]
    marks.headed(
        figure,
        f"{first['model']}: {first['metric']} lost on distorted images\n"
        f"{marks.data_title(first['dataset'], first['split'], first)}",
        legend,
        2,
    )
    return figure


def _panel(axes, rows, styles):
    strengths = sorted(set(rows["strength"]))
    place = {strength: index for index, strength in enumerate(strengths)}
    middle = (len(styles) - 1) / 2
    for index, (arm, look) in enumerate(styles.items()):
        own = rows[rows["arm"] == arm].sort_values("strength")
        at = own["strength"].map(place)
        at = at + (index - middle) * _REACH / len(styles)
        axes.plot(at, own["lost"], linewidth=1.0, markersize=5, **look)
        axes.vlines(
            at, own["low"], own["high"], color=look["color"], linewidth=1.2
        )
        ceiling = own["reference_auc"].iloc[0] - 0.5
        axes.axhline(
            ceiling, color=look["color"], linewidth=0.8, linestyle=":", zorder=0
        )
    axes.axhline(0, color="0.6", linewidth=0.8, zorder=0)
    is_percent = rows["distortion"].iloc[0] in _PERCENT
    axes.set_xticks(
        range(len(strengths)),
        [_tick(row, is_percent) for row in _first_rows(rows, strengths)],
        fontsize=8,
    )
    marks.missing_points(axes, rows["lost"].isna().sum(), len(rows))
    marks.frame(axes, "y")


def _first_rows(rows, strengths):
    return [rows[rows["strength"] == s].iloc[0] for s in strengths]


def _tick(row, is_percent):
    strength = row["strength"]
    text = f"{100 * strength:.2g}" if is_percent else f"{strength:g}"
    return f"{text}\n{row['pixels']:.3g} px"


def _legend(table, styles):
    aucs = table.drop_duplicates("arm").set_index("arm")["reference_auc"]
    level = 100 * table["level"].iloc[0]
    handles = [
        Line2D([], [], label=f"{arm} (AUC {_auc(aucs[arm])})", **look)
        for arm, look in styles.items()
    ]
    return [
        *handles,
        Line2D(
            [],
            [],
            color="0.3",
            linewidth=1.2,
            label=f"{level:g}% interval (images, seeds)",
        ),
        Line2D(
            [],
            [],
            color="0.3",
            linestyle=":",
            linewidth=0.8,
            label="all is lost: AUC 0.5",
        ),
    ]


def _auc(value):
    return "n/a" if value != value else f"{value:.3f}"


def examples(seen):
    """What a network sees: a row for each image, a column for each distortion.

    Args:
      seen: analysis.interventions.shortcut.Examples.
    """
    images, labels = seen.images, seen.labels
    count = len(labels)
    figure = Figure(
        figsize=(1.15 * len(images) + 0.4, 1.2 * count + 0.9),
        layout="constrained",
    )
    figure.suptitle(
        f"What a network sees ({seen.source})", fontsize=10, x=0.01, ha="left"
    )
    grid = figure.subplots(count, len(images), squeeze=False)
    for column, (name, pictures) in zip(grid.T, images.items(), strict=True):
        column[0].set_title(name, fontsize=7)
        for axes, picture in zip(column, pictures, strict=True):
            axes.imshow(
                np.rint(np.clip(picture, 0, 255)).astype(np.uint8),
                interpolation="nearest",
            )
            axes.set_xticks([])
            axes.set_yticks([])
            axes.spines[:].set_visible(False)
    for axes, label in zip(grid[:, 0], labels, strict=True):
        text = training_batch.label_text(label, seen.classes)
        axes.set_ylabel(text[:20], fontsize=7)
    return figure
