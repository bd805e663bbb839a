"""Tables of how the errors of two runs agree, from saved predictions.

Paper: Juodelyte et al. (2023), arXiv:2302.08272, who ask whether networks from
two sources err on the same images.
"""

import itertools

import numpy as np

from transfusion_tf import progress, tables
from transfusion_tf.analysis import auc_table
from transfusion_tf.metrics import agreement

_PAIR = ("run", "other_run", "dataset", "split", "of")
_NUMBERS = ("measure", *auc_table.ESTIMATE, *auc_table.SIZES, "note")
COLUMNS = (*_PAIR, *_NUMBERS)
CLASS_COLUMNS = (*_PAIR, "true_class", *_NUMBERS)
ALL_CLASSES = "all classes"
_LABEL_VALUES = ("negative", "positive")
_LEVEL = 0.95


def run(runs, *, num_resamples=agreement.NUM_RESAMPLES, seed=0):
    """Compares every two of some runs that are on one data set.

    Args:
      runs: ScoredRuns.
      num_resamples, seed: of the bootstrap, see metrics.agreement.

    Returns:
      ({"agreement", "disagreement_by_class": DataFrame}, empty where no two
      runs can be compared; a line on what is left out, or "").

    Raises:
      ValueError: as of `rows`.
    """
    pairs, message = comparable_pairs(runs)
    if not pairs:
        return {}, message
    found, by_class = rows(
        progress.over(pairs, "Comparing", unit="pairs"),
        num_resamples=num_resamples,
        seed=seed,
    )
    return {
        "agreement": tables.frame(found, columns=COLUMNS),
        "disagreement_by_class": tables.frame(by_class, columns=CLASS_COLUMNS),
    }, message


def comparable_pairs(runs):
    """Returns (pairs, message): which two runs are compared, in order.

    Errors agree or not on the same images only, so both must have been scored
    on one data set, known by its fingerprint, and in one fold.

    Args:
      runs: ScoredRuns.

    Returns:
      List of pairs of ScoredRuns, and a line on what is left out, or "".
    """
    if len(runs) < 2:
        return [], "No agreement of errors: it takes two runs."
    every = list(itertools.combinations(runs, 2))
    pairs = [pair for pair in every if len(set(map(_images, pair))) == 1]
    if not pairs:
        return [], (
            "No agreement of errors: no two of the runs are on the same data "
            "set (fingerprint in config.json) and fold."
        )
    if len(pairs) < len(every):
        return pairs, (
            f"Agreement of errors: {len(every) - len(pairs)} of {len(every)} "
            "pairs left out, whose runs are on different data sets or folds."
        )
    return pairs, ""


def rows(pairs, *, num_resamples=agreement.NUM_RESAMPLES, seed=0):
    """Compares pairs of runs.

    Args:
      pairs: pairs of ScoredRuns, or an iterable that shows progress.
      num_resamples, seed: of the bootstrap, see metrics.agreement.

    Returns:
      (rows, class_rows): lists of dicts with the keys COLUMNS and
      CLASS_COLUMNS. `of` is the label of a multi-label task, else ALL_CLASSES;
      `true_class` the class of the images, of a label negative or positive.

    Raises:
      ValueError: two runs scored different images, or know other labels,
        patients or classes of them.
    """
    how = {"level": _LEVEL, "num_resamples": num_resamples, "seed": seed}
    found, by_class = [], []
    for run, other in pairs:
        for about, classes, answers, groups in _parts(run, other):
            compared = agreement.compare(*answers, groups=groups, **how)
            found += _rows(about, compared, groups)
            of_classes = agreement.by_class(
                *answers, len(classes), groups=groups, **how
            )
            for name, of_class in zip(classes, of_classes, strict=True):
                about_class = {**about, "true_class": name}
                by_class += _rows(about_class, of_class, groups)
    return found, by_class


def _parts(run, other):
    """Yields what two runs were asked: once, or label by label.

    Yields:
      About the rows, names of the classes, (truth, chosen, other_chosen) and
      patients (num_images,) or None.
    """
    first, second = matched(run, other)
    same = np.array_equal(first.scores, second.scores)
    about = {
        "run": run.name,
        "other_run": other.name,
        "dataset": run.data["name"],
        "split": run.split,
        "level": _LEVEL,
        "note": "equal scores: the same predictions twice" if same else "",
    }
    task = run.data["task"]
    for asked, other_asked in zip(
        agreement.questions(task, first.labels, first.scores),
        agreement.questions(task, second.labels, second.scores),
        strict=True,
    ):
        of, classes, groups = ALL_CLASSES, run.classes, first.patients
        if asked.index is not None:
            of, classes = run.classes[asked.index], _LABEL_VALUES
        if groups is not None:
            groups = groups[asked.keep]
        answers = asked.truth, asked.chosen, other_asked.chosen
        yield {**about, "of": of}, classes, answers, groups


def _rows(about, compared, groups):
    """One row for each measure of an ErrorAgreement."""
    return [
        {
            **about,
            "measure": measure,
            "value": estimate.value,
            "low": estimate.low,
            "high": estimate.high,
            "num_images": compared.num_images,
            "num_patients": None if groups is None else compared.num_units,
            "note": "; ".join(filter(None, (about["note"], estimate.note))),
        }
        for measure, estimate in compared.estimates.items()
    ]


def matched(run, other):
    """The Predictions of two ScoredRuns in one order, that of their ids.

    Raises:
      ValueError: an id comes twice, or the two differ in their ids, labels,
        patients, classes or split.
    """
    names = f"{run.root} and {other.root}"
    if (run.classes, run.split) != (other.classes, other.split):
        raise ValueError(
            f"{names} predict other classes or another split: "
            f"{', '.join(run.classes)} ({run.split}) and "
            f"{', '.join(other.classes)} ({other.split}); compare runs of one "
            "task."
        )
    first, second = _sorted(run), _sorted(other)
    if not np.array_equal(first.ids, second.ids):
        only = np.setxor1d(first.ids, second.ids)
        raise ValueError(
            f"{names} have predictions of different images of {run.split}: "
            f"{len(first)} and {len(second)}, {len(only)} of them in one only, "
            f"e.g. {only[0]}; compare runs on the same records."
        )
    for what in ("labels", "patients"):
        a, b = getattr(first, what), getattr(second, what)
        if not np.array_equal(a, b):
            raise ValueError(
                f"{names} have other {what} for the same images of "
                f"{run.split}; compare runs on the same records."
            )
    return first, second


def _sorted(run):
    """Predictions in the order of their ids."""
    scored = run.predictions
    order = np.argsort(scored.ids, kind="stable")
    ids = scored.ids[order]
    if (twice := ids[1:][ids[1:] == ids[:-1]]).size:
        raise ValueError(
            f"The predictions of {run.split} in {run.root} have the id "
            f"{twice[0]} twice; let train.py write them again."
        )
    return scored.taken(order)


def _images(run):
    """What tells the images of a split from those of other runs."""
    if run.config is None:  # Of another tool, which has no folds of ours.
        return run.data["fingerprint"], None, None
    cut = run.config.data
    return run.data["fingerprint"], cut.num_folds, cut.fold
