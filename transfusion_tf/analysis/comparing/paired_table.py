"""Verdicts on arms: the rows of comparisons.csv and arms.csv.

Each planned comparison is of two arms on the same images. Seeds and patients
are both allowed for, p values are adjusted for the number of comparisons, and
an answer may be that one cannot tell, and then what would settle it.
"""

import dataclasses

import numpy as np

from transfusion_tf.analysis import auc_table
from transfusion_tf.analysis.comparing import settling
from transfusion_tf.metrics import (
    components,
    fold_auc,
    paired_auc,
    seed_auc,
)
from transfusion_tf.statistics import equivalence

LEVEL = 0.95
MEAN = "mean"
ARM_COLUMNS = (
    "arm",
    "dataset",
    "split",
    "metric",
    *auc_table.ESTIMATE,
    "seed_sd",
    "num_seeds",
    "num_images",
    "num_patients",
    "num_positive",
    "num_negative",
    "seeds",
    "seed_values",
    "note",
    "num_folds",
    "pooled_auc",
)
COLUMNS = (
    "arm",
    "reference",
    "dataset",
    "split",
    "metric",
    "arm_auc",
    "reference_auc",
    *auc_table.DIFFERENCE,
    "low_90",
    "high_90",
    "margin",
    "verdict",
    "non_inferior",
    "seeds_sd",
    "patients_sd",
    "degrees_of_freedom",
    "num_seeds",
    "num_reference_seeds",
    "num_images",
    "num_patients",
    "settled_by_seeds_from",
    "settled_by_seeds_to",
    "settled_by_patients_from",
    "settled_by_patients_to",
    "note",
)
# The normal approximation and the counts of pairs are rough below this.
_FEW = 10


def arm_rows(arms, *, threshold=None):
    """One row an arm: its mean AUC over seeds, with its interval.

    Args:
        arms: analysis.comparing.arms.Arms.
        threshold: ordinal tasks: the AUC is that of grade >= this; None: the
            mean over the thresholds, as over classes or labels of other tasks.
    """
    rows = []
    for arm in arms:
        metric, scored = metric_of(arm, threshold)
        found = seed_auc.over_seeds(scored, level=LEVEL)
        spread = np.std(found.values, ddof=1) if len(found.values) > 1 else None
        rows.append(
            {
                "arm": arm.name,
                **_about(arm, metric),
                "value": found.value,
                "low": found.low,
                "high": found.high,
                "level": LEVEL,
                "seed_sd": spread,
                "num_seeds": len(arm.seeds),
                "num_positive": scored.num_positive,
                "num_negative": scored.num_negative,
                "seeds": " ".join(arm.seeds),
                "seed_values": " ".join(f"{v:.6g}" for v in found.values),
                "note": note(scored, found.reason, [arm]),
                "num_folds": scored.num_folds if _has_folds(arm) else None,
                "pooled_auc": _pooled(arm, threshold),
            }
        )
    return rows


def rows(pairs, *, margin, threshold=None):
    """One row for each planned comparison.

    Args:
        pairs: (arm, reference) Arms, all of the planned comparisons.
        margin: in AUC; see statistics.equivalence.
        threshold: as for `arm_rows`.

    Returns:
        List of dicts with the keys COLUMNS.

    Raises:
        ValueError: the margin is not between 0 and 1.
    """
    equivalence.check_margin(margin)
    compared = []
    for arm, reference in pairs:
        metric, other = metric_of(arm, threshold)
        _, first = metric_of(reference, threshold)
        compared.append((metric, first, paired_auc.between(first, other)))
    adjusted = equivalence.holm([found.p_value for *_, found in compared])
    return [
        {
            "arm": arm.name,
            "reference": reference.name,
            **_about(arm, metric),
            **_numbers(found),
            **_judged(found, p_adjusted, margin, len(pairs)),
            "note": note(
                scored, found.reason, [arm, reference], found, p_adjusted
            ),
        }
        for (arm, reference), (metric, scored, found), p_adjusted in zip(
            pairs, compared, adjusted, strict=True
        )
    ]


def aucs_of(arm):
    """([(index of a class, label or threshold; its seed_auc.Arm)], their mean).

    With folds an AUC is the mean over them.

    Args:
        arm: analysis.comparing.arms.Arm.
    """
    codes = components.group_codes(arm.patients, len(arm.labels))
    images = arm.task, arm.labels, arm.scores, codes
    if _has_folds(arm):
        return fold_auc.of_task(*images, arm.folds)
    return seed_auc.of_task(*images)


def metric_of(arm, threshold=None):
    """(name of the AUC that an Arm is judged by, its seed_auc.Arm)."""
    parts, mean = aucs_of(arm)
    over = f", mean over {mean.num_folds} folds" if _has_folds(arm) else ""
    if arm.task == "ordinal" and threshold is not None:
        wanted = [scored for index, scored in parts if index == threshold]
        if not wanted:
            raise ValueError(
                f"--select_threshold={threshold} must be one of "
                f"1..{len(parts)}, the grades above the lowest."
            )
        return f"AUC of grade >= {arm.classes[threshold]}{over}", wanted[0]
    if len(parts) == 1:
        return f"AUC of {arm.classes[parts[0][0]]}{over}", parts[0][1]
    return f"{MEAN} AUC of {len(parts)}{over}", mean


def _has_folds(arm):
    return arm.folds is not None


def _pooled(arm, threshold):
    """Mean over seeds of the AUC of all folds' predictions together."""
    if not _has_folds(arm):
        return None
    _, scored = metric_of(dataclasses.replace(arm, folds=None), threshold)
    return None if scored.values is None else float(scored.values.mean())


def _about(arm, metric):
    patients = arm.patients
    return {
        "dataset": arm.dataset,
        "split": arm.split,
        "metric": metric,
        "num_images": len(arm.labels),
        "num_patients": None if patients is None else len(set(patients)),
    }


def _numbers(found):
    return {
        "arm_auc": found.other,
        "reference_auc": found.first,
        "difference": found.value,
        "low": found.low,
        "high": found.high,
        "level": found.level,
        "p_value": found.p_value,
        "seeds_sd": _root(found.seed_variance),
        "patients_sd": _root(found.patient_variance),
        "degrees_of_freedom": found.degrees_of_freedom,
        "num_seeds": found.num_other_seeds,
        "num_reference_seeds": found.num_seeds,
    }


def _judged(found, p_adjusted, margin, num):
    """The verdict and what it rests on."""
    low, high = found.bounds(equivalence.EQUIVALENCE_LEVEL)
    verdict = equivalence.verdict(
        found.value, low, high, p_value=p_adjusted, margin=margin
    )
    needs = {"seeds": (None, None), "patients": (None, None)}
    if verdict == equivalence.CANNOT_TELL and found.interval == "t":
        needs = settling.needed(found, margin=margin, num=num)
    return {
        "p_adjusted": p_adjusted,
        "low_90": low,
        "high_90": high,
        "margin": margin,
        "verdict": verdict,
        "non_inferior": equivalence.is_non_inferior(low, margin=margin),
        "settled_by_seeds_from": needs["seeds"][0],
        "settled_by_seeds_to": needs["seeds"][1],
        "settled_by_patients_from": needs["patients"][0],
        "settled_by_patients_to": needs["patients"][1],
    }


def _root(variance):
    return None if variance is None else float(variance**0.5)


def note(scored, reason, arms, found=None, p_adjusted=None):
    """What makes the numbers of a row rough, in words; "" if nothing.

    Args:
        scored: a seed_auc.Arm of the row.
        reason: why a number is missing, or None.
        arms: the Arms of the row.
        found: PairedAuc, where the row is a comparison.
        p_adjusted: its adjusted p value.
    """
    notes = [reason] if reason else []
    fewest = min(scored.num_positive, scored.num_negative)
    if fewest < _FEW:
        notes.append(f"only {fewest} images of one class: intervals are rough")
    if any(len(arm.seeds) == 1 for arm in arms):
        notes.append("one seed: other seeds are not allowed for")
    limit = equivalence.SIGNIFICANCE
    if p_adjusted is not None and found.p_value <= limit < p_adjusted:
        notes.append("significant alone, not among all planned comparisons")
    return "; ".join(notes)
