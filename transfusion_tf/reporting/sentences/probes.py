"""Sentences on probes of stages, from the numbers of their tables."""

_PROBES = {"linear": "linear probe", "knn": "k-NN probe"}
_SAID = ("source", "trained", "random")


def probes(tables, margin):
    """Yields where the probes of each network peak, and what is above chance.

    Starts are in the tables alone: most are what a source or random weights
    are.

    Args:
      tables: {stem: DataFrame} with "probes_peaks" and "probes_arms".
      margin: difference of AUCs that does not matter.
    """
    peaks = tables["probes_peaks"].dropna(subset=["peak_auc"])
    for (kind, arm), rows in peaks.groupby(["network", "arm"], sort=False):
        if kind not in _SAID:
            continue
        parts = [_peak(row, margin) for row in rows.to_dict("records")]
        yield f"{_whose(kind, arm)}: {'; '.join(parts)}."
        arms = tables["probes_arms"]
        own = arms[(arms["network"] == kind) & (arms["arm"] == arm)]
        if own["over_random_low"].notna().any():
            yield f"{_whose(kind, arm)}, against random weights: {_over(own)}."


def _whose(kind, arm):
    if kind == "random":
        return "Random weights"
    return f"{arm}, {kind}" if kind == "trained" else f"Source {arm}"


def _peak(row, margin):
    text = (
        f"the {_PROBES[row['probe']]} peaks at {row['peak_stage']} "
        f"(AUC {row['peak_auc']:.3f})"
    )
    if row["peak_stage"] == row["last_stage"]:
        return f"{text}, the last stage"
    above = (
        f"{row['above_last']:.3f} above the last stage, {row['last_stage']} "
        f"({100 * row['level']:g}%: {row['low']:.3f} to {row['high']:.3f})"
    )
    if row["low"] > 0:
        return f"{text}, {above}"
    if row["high"] < margin:
        return f"{text}, level with the last stage: {above}"
    return f"{text}, {above}, which may be chance"


def _over(rows):
    """At which stages each probe is better than on random weights."""
    parts = []
    for probe, of_probe in rows.groupby("probe", sort=False):
        better = of_probe[of_probe["over_random_low"] > 0]
        if better.empty:
            parts.append(f"the {_PROBES[probe]} is better at no stage")
            continue
        most = better.loc[better["over_random"].idxmax()]
        where = "every stage"
        if len(better) < len(of_probe):
            where = ", ".join(better["stage"])
        parts.append(
            f"the {_PROBES[probe]} is better at {where}, most at "
            f"{most['stage']}, by {most['over_random']:.3f} "
            f"({most['over_random_low']:.3f} to {most['over_random_high']:.3f})"
        )
    return "; ".join(parts)
