"""Sentences on the views of interventions, from the numbers of their tables."""

import math

_WAYS = {"start": "back at its start", "fresh": "at fresh random weights"}


def resilience(tables, margin):
    """Yields what each arm can do without, and what it needs.

    Args:
      tables: {stem: DataFrame} with "resilience_arms", and "criticality_arms"
        where noises were given.
      margin: loss of AUC that does not matter.
    """
    table = tables["resilience_arms"]
    for arm, rows in table.groupby("arm", sort=False):
        for way, words in _WAYS.items():
            of_way = rows[
                (rows["replaced_by"] == way) & ~(rows["alpha"] > 0)
            ].dropna(subset=["lost"])
            if len(of_way):
                yield f"{arm}, one stage {words}: {_lost(of_way, margin)}"
        on_path = rows[rows["replaced_by"] == "start"].dropna(subset=["lost"])
        if (on_path["alpha"] > 0).any():
            yield f"{arm}, on the way back: {_needed(on_path, margin)}"
    if "criticality_arms" in tables:
        yield from _critical(tables["criticality_arms"], margin)


def barrier(tables, margin):
    """Yields whether there are barriers between runs, and how high.

    Args:
      tables: {stem: DataFrame} with "barrier_arms".
      margin: loss of AUC that does not matter.
    """
    table = tables["barrier_arms"].dropna(subset=["auc_barrier"])
    for row in table.to_dict("records"):
        whose = f"seeds of {row['arm']}"
        if row["kind"] == "between":
            whose = f"{row['arm']} and {row['other_arm']}"
        number = row["num_pairs"]
        pairs = "1 pair" if number == 1 else f"{number} pairs"
        is_there = row["highest_auc_barrier"] > margin
        text = "a barrier" if is_there else f"no barrier above {margin:g}"
        yield (
            f"Between {whose} ({pairs}, channels {row['channels']}): {text}; "
            f"on the line AUC falls by up to {row['auc_barrier']:.3f} in the "
            f"mean ({row['lowest_auc_barrier']:.3f} to "
            f"{row['highest_auc_barrier']:.3f}), loss rises by up to "
            f"{row['loss_barrier']:.3f}."
        )
    for note in dict.fromkeys(filter(None, table["note"])):
        yield f"{note[0].upper()}{note[1:]}."


def _lost(rows, margin):
    """Where most is lost, and which stages can be lost."""
    worst = rows.loc[rows["lost"].idxmax()]
    text = (
        f"most is lost at {worst['stage']}, {worst['lost']:.3f} of AUC "
        f"{worst['reference_auc']:.3f}{_interval(worst)}"
    )
    spared = rows[rows["high"] < margin]["stage"]
    if len(spared):
        return f"{text}; less than {margin:g} at {', '.join(spared)}."
    return f"{text}; less than {margin:g} for certain at no stage."


def _needed(rows, margin):
    """The smallest share of training that each stage needs."""
    parts = []
    for stage, of_stage in rows.groupby("stage", sort=False):
        of_stage = of_stage.sort_values("alpha")
        over = of_stage[of_stage["lost"] > margin]["alpha"]
        if over.empty:
            parts.append(f"{stage} none")
        else:
            above = of_stage[of_stage["alpha"] > over.max()]["alpha"]
            share = above.min() if len(above) else 1.0
            parts.append(f"{stage} {share:g}")
    return (
        f"share of its change in training that a stage needs, of those tried, "
        f"to lose at most {margin:g}: {', '.join(parts)}."
    )


def _critical(table, margin):
    """Yields how critical the stages of each arm are."""
    table = table[table["num_beyond"].notna()]
    for arm, rows in table.groupby("arm", sort=False):
        rows = rows.sort_values("stage_index")
        numbers = rows["criticality"].fillna(math.inf)
        texts = [
            f"{stage} {'beyond' if number == math.inf else f'{number:.2g}'}"
            for stage, number in zip(rows["stage"], numbers, strict=True)
        ]
        most = "every stage can go back"
        if numbers.max():
            highest = rows["stage"][numbers == numbers.max()]
            most = f"most critical: {', '.join(highest)}"
        if numbers.max() == math.inf:
            most = f"{most} (beyond the noises given)"
        yield (
            f"{arm}, criticality of stages, losing at most {margin:g}: "
            f"{', '.join(texts)}; {most}."
        )


def _interval(row):
    if row["low"] != row["low"]:  # NaN.
        return ""
    return f" ({100 * row['level']:g}%: {row['low']:.3f} to {row['high']:.3f})"
