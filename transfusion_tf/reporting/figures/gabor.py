"""Gabor-like filters before and after training, from their tables."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from transfusion_tf.reporting.figures import marks, style

_BEFORE_AFTER = style.PALETTE[:2]


def counts_and_fits(counts, fits, scrambled, about):
    """Gabor-like filters before and after, beside what chance gives.

    Left the numbers, with a tick where chance would be. Right, for each value
    of R squared, the share of filters that reach it (lines) and of
    phase-scrambled ones (dots); 5% of the latter are beyond the threshold.

    Args:
      counts: rows of `analysis.gabor_like.COUNT_COLUMNS`, two steps a run.
      fits: rows of `analysis.gabor_like.COLUMNS`.
      scrambled: rows of `analysis.gabor_like.SCRAMBLED_COLUMNS`.
      about: as of `filters.subject`.
    """
    runs = dict(tuple(counts.groupby("run", sort=False)))
    heights = [
        0.6 if rows["threshold"].isna().any() else 2.1 for rows in runs.values()
    ]
    figure = Figure(figsize=(9.0, 1.3 + sum(heights)), layout="constrained")
    panels = figure.subplots(len(runs), 2, squeeze=False, height_ratios=heights)
    for (left, right), (run, rows) in zip(panels, runs.items(), strict=True):
        marks.panel_title(left, run, span=2, loc="left")
        undefined = rows[rows["threshold"].isna()]
        if len(undefined):
            _say_why_not(left, right, undefined["note"].iloc[0])
            continue
        _bars(left, rows)
        for of, color in zip(rows.itertuples(), _BEFORE_AFTER, strict=True):
            _reached(right, _of(fits, of), color, "-")
            _reached(right, _of(scrambled, of), color, ":")
            right.axvline(
                of.threshold, color=color, linewidth=0.9, linestyle="--"
            )
        _label_shares(right)
    title = f"{about}: Gabor-like filters of the first convolution"
    marks.headed(figure, title, _legend(), 3)
    return figure


def _say_why_not(left, right, note):
    right.set_axis_off()
    left.set_axis_off()
    left.text(0, 0.5, f"n/a: {note}", fontsize=9)


def _bars(axes, rows):
    """Numbers of Gabor-like filters, the first step on top."""
    places = np.arange(len(rows))
    axes.barh(places, rows["num_gabor_like"], height=0.6, color=_BEFORE_AFTER)
    axes.plot(
        rows["expected_by_chance"], places, "|", color="black", markersize=22
    )
    for place, of in zip(places, rows.itertuples(), strict=True):
        text = f"{of.num_gabor_like:.0f} of {of.num_filters}"
        axes.annotate(
            text,
            (max(of.num_gabor_like, of.expected_by_chance), place),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
        )
    axes.set_yticks(places, [f"step {step}" for step in rows["step"]])
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_xlim(0, 1.15 * rows["num_filters"].max())
    axes.set_xlabel("Gabor-like filters", fontsize=9)
    _plain(axes)


def _of(table, row):
    """R squared of one run's step, sorted, without undefined ones."""
    own = table[(table["run"] == row.run) & (table["step"] == row.step)]
    return np.sort(own["r_squared"].dropna().to_numpy())


def _reached(axes, values, color, dashes):
    """For each number, the share of the sorted `values` that reaches it."""
    share = 1 - np.arange(len(values)) / len(values)
    axes.step(
        [0.0, *values, 1.0],
        [1.0, *share, 0.0],
        where="pre",
        color=color,
        linestyle=dashes,
        linewidth=1.5,
    )


def _label_shares(axes):
    axes.set_xlim(0, 1.01)
    axes.set_ylim(0, 1.02)
    axes.set_xlabel("R squared of the Gabor fit", fontsize=9)
    axes.set_ylabel("share that\nreaches it", fontsize=9)
    _plain(axes)


def _plain(axes):
    axes.tick_params(labelsize=8)
    marks.frame(axes, "x")


def _legend():
    before, after = _BEFORE_AFTER
    return [
        Line2D([], [], color=before, linewidth=5, label="before training"),
        Line2D([], [], color=after, linewidth=5, label="after training"),
        Line2D(
            [],
            [],
            color="black",
            marker="|",
            markersize=12,
            linestyle="",
            label="expected by chance",
        ),
        Line2D([], [], color="0.3", label="filters"),
        Line2D([], [], color="0.3", linestyle=":", label="phase-scrambled"),
        Line2D(
            [],
            [],
            color="0.3",
            linestyle="--",
            linewidth=0.9,
            label="threshold",
        ),
    ]
