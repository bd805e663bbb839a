"""Agreement of errors, drawn from the rows of agreement.csv.

Few pairs are lines with intervals, many are a matrix of runs.
"""

import functools

import numpy as np
from matplotlib.figure import Figure

from transfusion_tf.reporting.figures import marks, style

# More are not read but scanned, for which a matrix is better.
_MOST_PAIRS, _MOST_LINES = 15, 60
_SECTION = ["dataset", "of"]
_PAIR = ["run", "other_run"]
_BLUE, _ORANGE = style.PALETTE[:2]
_NUMBERS_FIT = 12  # Runs whose matrix has room for numbers.


def draw(table):
    """The agreement of every pair against independence, and its kappa.

    A section for each data set and label.

    Args:
      table: rows of `reporting.agreement.COLUMNS`.
    """
    sections = dict(tuple(table.groupby(_SECTION, sort=False)))
    counts = [rows.groupby(_PAIR).ngroups for rows in sections.values()]
    if max(counts) <= _MOST_PAIRS and sum(counts) <= _MOST_LINES:
        return _lines(sections, counts)
    return _matrices(sections)


def _title(rows):
    """Data set, label, split and number of images of a section."""
    first = rows.iloc[0]
    text = f"{first['dataset']}, {first['of']}, {first['split']}: "
    text += f"{rows['num_images'].max()} images"
    if rows["num_patients"].notna().any():
        text += f" of {int(rows['num_patients'].max())} patients"
    return text


def _by_measure(rows):
    """{measure: its rows, one for each pair}; the same order for all."""
    return dict(tuple(rows.groupby("measure", sort=False)))


def _lines(sections, counts):
    heights = [0.5 + 0.34 * count for count in counts]
    figure = Figure(figsize=(10.0, sum(heights) + 1.1), layout="constrained")
    panels = figure.subplots(
        len(sections), 2, squeeze=False, height_ratios=heights, sharex="col"
    )
    for (left, right), rows in zip(panels, sections.values(), strict=True):
        of = _by_measure(rows)
        _section(left, of["agreement"])
        left.set_title(_title(rows), fontsize=9, loc="left")
        _points(left, of["agreement"], "both right or both wrong")
        _marks(left, of)
        _section(right, of["kappa"])
        right.set_yticklabels([])
        right.axvline(0, color="0.4", linewidth=1, linestyle="--")
        _points(right, of["kappa"], None)
    level = f"{100 * rows['level'].iloc[0]:g}% interval"
    panels[-1, 0].set_xlabel(f"share of images, with {level}")
    panels[-1, 1].set_xlabel(
        f"kappa of errors, with {level}\n(0: independent, 1: the same errors)"
    )
    figure.legend(
        *panels[0, 0].get_legend_handles_labels(),
        loc="outside lower center",
        ncols=3,
        frameon=False,
        fontsize=8,
    )
    return figure


def _section(axes, rows):
    """Names of the pairs, first to last from the top."""
    names = [
        f"{run}\n{other}"
        for run, other in zip(rows["run"], rows["other_run"], strict=True)
    ]
    axes.set_yticks(range(len(names)), names, fontsize=7)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.grid(axis="x", color="0.9", linewidth=0.8)
    axes.hlines(
        np.arange(1, len(names)) - 0.5,
        0,
        1,
        transform=axes.get_yaxis_transform(),
        color="0.9",
        linewidth=0.8,
    )
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def _points(axes, rows, label):
    """Values with their intervals, which may be undefined."""
    low, high = rows["low"].to_numpy(float), rows["high"].to_numpy(float)
    value, y = rows["value"].to_numpy(float), np.arange(len(rows))
    axes.hlines(y, low, high, color=_BLUE, linewidth=1.8)
    axes.plot(value, y, "o", color=_BLUE, markersize=5, label=label)
    for place in y[np.isnan(value)]:
        marks.missing_value(axes, place, "undefined")


def _marks(axes, of):
    y = np.arange(len(of["agreement"]))
    axes.plot(
        of["independence"]["value"],
        y,
        "|",
        color=_ORANGE,
        markersize=11,
        markeredgewidth=2.2,
        label="if errors were independent: $ab+(1-a)(1-b)$",
    )
    axes.plot(
        of["paper_independence"]["value"],
        y,
        "D",
        markerfacecolor="none",
        color="0.35",
        markersize=5,
        label="as in the paper: $a^2+(1-a)^2$, upper run",
    )


def _matrices(sections):
    counts = [len(_names(rows)) for rows in sections.values()]
    sides = [max(3.0, _inches(count) * count) for count in counts]
    longest = max(max(map(len, _names(rows))) for rows in sections.values())
    figure = Figure(
        figsize=(
            2 * max(sides) + 2.5 + 0.06 * longest,
            sum(sides) + 0.9 * len(sides),
        ),
        layout="constrained",
    )
    panels = figure.subplots(
        len(sections), 2, squeeze=False, height_ratios=sides
    )
    low = _lowest_share(sections.values())
    for (left, right), rows in zip(panels, sections.values(), strict=True):
        names, of = _names(rows), _by_measure(rows)
        shares = _square(names, of["independence"], of["agreement"])
        image = _matrix(left, shares, cmap="viridis", low=low)
        numbered = [f"{name}  {i}" for i, name in enumerate(names, start=1)]
        left.set_yticks(range(len(names)), numbered)
        _label_matrix(
            figure,
            image,
            f"{_title(rows)}\nbelow the diagonal: share both right or both "
            "wrong\nabove: if errors were independent",
        )
        kappas = _square(names, of["kappa"], of["kappa"])
        image = _matrix(right, kappas, cmap="RdBu_r", low=-1.0)
        _dots(right, names, of["kappa"])
        _label_matrix(
            figure,
            image,
            "kappa of errors\ndot: its interval holds 0 (independent)\n"
            "cross: undefined",
        )
    return figure


def _label_matrix(figure, image, title):
    image.axes.set_title(title, fontsize=9, loc="left")
    figure.colorbar(image, ax=image.axes, shrink=0.7)


def _lowest_share(sections):
    """A round number below all that is drawn, one scale for all sections."""
    drawn = ("agreement", "independence")
    lowest = [
        rows.loc[rows["measure"].isin(drawn), "value"].min()
        for rows in sections
    ]
    return np.floor(10 * np.nanmin([*lowest, 0.9])) / 10


def _inches(num_runs):
    """Side of a cell."""
    return 0.36 if num_runs <= _NUMBERS_FIT else 0.2


def _names(rows):
    """All runs of a section, in the order of --runs."""
    pairs = rows[_PAIR].drop_duplicates()
    return list(dict.fromkeys([*pairs["run"], *pairs["other_run"]]))


def _square(names, upper, lower):
    """(runs, runs) values of pairs above and below an empty diagonal."""
    square = np.full((len(names), len(names)), np.nan)
    square[_places(names, upper)] = upper["value"]
    square[_places(names, lower)[::-1]] = lower["value"]
    return square


def _places(names, rows):
    """Row and column of each pair, two arrays."""
    return tuple(
        rows[column].map(names.index).to_numpy(int) for column in _PAIR
    )


def _matrix(axes, square, *, cmap, low):
    """Draws a matrix of runs, with its numbers where they fit."""
    image = axes.imshow(square, cmap=cmap, vmin=low, vmax=1)
    ticks = np.arange(len(square))
    axes.set_xticks(ticks, ticks + 1)
    axes.set_yticks(ticks, ticks + 1)
    axes.tick_params(labelsize=7)
    axes.set_facecolor("0.93")
    if len(square) <= _NUMBERS_FIT:
        marks.numbers(axes, square, functools.partial(_is_dark, image))
    return image


def _is_dark(image, value):
    red, green, blue, _ = image.cmap(image.norm(value))
    return 0.3 * red + 0.59 * green + 0.11 * blue < 0.5


def _dots(axes, names, rows):
    """Marks pairs that may be independent, and those without a kappa."""
    # In the corner where a number takes the middle.
    shift = 0.33 if len(names) <= _NUMBERS_FIT else 0.0
    holds_zero = ((rows["low"] <= 0) & (rows["high"] >= 0)).to_numpy()
    for mask, marker in ((holds_zero, "o"), (rows["value"].isna(), "x")):
        i, j = _places(names, rows[mask])
        x, y = np.concatenate([j, i]) + shift, np.concatenate([i, j]) + shift
        axes.plot(x, y, marker, color="black", markersize=2.5)
