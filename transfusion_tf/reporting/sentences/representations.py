"""One sentence on each figure of representations, from its numbers."""

import pandas as pd

from transfusion_tf import tables
from transfusion_tf.reporting.figures import stage_curves

# The measure that sentences are about, where a table has it.
_PREFERRED = "svcca"
_FLOORS = ("layout", "chance")
# More kinds are not listed: the highest and the lowest stand for them.
_MOST_KINDS = 4


def between(summary):
    """Which trained networks are alike at the top stage.

    Args:
      summary: rows of analysis.views.summaries.COLUMNS, kinds as of
        figures.pair_kinds.
    """
    rows = _of_measure(summary)
    top = rows[rows["stage_index"] == rows["stage_index"].max()]
    stage, measure = top["stage"].iloc[0], _name(top)
    known = top.dropna(subset=["mean"])
    if known.empty:
        return f"At the top stage, {stage}, {measure} is undefined (n/a)."
    known = known.sort_values("mean", ascending=False, kind="stable")
    chosen, left = _shortened(known)
    listed = "; ".join(
        f"{_number(row.mean)} for {row.kind} ({_count(row.num_pairs, 'pair')})"
        for row in chosen.itertuples()
    )
    floors = [
        f"the {floor} floor is {_range(known[floor].min(), known[floor].max())}"
        for floor in _FLOORS
        if known[floor].notna().any()
    ]
    floor = f" There, {', '.join(floors)}." if floors else ""
    return (
        f"At the top stage, {stage}, the mean {measure} of two trained "
        f"networks is {listed}{left}.{floor}"
    )


def before_after(summary):
    """Which stages stay near their start, and which leave it.

    Args:
      summary: rows of analysis.views.summaries.COLUMNS, kinds are starts.
    """
    rows = _of_measure(summary)
    parts, undefined = [], []
    for kind, of in rows.groupby("kind", sort=False):
        known = of.dropna(subset=["mean"])
        if known.empty:
            undefined.append(f"{kind}: n/a")
            continue
        nearest = known.loc[known["mean"].idxmax()]
        furthest = known.loc[known["mean"].idxmin()]
        parts.append(
            f"{kind} ({_count(of['num_pairs'].max(), 'run')}) stays nearest "
            f"to its start at {nearest['stage']} ({_above_layout(nearest)}) "
            f"and is furthest from it at {furthest['stage']} "
            f"({_above_layout(furthest)})"
        )
    return f"By {_name(rows)}, {'; '.join([*parts, *undefined])}."


def start_against_end(fits):
    """Whether similarity at the start carries over to the end of training.

    Args:
      fits: rows of analysis.views.start_end.COLUMNS.
    """
    rows = _of_measure(fits)
    known = rows.dropna(subset=["r_squared"])
    if known.empty:
        return f"Of {_name(rows)}: {rows['note'].iloc[0]}"
    lowest, highest = _ends(known, "r_squared")
    first = known.iloc[0]
    return (
        f"Over {_count(first['num_points'], 'pair')} of "
        f"{_count(first['num_runs'], 'run')}, {_name(rows)} at the start "
        f"explains most of that after training at {highest['stage']} (R "
        f"squared {_number(highest['r_squared'])}) and least at "
        f"{lowest['stage']} ({_number(lowest['r_squared'])})."
    )


def reuse(table, summary):
    """What the source had to offer, and which stages kept it.

    Args:
      table: rows of analysis.views.rows.COLUMNS of the view reuse.
      summary: rows of analysis.views.summaries.COLUMNS of its similarities,
        kinds are starts of the trained networks.
    """
    probes = table[table["measure"] == "probe_auc"]
    source = probes[probes["run"] == "source"].dropna(subset=["value"])
    text = "The AUCs of probes are undefined (n/a)"
    if len(source):
        best = source.loc[source["value"].idxmax()]
        text = (
            f"A linear probe of the source reaches its highest AUC at "
            f"{best['stage']}, {_number(best['value'])}"
        )
        others = probes[probes["run"] != "source"]
        other = others[others["stage"] == best["stage"]].dropna(
            subset=["value"]
        )
        if len(other):
            text += (
                f"; that of random weights is {_number(other['value'].iloc[0])}"
                " there"
            )
    rows = _of_measure(summary)
    kept = []
    for kind, of in rows.groupby("kind", sort=False):
        known = of.dropna(subset=["mean"])
        if len(known):
            nearest = known.loc[known["mean"].idxmax()]
            kept.append(
                f"{kind} is nearest to the source at {nearest['stage']} "
                f"({_name(rows)} {_number(nearest['mean'])})"
            )
    return f"{text}. Trained, {'; '.join(kept)}." if kept else f"{text}."


def gain(correlations):
    """Whether staying near the start goes with a gain in AUC.

    Args:
      correlations: rows of analysis.gain.CORRELATION_COLUMNS.
    """
    rows = _of_measure(correlations)
    rows = rows[rows["coefficient"] == "spearman"]
    # The last start is "all", where there are several.
    rows = rows[rows["init"] == rows["init"].iloc[-1]]
    known = rows.dropna(subset=["value"])
    if known.empty:
        return f"No coefficient: {rows['note'].iloc[0]}"
    lowest, highest = _ends(known, "value")
    apart = known[(known["low"] > 0) | (known["high"] < 0)]
    at = ", ".join(apart["stage"])
    first = known.iloc[0]
    return (
        f"Over {_count(first['num_points'], 'run')}, Spearman's coefficient of "
        f"{_name(rows)} and gain lies between {_number(lowest['value'])} "
        f"({lowest['stage']}) and {_number(highest['value'])} "
        f"({highest['stage']}); "
        + (
            f"its interval leaves out 0 at {at}."
            if len(apart)
            else "no interval leaves out 0."
        )
    )


def _ends(rows, column):
    """The rows with the lowest and the highest value of a column."""
    values = rows[column]
    return rows.loc[values.idxmin()], rows.loc[values.idxmax()]


def _of_measure(table):
    measures = list(dict.fromkeys(table["measure"]))
    measure = _PREFERRED if _PREFERRED in measures else measures[0]
    return table[table["measure"] == measure]


def _name(rows):
    name = stage_curves.name_of(rows["measure"].iloc[0])
    return name.removeprefix("mean ")


def _shortened(rows):
    """The rows that are listed, and what is said of the others."""
    if len(rows) <= _MOST_KINDS:
        return rows, ""
    return rows.iloc[[0, -1]], " (other kinds lie between these)"


def _above_layout(row):
    """A mean, beside what the layout of the images alone gives."""
    text = _number(row["mean"])
    if pd.notna(row["layout"]):
        text += f", layout floor {_number(row['layout'])}"
    return text


def _count(number, what):
    return f"{int(number)} {what}{'' if number == 1 else 's'}"


def _range(low, high):
    low, high = _number(low), _number(high)
    return low if low == high else f"{low} to {high}"


def _number(value):
    return tables.UNDEFINED if pd.isna(value) else f"{value:.2f}"
