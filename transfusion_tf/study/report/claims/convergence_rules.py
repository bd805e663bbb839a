"""Rules that judge claims on how soon networks converge."""

import itertools
import math

from transfusion_tf.statistics import equivalence
from transfusion_tf.study.report.claims import judgement
from transfusion_tf.study.report.claims.evidence import (
    MEAN_VAR,
    PRETRAINED,
    RANDOM,
)
from transfusion_tf.study.report.claims.judgement import (
    AGREES,
    CANNOT_TELL,
    DISAGREES,
)


def pretrained_sooner(found):
    """Pretrained networks reach the target in fewer steps."""
    return _sooner(found, PRETRAINED)


def mean_var_sooner(found):
    """So do random weights with their statistics."""
    return _sooner(found, MEAN_VAR)


def _sooner(found, scheme):
    names = {arm.name for arm in found.of_scheme(scheme)}
    random = {arm.name for arm in found.of_scheme(RANDOM)}
    rows = [
        row
        for row in found.rows("convergence", unit="step")
        if row["arm"] in names and row["reference"] in random
    ]
    return judgement.together(
        [_is_sooner(found, row, len(rows)) for row in rows],
        map(_speed, rows),
    )


def _is_sooner(found, row, count):
    is_shown = row["p_value"] * count <= equivalence.SIGNIFICANCE
    faster = _is_faster(found, row)
    if not is_shown or faster is None:
        return CANNOT_TELL
    return AGREES if faster else DISAGREES


def _is_faster(found, row):
    """Whether an arm was ahead of its reference; None where not known."""
    if not math.isnan(row["speed_up"]):
        return row["speed_up"] > 1
    reference = found.rows("convergence", unit="step", arm=row["reference"])
    if not reference:
        return None
    shares = [r["num_reached"] / r["num_runs"] for r in (row, reference[0])]
    return None if shares[0] == shares[1] else shares[0] > shares[1]


def _speed(row):
    speed, p_value = row["speed_up"], row["p_value"]
    times = "n/a" if math.isnan(speed) else f"{speed:.2f} times as fast"
    if math.isnan(p_value):
        return f"{row['arm']}: {times}"
    return (
        f"{row['arm']}: {times}, p = {p_value:.3f} (at least "
        f"{row['smallest_p_value']:.3f} with this many runs)"
    )


def first_stage_most(found):
    """The median falls most from no stage to the lowest one."""
    shown = {
        row["arm"]: row
        for row in found.rows("convergence", unit="step")
        if row["p_value"] <= equivalence.SIGNIFICANCE
    }
    outcomes, numbers = [], []
    by_series = {}
    for row in found.rows("convergence_stages", unit="step"):
        by_series.setdefault(row["series"], []).append(row)
    for series, rows in by_series.items():
        rows.sort(key=lambda row: row["place"])
        medians = [row["median"] for row in rows]
        falls = [a - b for a, b in itertools.pairwise(medians)]
        if rows[0]["through"] != "none" or len(falls) < 2:
            continue
        outcomes.append(_most_first(found, rows, falls, shown))
        numbers.append(
            f"{series}: median steps "
            + ", ".join(
                f"{row['through']} "
                + ("n/a" if math.isnan(row["median"]) else f"{row['median']:g}")
                for row in rows
            )
        )
    return judgement.together(outcomes, numbers)


def _most_first(found, rows, falls, shown):
    if any(map(math.isnan, falls)):
        return CANNOT_TELL
    is_first = falls[0] == max(falls) and falls.count(max(falls)) == 1
    tested = rows[1] if is_first else rows[-1]
    row = shown.get(tested["arm"])
    if row is None or not _is_faster(found, row):
        return CANNOT_TELL
    return AGREES if is_first else DISAGREES
