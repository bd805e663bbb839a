"""Verdicts in words, for the terminal."""

from transfusion_tf.statistics import equivalence

_WORDS = {
    equivalence.HELPS: "helps",
    equivalence.HURTS: "hurts",
    equivalence.HELPS_WITHIN_MARGIN: "helps, by less than the margin",
    equivalence.HURTS_WITHIN_MARGIN: "hurts, by less than the margin",
    equivalence.EQUIVALENT: "makes no difference that matters",
    equivalence.CANNOT_TELL: "cannot tell with this much data",
}


def lines(rows, *, margin):
    """What the comparisons say, in sentences, and a small table.

    Args:
        rows: dicts of analysis.comparing.paired_table.COLUMNS.
        margin: in AUC.
    """
    if not rows:
        return ["There is nothing to compare."]
    text = [*_sentences(rows, margin), ""]
    table = [("arm", "AUC", "difference [95% interval]", "verdict", "settles")]
    table += [_cells(row) for row in rows]
    widths = [max(len(row[i]) for row in table) for i in range(5)]
    text += [
        "  ".join(
            cell.ljust(width) for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in table
    ]
    return text


def learning_rates(choices):
    """Lines on the learning rates that were chosen of several.

    Args:
        choices: dicts of study.selection.CHOICE_FIELDS.
    """
    by_rate = {}
    for choice in choices:
        if len(choice["tried"]) > 1:
            rate = choice["learning_rate"]
            by_rate.setdefault(rate, []).append(choice["arm"])
    for rate, arms in sorted(by_rate.items()):
        yield f"learning rate {rate:g}: {'; '.join(arms)}"


def _sentences(rows, margin):
    first = rows[0]
    unit = f"{first['num_images']} images"
    if first["num_patients"]:
        unit += f" of {first['num_patients']} patients"
    yield (
        f"On {first['dataset']} ({first['split']}: {unit}), "
        f"{first['metric']}, {len(rows)} planned comparison(s); differences "
        f"within {margin:g} (--margin) count as equivalent."
    )
    for row in rows:
        yield f"{row['arm']} against {row['reference']}: {words(row)}."
    if any(row["verdict"] == equivalence.CANNOT_TELL for row in rows):
        yield (
            "Cannot tell does not mean equal: the interval holds differences "
            "that would matter as well as none at all."
        )


def words(row):
    """The verdict of a row in words, with its difference."""
    said = _WORDS[row["verdict"]]
    if row["difference"] is None:
        return f"{said} ({row['note']})"
    note = f"; {row['note']}" if row["note"] else ""
    return f"{said} ({interval(row)}){note}"


def settles(row):
    """What would settle a comparison that is undecided, in words."""
    if row["verdict"] != equivalence.CANNOT_TELL:
        return ""
    found = []
    for name in ("seeds", "patients"):
        low = row[f"settled_by_{name}_from"]
        high = row[f"settled_by_{name}_to"]
        unit = "images" if name == "patients" else name
        if name == "patients" and row["num_patients"]:
            unit = name
        if low is not None:
            reach = "or more" if high is None else f"to {high}"
            reach = "" if high == low else f" {reach}"
            found.append(f"{low}{reach} {unit}")
    return " or ".join(found) or "out of reach"


def interval(row):
    """The difference of a row with its interval, "n/a" where undefined."""
    if row["difference"] is None:
        return "n/a"
    return f"{row['difference']:+.4f} [{row['low']:+.4f}, {row['high']:+.4f}]"


def _cells(row):
    if row["difference"] is None:
        return (row["arm"], "n/a", "n/a", row["verdict"], "")
    return (
        row["arm"],
        f"{row['arm_auc']:.4f} (reference {row['reference_auc']:.4f})",
        interval(row),
        row["verdict"],
        settles(row),
    )
