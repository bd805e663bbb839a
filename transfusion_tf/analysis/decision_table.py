"""What runs answer at thresholds that were chosen without the test images.

Balanced accuracy, sensitivity and specificity of each question at a threshold
of 1/2, and at the one that was best on val; and of several classes the balanced
accuracy of the most probable one.
"""

import numpy as np

from transfusion_tf import tables
from transfusion_tf.analysis import auc_table
from transfusion_tf.metrics import balanced, calibration, problems, summary

ALL_CLASSES = "all classes"
COLUMNS = (
    *auc_table.ABOUT,
    "auc_of",
    "chosen_by",
    "threshold",
    "measure",
    *auc_table.ESTIMATE,
    "baseline",
    "note",
)
HALF, ON_VAL, MOST_PROBABLE = "one half", "val", "most probable class"
_LEVEL = 0.95
_NO_THRESHOLD = (
    "no threshold of val: it is what is scored, has one class, or no "
    "predictions of it are saved"
)


def run(loaded):
    """Returns a DataFrame with COLUMNS.

    Args:
        loaded: ScoredRuns. Their thresholds come from the predictions of val
            that the same runs have saved, unless these are what is scored.
    """
    return tables.frame(
        [row for one in loaded for row in _rows(one)], columns=COLUMNS
    )


def _rows(run):
    """Yields the rows of one ScoredRun."""
    task, scored = run.data["task"], run.predictions
    about = {**auc_table.about_run(run), "level": _LEVEL}
    thresholds = _best_on_val(run)
    for asked in problems.split(task, scored.labels, scored.scores):
        name = summary.name_of(task, run.classes, asked.index)
        threshold = thresholds.get(asked.index)
        for row in _at_thresholds(asked, scored.patients, threshold):
            yield {**about, "auc_of": name, **row}
    if task != "multilabel" and len(run.classes) > 2:
        yield {**about, "auc_of": ALL_CLASSES, **_most_probable(task, run)}


def _best_on_val(run):
    """{index of a question: its best threshold on val, or None}."""
    if not auc_table.has_predictions(run.root, "val"):
        return {}
    (val,) = auc_table.load([run.root], "val")
    # Images that choose a threshold flatter it. An external set has another
    # fingerprint, and its val split is a test set like any other.
    if (
        run.split == "val"
        and run.data["fingerprint"] == val.data["fingerprint"]
    ):
        return {}
    scored, task = val.predictions, val.data["task"]
    return {
        asked.index: balanced.best_threshold(
            asked.labels[asked.keep], asked.scores[asked.keep]
        )
        for asked in problems.split(task, scored.labels, scored.scores)
    }


def _at_thresholds(asked, patients, on_val):
    """Yields the rows of one question."""
    truth = asked.labels[asked.keep].astype(int)
    groups = None if patients is None else patients[asked.keep]
    for chosen_by, threshold in ((HALF, 0.5), (ON_VAL, on_val)):
        about = {"chosen_by": chosen_by, "threshold": threshold}
        if threshold is None:
            unknown = calibration.Estimate(reason=_NO_THRESHOLD)
            yield {**about, **_row("balanced_accuracy", unknown, 0.5)}
            continue
        answers = (asked.scores[asked.keep] >= threshold).astype(int)
        found = balanced.accuracy(truth, answers, 2, groups, level=_LEVEL)
        specificity, sensitivity = found.recalls
        for measure, estimate, baseline in (
            ("balanced_accuracy", found.value, 0.5),
            ("sensitivity", sensitivity, None),
            ("specificity", specificity, None),
        ):
            yield {**about, **_row(measure, estimate, baseline)}


def _most_probable(task, run):
    scored = run.predictions
    answers = problems.decide(task, np.asarray(scored.scores, np.float64))
    number = len(run.classes)
    found = balanced.accuracy(
        scored.labels, answers, number, scored.patients, level=_LEVEL
    )
    return {
        "chosen_by": MOST_PROBABLE,
        "threshold": None,
        **_row("balanced_accuracy", found.value, 1 / number),
    }


def _row(measure, estimate, baseline):
    return {
        "measure": measure,
        "value": estimate.value,
        "low": estimate.low,
        "high": estimate.high,
        "baseline": baseline,
        "note": estimate.reason,
    }
