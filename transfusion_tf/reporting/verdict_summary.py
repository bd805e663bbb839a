"""What all comparisons say together, in at most three sentences."""

from transfusion_tf.reporting import verdict_text
from transfusion_tf.statistics import equivalence

BETTER, WORSE, ALIKE, OPEN, UNDEFINED = (
    "better",
    "worse",
    "alike",
    "open",
    "undefined",
)
GROUPS = (BETTER, WORSE, ALIKE, OPEN, UNDEFINED)
_GROUP_OF = {
    equivalence.HELPS: BETTER,
    equivalence.HURTS: WORSE,
    equivalence.HELPS_WITHIN_MARGIN: ALIKE,
    equivalence.HURTS_WITHIN_MARGIN: ALIKE,
    equivalence.EQUIVALENT: ALIKE,
    equivalence.CANNOT_TELL: OPEN,
}
# Of a group that has more, only the one with the largest difference is named.
_NAMED = 3


def group(row):
    """One of GROUPS.

    Args:
        row: dict of analysis.comparing.paired_table.COLUMNS.
    """
    return UNDEFINED if row["difference"] is None else _GROUP_OF[row["verdict"]]


def grouped(rows):
    """{one of GROUPS: rows, the largest difference first}."""
    found = {name: [] for name in GROUPS}
    for row in sorted(rows, key=lambda row: -abs(row["difference"] or 0)):
        found[group(row)].append(row)
    return found


def sentences(rows, arms, *, margin):
    """At most three sentences that say what was found.

    Of comparisons that are many, those with the largest differences are named
    and the others counted.

    Args:
        rows: dicts of analysis.comparing.paired_table.COLUMNS, undefined values
            None.
        arms: dicts of paired_table.ARM_COLUMNS, likewise.
        margin: in AUC.

    Returns:
        Tuple of texts.
    """
    if not rows:
        return (_nothing(arms),)
    found = grouped(rows)
    said = [
        _different(found[BETTER], found[WORSE]),
        _alike(found[ALIKE], margin),
        _open(found[OPEN], found[UNDEFINED]),
    ]
    said = [sentence for sentence in said if sentence]
    if min(arm["num_seeds"] for arm in arms) == 1:
        said[0] += ", as far as one seed can tell"
    if len(said) < 3 and not found[ALIKE] and len(found[UNDEFINED]) < len(rows):
        said.append(f"The margin is {_margin(margin)}")
    return tuple(f"{sentence}." for sentence in said)


def difference(row):
    """The difference of a row with its interval, to three digits."""
    if row["difference"] is None:
        return "n/a"
    values = (row[name] for name in ("difference", "low", "high"))
    return "{:+.3f} [{:+.3f}, {:+.3f}]".format(*values)


def auc(row):
    """The AUC of a row of arms.csv with its interval, to three digits."""
    if row["value"] is None:
        return "n/a"
    return f"{row['value']:.3f} [{row['low']:.3f}, {row['high']:.3f}]"


def pairs_of_100(margin):
    """How many of 100 pairs the margin is, as a text."""
    return f"{100 * margin:g}"


def _nothing(arms):
    shown = "; ".join(f"{arm['arm']}: AUC {auc(arm)}" for arm in arms[:_NAMED])
    more = "" if len(arms) <= _NAMED else "; ..."
    return f"Nothing is compared, as no arm has a reference ({shown}{more})."


def _different(better, worse):
    parts = []
    for rows, word in ((better, "better"), (worse, "worse")):
        parts += _each_or_first(
            rows,
            lambda row, word=word: (
                f"{row['arm']} does {word} than {row['reference']} "
                f"({difference(row)} in AUC)"
            ),
            f"arms do {word} than what they are compared with, most of all",
        )
    return "; ".join(parts)


def _each_or_first(rows, say, many):
    """What is said of each row; of too many, their number and the first."""
    if len(rows) <= _NAMED:
        return [say(row) for row in rows]
    return [f"{len(rows)} {many} {_named(rows[0])}"]


def _alike(rows, margin):
    """Those within the margin, with the 90% intervals that show it."""
    if not rows:
        return None
    if len(rows) <= _NAMED:
        pairs = [
            f"{row['arm']} and {row['reference']} ({_within(row)})"
            for row in rows
        ]
        what = f"{'; '.join(pairs)} do not differ by an AUC that matters"
    else:
        first = rows[0]
        what = (
            f"{len(rows)} arms do not differ by an AUC that matters from what "
            f"they are compared with, at most {first['arm']} against "
            f"{first['reference']} ({_within(first)})"
        )
    return f"{what}: less than the margin, {_margin(margin)}"


def _within(row):
    values = (row[name] for name in ("difference", "low_90", "high_90"))
    return "{:+.3f}, 90% interval [{:+.3f}, {:+.3f}]".format(*values)


def _open(rows, undefined):
    parts = _each_or_first(
        rows,
        lambda row: (
            f"{row['arm']} against {row['reference']} "
            f"({difference(row)}; {_needs(row)})"
        ),
        "comparisons, as",
    )
    said = []
    if parts:
        said.append(
            f"These data cannot tell for {'; '.join(parts)}, which is not to "
            "say that there is no difference"
        )
    if undefined:
        first = undefined[0]
        more = "" if len(undefined) == 1 else f" and {len(undefined) - 1} more"
        said.append(
            f"{first['arm']} against {first['reference']}{more} has no AUC "
            f"({first['note']})"
        )
    return "; ".join(said)


def _named(row):
    return f"{row['arm']} against {row['reference']} ({difference(row)})"


def _needs(row):
    needs = verdict_text.settles(row)
    if needs == "out of reach":
        return "more seeds or images within reach would not settle it"
    return f"{needs} would settle it"


def _margin(margin):
    return (
        f"{margin:g} in AUC, which is {pairs_of_100(margin)} more of 100 pairs "
        "of a sick and a healthy image put in the right order"
    )
