"""The tables `criticality` and `criticality_arms` of the view `resilience`.

An arm's number is the median over its runs, not a mean: a run may be at 0 or
beyond the noises given, of which a geometric mean makes 0 or nothing. With two
runs, and wherever there are two in the middle, it is their geometric mean.
"""

import math

import numpy as np

from transfusion_tf import tables
from transfusion_tf.analysis.interventions import criticality, losses
from transfusion_tf.analysis.interventions import subjects as opened_subjects

BEYOND = "critical beyond the noises given"
COLUMNS = (
    *opened_subjects.RUN_COLUMNS,
    "stage",
    "stage_index",
    "criticality",
    "alpha",
    "noise",
    "lost",
    "num_draws",
    "distance",
    "scaled_distance",
    "margin",
    "metric",
    "reference_auc",
    "num_images",
    "num_patients",
    "note",
)
_SHARED = (
    "arm",
    "dataset",
    "model",
    "init",
    "split",
    "stage",
    "stage_index",
    "num_draws",
    "margin",
    "metric",
    "num_images",
    "num_patients",
)
ARM_COLUMNS = (
    *_SHARED,
    "num_seeds",
    "criticality",
    "lowest",
    "highest",
    "num_zero",
    "num_beyond",
    "note",
)


def make_tables(rows):
    """{stem: DataFrame} of the `run_rows` of all runs."""
    return {
        "criticality": tables.frame(rows, columns=COLUMNS),
        "criticality_arms": tables.frame(_arm_rows(rows), columns=ARM_COLUMNS),
    }


def run_rows(subjects, subject, noisy, scores, distances, options):
    """The rows of a run, dicts of COLUMNS, a stage each.

    Args:
      subjects: Subjects.
      subject: the Subject.
      noisy: list of criticality.Noisy.
      scores: scoring.Scores of the reference, of the network with each stage at
        its start, bottom to top, and of each of `noisy`.
      distances: {stage: movement.distances of its start and its end}.
      options: InterventionOptions.
    """
    ways = {one.way.stage: one.way for one in noisy}
    # The start without noise: where it holds, so does it with a little.
    places = {(name, 0.0, 0.0): [1 + n] for n, name in enumerate(ways)}
    for place, one in enumerate(noisy, start=1 + len(ways)):
        key = one.way.stage, one.alpha, one.noise
        places.setdefault(key, []).append(place)
    metric, reference, reason = _auc(subject, scores, [0])
    lost = {name: {} for name in ways}
    if reference is not None:
        for (name, *at), these in places.items():
            _, auc, _ = _auc(subject, scores, these)
            lost[name][tuple(at)] = reference - auc
    patients = scores.patients
    return [
        {
            **subjects.columns_of(subject),
            "stage": name,
            "stage_index": way.index,
            **_smallest(way, lost[name], options.margin, reason),
            "num_draws": options.draws,
            "distance": distances[name]["l2"],
            "scaled_distance": _finite(math.sqrt(way.scaled_square)),
            "margin": options.margin,
            "metric": metric,
            "reference_auc": reference,
            "num_images": len(scores.labels),
            "num_patients": None if patients is None else len(set(patients)),
        }
        for name, way in ways.items()
    ]


def _auc(subject, scores, places):
    """(name of the AUC, its mean over some networks, why it is undefined)."""
    name, arm = losses.metric(
        [subject] * len(places),
        scores.labels,
        scores.patients,
        scores.scores[places],
    )
    if arm.values is None:
        return name, None, arm.undefined
    return name, float(arm.values.mean()), ""


def _smallest(way, lost, margin, reason):
    """{column: value} of the pair with the smallest criticality."""
    found = criticality.smallest(way.scaled_square, lost, margin)
    if found is None:
        values = dict.fromkeys(("criticality", "alpha", "noise", "lost"))
        return {**values, "note": reason or BEYOND}
    value, alpha, noise = found
    return {
        "criticality": value,
        "alpha": alpha,
        "noise": noise,
        "lost": lost[alpha, noise],
        "note": "",
    }


def _arm_rows(rows):
    """The rows of all arms, dicts of ARM_COLUMNS."""
    groups = {}
    for row in rows:
        groups.setdefault((row["arm"], row["stage_index"]), []).append(row)
    return [
        {
            **{name: group[0][name] for name in _SHARED},
            "num_seeds": len(group),
            **_over_seeds(group),
        }
        for group in groups.values()
    ]


def _over_seeds(group):
    """{column: value} of the runs of an arm at a stage."""
    beyond = [row["note"] == BEYOND for row in group]
    numbers = [row["criticality"] for row in group]
    if None in numbers and not any(beyond):  # No AUC.
        values = dict.fromkeys(ARM_COLUMNS[-6:])
        return {**values, "note": group[0]["note"]}
    numbers = sorted(math.inf if x is None else x for x in numbers)
    note = f"{sum(beyond)} of {len(group)} runs {BEYOND}"
    return {
        "criticality": _finite(median(numbers)),
        "lowest": _finite(numbers[0]),
        "highest": _finite(numbers[-1]),
        "num_zero": numbers.count(0),
        "num_beyond": sum(beyond),
        "note": note if any(beyond) else "",
    }


def median(numbers):
    """The middle one of sorted numbers, or the geometric mean of the two."""
    middle = numbers[(len(numbers) - 1) // 2], numbers[len(numbers) // 2]
    if math.inf in middle:
        return math.inf
    return float(np.sqrt(middle[0]) * np.sqrt(middle[1]))


def _finite(value):
    return None if value == math.inf else value
