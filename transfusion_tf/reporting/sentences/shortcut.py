"""Sentences on distorted images, from the numbers of their tables."""

_KINDS = {
    "block_shuffle": "with blocks shuffled",
    "low_pass": "low-pass",
    "high_pass": "high-pass",
}
_STRENGTHS = {
    "block_shuffle": "{:g} a side",
    "low_pass": "{:.3g} of the side",
    "high_pass": "{:.3g} of the side",
}
_CHANCE = 0.5


def shortcut(tables, margin):
    """Yields what each arm keeps on distorted images, and how arms differ.

    Args:
      tables: {stem: DataFrame} with "shortcut_arms" and "shortcut_contrasts".
      margin: loss of AUC that does not matter.
    """
    arms = tables["shortcut_arms"].dropna(subset=["lost"])
    for arm, rows in arms.groupby("arm", sort=False):
        auc = rows["reference_auc"].iloc[0]
        parts = [
            f"{_KINDS[kind]} {_kept(of_kind, margin)}"
            for kind, of_kind in rows.groupby("distortion", sort=False)
        ]
        yield f"{arm}, AUC {auc:.3f}: {'; '.join(parts)}."
    contrasts = tables["shortcut_contrasts"].dropna(subset=["low"])
    pairs = contrasts.groupby(["arm", "reference"], sort=False)
    for (arm, reference), rows in pairs:
        yield f"{arm} against {reference}: {_contrast(rows)}."


def _kept(rows, margin):
    """How far nothing is lost, and what is left at the other end."""
    rows = rows.sort_values("lost")
    worst = rows.iloc[-1]
    kept = (worst["auc"] - _CHANCE) / (worst["reference_auc"] - _CHANCE)
    text = (
        f"it falls to {worst['auc']:.3f} at {_strength(worst)}, "
        f"{100 * max(0.0, kept):.0f}% of what is above chance"
    )
    spared = rows[rows["high"] < margin]
    if spared.empty:
        return text
    where = ", ".join(_strength(row) for row in spared.to_dict("records"))
    return f"{text}, and by less than {margin:g} at {where}"


def _strength(row):
    return _STRENGTHS[row["distortion"]].format(row["strength"])


def _contrast(rows):
    """Where one arm loses more than the other for certain, the most."""
    parts = []
    for kind, of_kind in rows.groupby("distortion", sort=False):
        shown = of_kind[(of_kind["low"] > 0) | (of_kind["high"] < 0)]
        if shown.empty:
            parts.append(f"{_KINDS[kind]} no difference is shown")
            continue
        row = shown.loc[shown["difference"].abs().idxmax()]
        way = "more" if row["difference"] > 0 else "less"
        ends = sorted((abs(row["low"]), abs(row["high"])))
        parts.append(
            f"{_KINDS[kind]} it loses {abs(row['difference']):.3f} {way} at "
            f"{_strength(row)} ({100 * row['level']:g}%: {ends[0]:.3f} to "
            f"{ends[1]:.3f})"
        )
    return "; ".join(parts)
