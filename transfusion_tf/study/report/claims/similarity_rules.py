"""Rules that judge claims on representations and on errors."""

import math

import numpy as np
from scipy import stats

from transfusion_tf.study.report.claims import judgement
from transfusion_tf.study.report.claims.evidence import (
    PRETRAINED,
    RANDOM,
    START,
)
from transfusion_tf.study.report.claims.judgement import (
    AGREES,
    CANNOT_TELL,
    DISAGREES,
    Judgement,
)

# A correlation below this explains less than a quarter of the variance.
WEAK = 0.5
_LEVEL = 0.95
_MEASURES = ("cca", "svcca")
_FEWEST_RUNS = 3


def changes_with_height(found):
    """Pretrained networks change more in the highest stage than the lowest."""
    measure, table = _similarities(found, "before_after")
    compared = []
    for arm in found.of_scheme(PRETRAINED):
        falls = [_fall(table[run]) for run in arm.runs if run in table]
        if falls:
            compared.append((f"{arm.name}, {measure}", falls))
    judged = [
        _interval(text, (falls,), len(compared)) for text, falls in compared
    ]
    return judgement.together(
        [outcome for outcome, _ in judged], [text for _, text in judged]
    )


def reuse_lowest(found):
    """What pretrained networks keep more than random ones, falls likewise."""
    measure, table = _similarities(found, "before_after")
    compared = []
    for arm in found.of_scheme(PRETRAINED):
        other = found.partner(arm, but=START, scheme=RANDOM)
        if other is None:
            continue
        falls = [
            [_fall(table[run]) for run in of.runs if run in table]
            for of in (arm, other)
        ]
        if all(falls):
            text = f"{arm.name} minus {other.name}, {measure}"
            compared.append((text, falls))
    judged = [_interval(text, falls, len(compared)) for text, falls in compared]
    return judgement.together(
        [outcome for outcome, _ in judged], [text for _, text in judged]
    )


def _fall(similarities):
    """From the lowest stage to the highest."""
    return similarities[0] - similarities[-1]


def _interval(text, groups, count):
    """(outcome, text): the mean of runs, or of the first group minus others.

    Args:
      text: what it is of.
      groups: values of runs; two groups: their difference (Welch).
      count: number of such intervals that a claim rests on (Bonferroni).
    """
    signs = (1, -1)[: len(groups)]
    value = sum(
        sign * float(np.mean(of))
        for sign, of in zip(signs, groups, strict=True)
    )
    text = f"{text}: {value:+.3f}"
    if min(map(len, groups)) < 2:
        return CANNOT_TELL, f"{text} (one run)"
    parts = [np.var(of, ddof=1) / len(of) for of in groups]
    variance = sum(parts)
    if variance == 0:
        return CANNOT_TELL, f"{text} (no variance)"
    freedom = variance**2 / sum(
        part**2 / (len(of) - 1) for part, of in zip(parts, groups, strict=True)
    )
    half = stats.t.isf((1 - _LEVEL) / 2 / count, freedom) * math.sqrt(variance)
    low, high = value - half, value + half
    return judgement.signed(low, high), f"{text} [{low:+.3f}, {high:+.3f}]"


def same_start_more_alike(found):
    """Top two stages: no pair of different starts is as alike as any alike."""
    measure, table = _similarities(found, "between", pairs=True)
    outcomes, numbers = [], []
    for arm in found.of_scheme(PRETRAINED):
        other = found.partner(arm, but=START, scheme=RANDOM)
        if other is None or not arm.is_large:
            continue
        ours, theirs = (
            [
                float(np.mean(stages[-2:]))
                for runs, stages in table.items()
                if len(runs & set(of.runs)) == wanted
                and runs <= {*arm.runs, *other.runs}
            ]
            for of, wanted in ((other, 2), (other, 1))
        )
        if not ours or not theirs:
            continue
        outcomes.append(_apart(ours, theirs, (arm, other)))
        numbers.append(
            f"{other.name}, {measure}: two of it {_range(ours)}, one and "
            f"{arm.name} {_range(theirs)}"
        )
    return judgement.together(outcomes, numbers)


def _apart(ours, theirs, arms):
    if min(len(arm.runs) for arm in arms) < _FEWEST_RUNS:
        return CANNOT_TELL
    if min(ours) > max(theirs):
        return AGREES
    return DISAGREES if max(ours) < min(theirs) else CANNOT_TELL


def _range(values):
    return f"{min(values):.3f} to {max(values):.3f}"


def _similarities(found, view, *, pairs=False):
    """(measure, {run or pair of runs: similarities, bottom to top})."""
    table = found.tables.get(view)
    if table is None:
        return "", {}
    table = table[table["value"].notna()]
    measures = list(dict.fromkeys(table["measure"]))
    measure = next((m for m in _MEASURES if m in measures), None)
    if measure is None:
        return "", {}
    keys = ["run", "other_run"] if pairs else ["run"]
    means = (
        table[table["measure"] == measure]
        .groupby([*keys, "stage_index"])["value"]
        .mean()
    )
    found = {}
    for (*runs, _), value in means.items():
        key = frozenset(runs) if pairs else runs[0]
        found.setdefault(key, []).append(value)
    return measure, found


def similar_predictions(found):
    """Kappa of errors of networks from different sources lies above 0."""
    sources = {
        run: (arm.model, arm.others, arm.train_size, arm.source)
        for arm in found.of_scheme(PRETRAINED)
        for run in arm.runs
    }
    rows = [
        row
        for row in found.rows("agreement", measure="kappa")
        if row["run"] in sources
        and row["other_run"] in sources
        and sources[row["run"]][:-1] == sources[row["other_run"]][:-1]
        and sources[row["run"]][-1] != sources[row["other_run"]][-1]
        and not math.isnan(row["low"])
    ]
    return judgement.together(
        [judgement.signed(row["low"], row["high"]) for row in rows],
        [
            f"{row['run']} and {row['other_run']}: kappa {row['value']:.2f} "
            f"[{row['low']:.2f}, {row['high']:.2f}]"
            for row in rows
        ],
    )


def similarity_without_gain(found):
    """No stage has a correlation that matters."""
    rows, above, below, weak = _correlations(found)
    if not rows:
        return judgement.NOTHING
    outcome = CANNOT_TELL
    if weak == len(rows):
        outcome = AGREES
    elif 2 * max(above, below) > len(rows):
        outcome = DISAGREES
    return Judgement(outcome=outcome, numbers=_coefficients(rows))


def similarity_against_gain(found):
    """Most stages have a negative correlation."""
    rows, above, below, weak = _correlations(found)
    if not rows:
        return judgement.NOTHING
    outcome = CANNOT_TELL
    if 2 * below > len(rows):
        outcome = AGREES
    elif 2 * above > len(rows) or weak == len(rows):
        outcome = DISAGREES
    return Judgement(outcome=outcome, numbers=_coefficients(rows))


def _correlations(found):
    """Rows of correlations, and how many are above, below, and near 0."""
    rows = [
        row
        for row in found.rows("gain_correlations", coefficient="pearson")
        if row["init"] not in (RANDOM, "all")
    ]
    measure = next(
        (m for m in _MEASURES if any(r["measure"] == m for r in rows)), None
    )
    rows = [row for row in rows if row["measure"] == measure]
    return (
        rows,
        sum(row["low"] > 0 for row in rows),
        sum(row["high"] < 0 for row in rows),
        sum(-WEAK < row["low"] and row["high"] < WEAK for row in rows),
    )


def _coefficients(rows):
    return "; ".join(
        f"{row['init']}, {row['stage']}: "
        + (
            "n/a"
            if math.isnan(row["low"])
            else f"{row['value']:+.2f} [{row['low']:+.2f}, {row['high']:+.2f}]"
        )
        for row in rows
    )
