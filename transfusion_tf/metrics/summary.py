"""All the numbers of one set of predictions, as they go into metrics.json.

summary.summarize("ordinal", ("0", "1", "2"), labels, scores,
                  groups=patients)["auc"]["value"]
"""

import itertools

import numpy as np

from transfusion_tf.metrics import auc, components, problems
from transfusion_tf.statistics import intervals

_NOTHING_LEARNED = (
    "nothing was learned of it: the training images are all positive, all "
    "negative, or not labelled"
)
_NAMES = {"multiclass": "{}", "multilabel": "{}", "ordinal": ">={}"}


def name_of(task, classes, index):
    """What the question with this Problem.index is called: a class, `>=2`."""
    return _NAMES[task].format(classes[index])


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
        groups: (num_images,) patients, the unit of every interval, or None.
        level: confidence level of the intervals.
        select_threshold: grade whose AUC alone is the `selection`; ordinal.
        unanswerable: classes, labels or thresholds (Problem.index) of which
            nothing was learned: their AUCs are undefined.

    Returns:
        A dict; what is undefined is None and has a `reason`:
        - task, level, unit ("patient" or "image"), num_images, num_patients
          (None without groups);
        - aucs: a list with the fields of AucResult and `name` for each class
          (multiclass; the second one alone of two), label (multilabel) or
          threshold (ordinal, ">=grade");
        - auc: value, low, high, variance, interval, note, num_defined and
          num_total of their mean over the defined ones;
        - accuracy: the dict of `accuracy`;
        - selection, selection_of: value and name of the AUC by which the best
          weights are chosen, see `_selection`.

    Raises:
        ValueError: other shapes, labels, scores, groups or names.
    """
    asked = _asked(task, classes, labels, scores, select_threshold)
    intervals.check_level(level)
    codes = components.group_codes(groups, len(scores))
    results, mean = _aucs(asked, codes, level, unanswerable)
    aucs = [
        {"name": name_of(task, classes, problem.index), **vars(result)}
        for problem, result in zip(asked, results, strict=True)
    ]
    return {
        "task": task,
        "level": level,
        "unit": "image" if groups is None else "patient",
        "num_images": len(scores),
        "num_patients": None if groups is None else len(np.unique(codes)),
        "aucs": aucs,
        "auc": mean,
        "accuracy": accuracy(task, labels, scores, codes, level=level),
        **_selection(aucs, mean, select_threshold),
    }


def _asked(task, classes, labels, scores, select_threshold):
    """The checked Problems that labels and scores pose."""
    asked = problems.split(task, labels, scores)
    num_classes = np.shape(scores)[1]
    if len(classes) != num_classes:
        raise ValueError(
            f"`classes` must name the {num_classes} columns of "
            f"the scores. Received: {len(classes)} names"
        )
    check_threshold(task, len(asked), select_threshold)
    return asked


def _selection(aucs, mean, select_threshold):
    """The keys `selection` and `selection_of`.

    Of two classes that is their AUC; else the mean of the defined ones, or the
    AUC of `select_threshold`.
    """
    if select_threshold is None and len(aucs) > 1:
        return {"selection": mean["value"], "selection_of": "mean"}
    chosen = aucs[(select_threshold or 1) - 1]
    return {"selection": chosen["value"], "selection_of": chosen["name"]}


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
        A dict of value, low, high, correct, total, reason; `majority`, the
        accuracy of always giving the most frequent answer (of each label), and
        `num_answers`, how many different answers there are.
    """
    labels, scores = problems.check(task, labels, scores)
    answers = problems.decide(task, scores)
    right = answers == labels
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
        "majority": None,
        "num_answers": len(np.unique(answers[labels != problems.MISSING])),
    }
    if not total:
        return {**answer, "reason": "no image with a label"}
    trials, hits = np.bincount(codes, trials), np.bincount(codes, hits)
    seen = trials > 0
    effective = intervals.effective_trials(hits[seen], trials[seen])
    low, high = intervals.wilson(correct / total, effective, level=level)
    return {
        **answer,
        "value": correct / total,
        "low": low,
        "high": high,
        "majority": _most_frequent(labels) / total,
    }


def _most_frequent(labels):
    """How many labels equal the most frequent one, of each column alone."""
    columns = labels[:, None] if labels.ndim == 1 else labels
    return sum(
        int(np.unique(known, return_counts=True)[1].max(initial=0))
        for known in (
            column[column != problems.MISSING] for column in columns.T
        )
    )


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
