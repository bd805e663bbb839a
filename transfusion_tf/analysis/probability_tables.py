"""What the probabilities of runs are worth: calibration, thresholds, curves.

Each table has rows for each question that an AUC answers (class, label or
threshold), from the predictions that the runs have saved.
"""

import numpy as np

from transfusion_tf import progress, tables
from transfusion_tf.analysis import auc_table
from transfusion_tf.metrics import (
    average_precision,
    calibration,
    operating,
    problems,
    summary,
)

_ABOUT = (*auc_table.ABOUT, "auc_of")
_MEASURES = ("brier", "intercept", "slope")
CALIBRATION_COLUMNS = (
    *_ABOUT,
    "prevalence",
    *(f"{m}{part}" for m in _MEASURES for part in ("", "_low", "_high")),
    "brier_baseline",
    "ece",
    "num_bins",
    "average_precision",
    "average_precision_low",
    "average_precision_high",
    "level",
    "note",
)
BIN_COLUMNS = (
    *_ABOUT,
    "lower",
    "upper",
    "count",
    "mean_score",
    "share",
    "low",
    "high",
)
POINT_COLUMNS = (
    *_ABOUT,
    "given",
    "asked",
    "reached",
    "threshold",
    "measure",
    *auc_table.ESTIMATE,
    "note",
)
CURVE_COLUMNS = (*_ABOUT, "curve", "x", "y", "baseline")
# What screening asks for, and what confirmation does.
ASKED = (0.8, 0.9, 0.95)
_LEVEL = 0.95
# A curve of more corners looks the same on paper.
_MAX_CORNERS = 500


def run(loaded, *, seed=0, num_resamples=operating.NUM_RESAMPLES):
    """Returns {stem: DataFrame} of four tables.

    Args:
        loaded: ScoredRuns, as of auc_table.load.
          seed, num_resamples: of the bootstrap behind the intervals of
            operating_points and of the average precision.
    """
    how = {"level": _LEVEL, "seed": seed, "num_resamples": num_resamples}
    rows = {"calibration": [], "bins": [], "points": [], "curves": []}
    for scored_run in progress.over(loaded, "Calibration", unit="runs"):
        for about, asked, patients in _questions(scored_run):
            question = asked.labels[asked.keep], asked.scores[asked.keep]
            groups = None if patients is None else patients[asked.keep]
            found = operating.curves(*question)
            measured = calibration.measure(*question, groups, level=_LEVEL)
            area = average_precision.average_precision(*question, groups, **how)
            rows["calibration"].append(
                {**about, **_numbers(measured, area, found.prevalence)}
            )
            rows["bins"] += [{**about, **_bin(one)} for one in measured.bins]
            rows["points"] += [
                {**about, **row} for row in _points(*question, groups, how)
            ]
            rows["curves"] += [{**about, **row} for row in _corners(found)]
    columns = (CALIBRATION_COLUMNS, BIN_COLUMNS, POINT_COLUMNS, CURVE_COLUMNS)
    stems = ("calibration", "calibration_bins", "operating_points", "curves")
    return {
        stem: tables.frame(part, columns=names)
        for stem, part, names in zip(stems, rows.values(), columns, strict=True)
    }


def _questions(scored_run):
    """Yields ({column: value}, Problem, patients) of a run."""
    scored, task = scored_run.predictions, scored_run.data["task"]
    about = auc_table.about_run(scored_run)
    for asked in problems.split(task, scored.labels, scored.scores):
        name = summary.name_of(task, scored_run.classes, asked.index)
        clipped = np.clip(asked.scores, 0, 1)  # Sums of rounded scores.
        yield (
            {**about, "auc_of": name},
            problems.Problem(asked.index, asked.keep, asked.labels, clipped),
            scored.patients,
        )


def _numbers(measured, area, prevalence):
    numbers = {}
    for name in _MEASURES:
        estimate = getattr(measured, name)
        numbers |= {
            name: estimate.value,
            f"{name}_low": estimate.low,
            f"{name}_high": estimate.high,
        }
    reasons = [getattr(measured, name).reason for name in _MEASURES]
    reasons.append(area.reason)
    return {
        **numbers,
        "prevalence": prevalence,
        "brier_baseline": measured.brier_baseline,
        "ece": measured.ece,
        "num_bins": len(measured.bins),
        "average_precision": area.value,
        "average_precision_low": area.low,
        "average_precision_high": area.high,
        "level": _LEVEL,
        "note": "; ".join(dict.fromkeys(filter(None, reasons))),
    }


def _bin(one):
    return {
        "lower": one.lower,
        "upper": one.upper,
        "count": one.count,
        "mean_score": one.mean_score,
        "share": one.share.value,
        "low": one.share.low,
        "high": one.share.high,
    }


def _points(labels, scores, groups, how):
    """Rows of sensitivity at specificities, then of the reverse."""
    for given, measure, at in (
        ("specificity", "sensitivity", operating.sensitivity_at),
        ("sensitivity", "specificity", operating.specificity_at),
    ):
        for asked in ASKED:
            point = at(asked, labels, scores, groups, **how)
            yield {
                "given": given,
                "asked": asked,
                "reached": point.reached,
                "threshold": point.threshold,
                "measure": measure,
                "value": point.other.value,
                "low": point.other.low,
                "high": point.other.high,
                "level": _LEVEL,
                "note": point.other.reason,
            }


def _corners(found):
    for curve, x, y, baseline in (
        ("roc", found.false_positive_rate, found.true_positive_rate, None),
        ("precision_recall", found.recall, found.precision, found.prevalence),
    ):
        steps = max(1, len(x) // _MAX_CORNERS)
        kept = np.unique(np.append(np.arange(0, len(x), steps), len(x) - 1))
        for index in kept if len(x) else ():
            yield {
                "curve": curve,
                "x": float(x[index]),
                "y": float(y[index]),
                "baseline": baseline,
            }
