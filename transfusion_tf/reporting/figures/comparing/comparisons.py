"""Arms and their differences from a reference, drawn from the tables alone."""

import textwrap

from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from transfusion_tf.reporting.figures import marks, style
from transfusion_tf.statistics import equivalence

# Blue better, orange worse, grey no difference, black not known.
_COLORS = {
    equivalence.HELPS: style.PALETTE[0],
    equivalence.HELPS_WITHIN_MARGIN: style.PALETTE[0],
    equivalence.HURTS: style.PALETTE[1],
    equivalence.HURTS_WITHIN_MARGIN: style.PALETTE[1],
    equivalence.EQUIVALENT: "0.5",
    equivalence.CANNOT_TELL: "0.0",
}
_LETTERS = 48  # Of a name, in a line.
_NOT_KNOWN = {"va": "center", "ha": "center", "fontsize": 8}


def differences(table, arms):
    """AUCs of all arms on the left, differences from the references right.

    Args:
        table: rows of `analysis.comparing.paired_table.COLUMNS`.
        arms: rows of `analysis.comparing.paired_table.ARM_COLUMNS`.
    """
    lines = 1 + 2 * max(len(name) // _LETTERS for name in arms["arm"])
    height = 1.9 + max(0.42, 0.14 * lines) * max(len(arms), len(table))
    figure = Figure(figsize=(11, height), layout="constrained")
    left, right = figure.subplots(1, 2)
    _aucs(left, arms)
    _differences(right, table)
    first = table.iloc[0]
    title = _title(first)
    if (arms["num_seeds"] == 1).any():
        title += "; arms of one seed: intervals do not allow for other seeds"
    figure.suptitle(title, fontsize=10, x=0.01, ha="left")
    handles = [
        Line2D([], [], color="0.3", marker="o", label="mean over seeds"),
        Line2D([], [], color="0.6", marker="|", ls="", label="one seed"),
        Line2D([], [], color="0.3", lw=1.2, label="95% interval"),
        Line2D([], [], color="0.3", lw=4, label="90% interval (equivalence)"),
        Patch(color="0.9", label=f"margin, {first['margin']:g}"),
    ]
    marks.legend_below(figure, handles, len(handles))
    return figure


def _title(first):
    text = f"{first['dataset']}, {first['split']}: {first['num_images']} images"
    if first["num_patients"] == first["num_patients"]:  # NaN: none known.
        text += f" of {int(first['num_patients'])} patients"
    return text


def _aucs(axes, arms):
    for place, (_, arm) in enumerate(arms.iterrows()):
        if arm["value"] != arm["value"]:
            # In the middle of the axes, wherever other arms lie.
            middle = axes.get_yaxis_transform()
            axes.text(0.5, place, "n/a", transform=middle, **_NOT_KNOWN)
            continue
        seeds = [float(value) for value in str(arm["seed_values"]).split()]
        axes.plot(seeds, [place] * len(seeds), "|", color="0.6", markersize=12)
        _interval(axes, arm["low"], arm["high"], place, color="0.3", lw=1.2)
        axes.plot(arm["value"], place, "o", color="0.3", markersize=5)
    _finish(
        axes,
        map(_wrapped, arms["arm"]),
        f"{arms.iloc[0]['metric']}, mean over seeds",
    )


def _differences(axes, table):
    margin = table.iloc[0]["margin"]
    axes.axvspan(-margin, margin, color="0.9")
    axes.axvline(0, color="0.6", lw=0.8)
    for place, (_, row) in enumerate(table.iterrows()):
        if row["difference"] != row["difference"]:
            axes.text(0, place, "n/a", **_NOT_KNOWN)
            continue
        color = _COLORS[row["verdict"]]
        _interval(axes, row["low"], row["high"], place, color=color, lw=1.2)
        if row["low_90"] == row["low_90"]:
            ends = row["low_90"], row["high_90"]
            _interval(axes, *ends, place, color=color, lw=4)
        axes.plot(row["difference"], place, "o", color=color, markersize=5)
        axes.annotate(
            row["verdict"].replace("_", " "),
            (1.01, place),
            xycoords=("axes fraction", "data"),
            va="center",
            fontsize=8,
            color=color,
        )
    names = [
        f"{_wrapped(row['arm'])}\nminus {_wrapped(row['reference'])}"
        for _, row in table.iterrows()
    ]
    _finish(axes, names, "difference of AUCs")


def _wrapped(name):
    """The name of an arm in lines that leave room for the axes."""
    return textwrap.fill(name, _LETTERS)


def _finish(axes, names, label):
    names = list(names)
    axes.set_yticks(range(len(names)), names, fontsize=8)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_xlabel(label, fontsize=9)
    axes.tick_params(axis="x", labelsize=8)
    # Long names leave little room: few numbers, of few digits.
    axes.xaxis.set_major_locator(MaxNLocator(nbins=4, steps=[1, 2, 5, 10]))
    marks.frame(axes, "x")


def _interval(axes, low, high, place, **options):
    """A line that ends where the interval does, not half its width later."""
    axes.plot([low, high], [place] * 2, solid_capstyle="butt", **options)
