"""All the numbers of one set of predictions, as they go into metrics.json.

summary.summarize("ordinal", ("0", "1", "2"), labels, scores,
                  groups=patients)["auc"]["value"]
"""

import dataclasses
import itertools

import numpy as np

from transfusion_tf.metrics import auc, components, problems
from transfusion_tf.statistics import intervals

_NOTHING_LEARNED = (
    "nothing was learned of it: the training images are all positive, all "
    "negative, or not labelled"
)
_NAMES = {"multiclass": "{}", "multilabel": "{}", "ordinal": ">={}"}


def check_threshold(task, highest, select_threshold):
    """Raises ValueError for a threshold that the task does not have.

    Args:
        task: one of names.TASKS.
        highest: index of the highest grade.
        select_threshold: an int, or None, which every task allows.
    """
    if select_threshold is None:
        return
    if task != "ordinal":
        raise ValueError(
            "`select_threshold` goes with ordinal tasks only. "
            f"Received: {select_threshold} for {task!r}"
        )
    if select_threshold not in range(1, highest + 1):
        raise ValueError(
            f"`select_threshold` must be 1 to {highest}, a grade "
            f"above the lowest. Received: {select_threshold}"
        )


def summarize(
    task,
    classes,
    labels,
    scores,
    *,
    groups=None,
    level=0.95,
    select_threshold=None,
    unanswerable=(),
):
    """Returns AUCs and accuracy with their intervals, ready for JSON.

    Args:
        task: one of names.TASKS.
        classes: names of the classes, grades or labels, in order.
        labels: (num_images,) class indices; for "multilabel" (num_images,
            num_labels) of 1, 0 and -1 (missing).
        scores: (num_images, len(classes)) probabilities.
        groups: (num_images,) patients; they are then the unit of every
            interval. None: each image is a unit.
        level: confidence level of the intervals.
        select_threshold: int from 1 to num_classes - 1, "ordinal" only: the
            grade whose AUC alone is the `selection`.
        unanswerable: classes, labels or thresholds (Problem.index) of which
            the scores cannot know, because nothing was learned: their AUCs are
            undefined.

    Returns:
        A dict; what is undefined is None and has a `reason`:
        - task, level, unit ("patient" or "image"), num_images, num_patients
          (None without groups);
        - aucs: a list with the fields of AucResult and `name` for each class
          (multiclass; the second one alone of two), label (multilabel) or
          threshold (ordinal, ">=grade");
        - auc: value, low, high, variance, interval, note, num_defined and
          num_total of their mean over the defined ones;
        - accuracy: value, low, high, correct, total (see `accuracy`);
        - selection: the one AUC by which the best weights of a run are chosen
          (two classes: the AUC; else the mean of the defined ones, or that of
          `select_threshold`); selection_of: its name.

    Raises:
        ValueError: other shapes, labels, scores, groups or names.
    """
    asked = problems.split(task, labels, scores)
    num_images, num_classes = np.shape(scores)
    if len(classes) != num_classes:
        raise ValueError(
            f"`classes` must name the {num_classes} columns of "
            f"the scores. Received: {len(classes)} names"
        )
    check_threshold(task, len(asked), select_threshold)
    intervals.check_level(level)
    codes = components.group_codes(groups, num_images)
    results, mean = _aucs(asked, codes, level, unanswerable)
    entry_names = [_NAMES[task].format(classes[p.index]) for p in asked]
    selection, selection_of = mean["value"], "mean"
    if select_threshold is not None or len(asked) == 1:
        chosen = (select_threshold or 1) - 1
        selection, selection_of = results[chosen].value, entry_names[chosen]
    num_units = len(np.unique(codes))
    return {
        "task": task,
        "level": level,
        "unit": "image" if groups is None else "patient",
        "num_images": num_images,
        "num_patients": None if groups is None else num_units,
        "aucs": [
            {"name": name, **dataclasses.asdict(result)}
            for name, result in zip(entry_names, results, strict=True)
        ],
        "auc": mean,
        "accuracy": accuracy(task, labels, scores, codes, level=level),
        "selection": selection,
        "selection_of": selection_of,
    }


def accuracy(task, labels, scores, codes, *, level=0.95):
    """Returns the share of right answers with Wilson's interval.

    Answers are those of `problems.decide`; for "multilabel" there is one for
    each label that is not missing. Where a unit has several answers (labels of
    an image, images of a patient), the interval is that of the number of
    independent answers that would vary as much as the units do
    (`intervals.effective_trials`).

    Args:
        task, labels, scores: as for `summarize`.
        codes: (num_images,) ints, equal for the images of one unit.
        level: confidence level of the interval.

    Returns:
        A dict of value, low, high, correct, total, reason.
    """
    labels, scores = problems.check(task, labels, scores)
    right = problems.decide(task, scores) == labels
    if task == "multilabel":  # A missing label equals no answer.
        trials = (labels != problems.MISSING).sum(axis=1)
        hits = right.sum(axis=1)
    else:
        hits = right
        trials = np.ones(len(labels), int)
    total, correct = int(trials.sum()), int(hits.sum())
    answer = {
        "value": None,
        "low": None,
        "high": None,
        "correct": correct,
        "total": total,
        "reason": None,
    }
    if not total:
        return {**answer, "reason": "no image with a label"}
    trials, hits = np.bincount(codes, trials), np.bincount(codes, hits)
    seen = trials > 0
    effective = intervals.effective_trials(hits[seen], trials[seen])
    low, high = intervals.wilson(correct / total, effective, level=level)
    return {**answer, "value": correct / total, "low": low, "high": high}


def _aucs(asked, codes, level, unanswerable):
    """Returns the AucResult of each problem and the dict of their mean."""
    size = int(codes.max(initial=-1)) + 1
    results, influences = [], []
    for problem in asked:
        compared = components.compare(
            problem.labels[problem.keep], problem.scores[problem.keep]
        )
        sums = components.sum_by_group(compared, codes[problem.keep], size=size)
        if problem.index in unanswerable:
            results.append(auc.undefined(sums, _NOTHING_LEARNED))
            continue
        results.append(auc.from_sums(compared.value, sums, level=level))
        if compared.value is not None:
            influences.append(sums.influence())
    return results, _mean(results, influences)


def _mean(results, influences):
    """Returns the dict of the mean of the defined AUCs.

    Its variance is the sum of squares of the units' mean influence, which
    counts an image that is positive for one class and negative for another
    once; None where one of the AUCs shows none. The interval is made of the
    single ones ("combined", see intervals.combined), two AUCs being correlated
    as their influences are, or fully where one shows no variance.
    """
    defined = [result for result in results if result.value is not None]
    mean = {
        "value": _mean_defined([r.value for r in results]),
        "low": None,
        "high": None,
        "variance": None,
        "interval": None,
        "num_defined": len(defined),
        "num_total": len(results),
        "reason": None,
        "note": _mean_note(defined),
    }
    if not defined:
        reason = (
            results[0].reason
            if len(results) == 1
            else ("none of the AUCs is defined")
        )
        return {**mean, "reason": reason}
    if len(defined) == 1:
        only = defined[0]
        return {
            **mean,
            "low": only.low,
            "high": only.high,
            "variance": only.variance,
            "interval": only.interval,
            "note": only.note,
        }
    low, high = intervals.combined(
        [(r.value, r.low, r.high) for r in defined], _correlations(influences)
    )
    variance = None
    if all(influence is not None for influence in influences):
        variance = float(np.sum(np.mean(influences, axis=0) ** 2))
    return {
        **mean,
        "low": low,
        "high": high,
        "variance": variance,
        "interval": "combined",
    }


def _correlations(influences):
    """(num, num) correlations of AUCs; 1 where one shows no variance."""
    num = len(influences)
    found = np.ones((num, num))
    for i, j in itertools.combinations(range(num), 2):
        if influences[i] is not None and influences[j] is not None:
            norms = np.linalg.norm(influences[i]) * np.linalg.norm(
                influences[j]
            )
            found[i, j] = found[j, i] = influences[i] @ influences[j] / norms
    return found


def _mean_note(defined):
    noted = sum(bool(result.note) for result in defined)
    if not noted:
        return ""
    return (
        f"{noted} of {len(defined)} AUCs are of fewer than {auc.FEWEST} "
        "positives or negatives"
    )


def _mean_defined(values):
    defined = [value for value in values if value is not None]
    return float(np.mean(defined)) if defined else None
