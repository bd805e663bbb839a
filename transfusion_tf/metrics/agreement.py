"""Do two networks err on the same images? Agreement against independence.

    first, other = (
        agreement.questions("multiclass", labels, scores)[0]
        for scores in (first_scores, other_scores)
    )
    compared = agreement.compare(
        first.truth, first.chosen, other.chosen, groups=patients
    )
    print(compared.estimates["kappa"].value)

Two accurate networks agree on most images whatever they have learned; kappa
says how much of what is left to agree on they agree on.
"""

import dataclasses

import numpy as np

from transfusion_tf.metrics import cells, components, problems
from transfusion_tf.statistics import bootstrap, intervals

NUM_RESAMPLES = 2000
# With fewer units the percentile interval is clearly too short: of 95% ones,
# three images a patient, 78-89% cover with 10 patients, 92-95% with 30.
FEW_UNITS = 30
PAIR_MEASURES = (
    "agreement",
    "independence",
    "paper_independence",
    "other_paper_independence",
    "kappa",
    "accuracy",
    "other_accuracy",
    "equal_predictions",
)
CLASS_MEASURES = ("one_right", "unequal_predictions")


@dataclasses.dataclass(frozen=True)
class Question:
    """What a network was asked about images, and what it chose.

    Attributes:
        index: the label asked for ("multilabel"), or None: the class.
        keep: (num_images,) bool, False where the label is missing.
        truth: (num_kept,) int, the true class; of a label 0 or 1.
        chosen: (num_kept,) int, the class that the network chose.
    """

    index: int | None
    keep: np.ndarray
    truth: np.ndarray
    chosen: np.ndarray


@dataclasses.dataclass(frozen=True, kw_only=True)
class Estimate:
    """A number with its interval.

    Attributes:
        value: None where it is undefined; `note` says why.
        low, high: the interval; None where there is none.
        note: what a reader must know, or "".
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    note: str = ""


@dataclasses.dataclass(frozen=True, kw_only=True)
class ErrorAgreement:
    """How the answers of two networks agree.

    Attributes:
        num_images: images compared.
        num_units: patients (or, without groups, images) they are of.
        estimates: {measure: Estimate}.
    """

    num_images: int
    num_units: int
    estimates: dict


def questions(task, labels, scores):
    """Returns the Questions of a task.

    "multiclass" and "ordinal" have one, answered by the most probable class;
    "multilabel" has one for each label, over the images in which it is not
    missing, answered by 1 from a probability of 1/2.

    Args:
        task: one of names.TASKS.
        labels: (num_images,) class indices; for "multilabel" (num_images,
            num_labels) of 1, 0 and -1 (missing).
        scores: (num_images, num_classes or num_labels) probabilities.

    Raises:
        ValueError: an unknown task, or other shapes, labels or scores.
    """
    labels, scores = problems.check(task, labels, scores)
    chosen = problems.decide(task, scores)
    if task != "multilabel":
        return [Question(None, np.ones(len(labels), bool), labels, chosen)]
    return [
        Question(index, keep, labels[keep, index], chosen[keep, index])
        for index, keep in enumerate((labels != problems.MISSING).T)
    ]


def compare(
    truth,
    chosen,
    other_chosen,
    *,
    groups=None,
    measures=PAIR_MEASURES,
    level=0.95,
    num_resamples=NUM_RESAMPLES,
    seed=0,
):
    """Compares the answers of two networks to the same images.

    Intervals are percentiles of resamples of patients where `groups` says who
    they are, of images otherwise. Where all resamples are equal, a share has
    Wilson's interval for as many trials as there are units (as has the
    accuracy of a run, see metrics.summary), and anything else has none. There
    is no kappa where a network chose one class for every image.

    Args:
        truth: (num_images,) true classes.
        chosen, other_chosen: (num_images,) classes that the two chose.
        groups: (num_images,) names or numbers of the patients, or None.
        measures: names among cells.MEASURES.
        level: confidence level of the intervals.
        num_resamples: how many resamples.
        seed: of the resamples.

    Returns:
        An ErrorAgreement.

    Raises:
        ValueError: other shapes, groups, level or num_resamples.
    """
    intervals.check_level(level)
    of_images = cells.of_images(truth, chosen, other_chosen)
    codes = components.group_codes(groups, len(of_images))
    sums = cells.sum_by_group(of_images, codes)
    unit = f"{len(sums)} {'image' if groups is None else 'patient'}s"
    if not len(sums):
        nothing = Estimate(value=None, note="no image")
        estimates = dict.fromkeys(measures, nothing)
        return ErrorAgreement(num_images=0, num_units=0, estimates=estimates)
    whole = sums.sum(axis=0, keepdims=True).astype(np.float64)
    drawn = bootstrap.totals(sums, num_resamples=num_resamples, seed=seed)
    estimates = {
        name: _estimate(name, whole, drawn, level, len(sums), unit)
        for name in measures
    }
    reason = _why_no_kappa(chosen, other_chosen)
    if reason and "kappa" in estimates and estimates["kappa"].value is not None:
        estimates["kappa"] = Estimate(value=None, note=reason)
    return ErrorAgreement(
        num_images=len(of_images), num_units=len(sums), estimates=estimates
    )


def by_class(
    truth,
    chosen,
    other_chosen,
    num_classes,
    *,
    groups=None,
    level=0.95,
    num_resamples=NUM_RESAMPLES,
    seed=0,
):
    """Compares class by class of the truth.

    Args:
        truth, chosen, other_chosen: as for `compare`.
        num_classes: classes without an image have undefined estimates.
        groups, level, num_resamples, seed: as for `compare`.

    Returns:
        List of an ErrorAgreement by CLASS_MEASURES for each class; its units
        are the patients with an image of the class.
    """
    truth, chosen, other_chosen = map(np.asarray, (truth, chosen, other_chosen))
    compared = []
    for index in range(num_classes):
        keep = truth == index
        compared.append(
            compare(
                truth[keep],
                chosen[keep],
                other_chosen[keep],
                groups=None if groups is None else np.asarray(groups)[keep],
                measures=CLASS_MEASURES,
                level=level,
                num_resamples=num_resamples,
                seed=seed,
            )
        )
    return compared


def _why_no_kappa(chosen, other_chosen):
    """Says which network gives one answer only, or "".

    It is right on one class and wrong on the rest, whatever it sees: how its
    errors go with another's says what the images are, and nothing of it.
    """
    constant = [
        len(np.unique(answers)) < 2 for answers in (chosen, other_chosen)
    ]
    if not any(constant):
        return ""
    which = {
        (True, True): "both networks predict",
        (True, False): "the first network predicts",
        (False, True): "the other network predicts",
    }[tuple(constant)]
    return f"undefined: {which} one class for every image"


def _estimate(name, whole, drawn, level, num_units, units):
    """The Estimate of one measure, with what its interval suffers from."""
    (value,) = cells.MEASURES[name](whole)
    if np.isnan(value):
        side = "right" if whole[0, cells.BOTH_RIGHT] else "wrong"
        return Estimate(
            value=None, note=f"undefined: both are {side} on every image"
        )
    resampled = cells.MEASURES[name](drawn)
    defined = resampled[~np.isnan(resampled)]
    notes = []
    if left_out := len(resampled) - len(defined):
        notes.append(f"{left_out} undefined resamples left out")
    low = high = None
    if len(defined) and np.ptp(defined):
        tail = (1 - level) / 2
        low, high = map(float, np.quantile(defined, [tail, 1 - tail]))
        if num_units < FEW_UNITS:
            notes.append(f"only {units}: the interval is too short")
    elif name in cells.SHARES:
        low, high = intervals.wilson(float(value), num_units, level=level)
        notes.append(f"no spread: Wilson's interval of {units}")
    else:
        notes.append("no spread between resamples, so no interval")
    return Estimate(
        value=float(value), low=low, high=high, note="; ".join(notes)
    )
