"""What a test set can show at all, before anything is trained.

No run has been made, so what is not known is supposed: the AUC, several of
them; that AUCs of two networks on the same images err together with the
correlation CORRELATION, as was found on chest x-rays and on fundus photographs;
and that seeds differ by chance on the images alone. More than this no study
shows, and most show less.
"""

import dataclasses

import numpy as np
import scipy.special

from transfusion_tf import datasets
from transfusion_tf.analysis.comparing import arms
from transfusion_tf.data import pipeline
from transfusion_tf.metrics import problems
from transfusion_tf.statistics import equivalence, power
from transfusion_tf.study import grid

AUCS = (0.7, 0.8, 0.9, 0.95, 0.98)
CORRELATION = 0.5
# So many comparisons that none is significant, and a verdict is equivalence.
_NONE_SIGNIFICANT = 10**9
_LARGEST = 0.99
_NUM_HALVINGS = 30


@dataclasses.dataclass(frozen=True, kw_only=True)
class Counts:
    """The images of one AUC.

    Attributes:
      positive, negative: images of each class.
      positive_units, negative_units: patients with one of them, or images
        where patients are not known.
      units: patients (or images) with either.
    """

    positive: int
    negative: int
    positive_units: int
    negative_units: int
    units: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class Reach:
    """What can be shown if the AUC is `auc`.

    Attributes:
      auc: as it is supposed to be.
      difference: the smallest true difference that is significant with
        power.TARGET_POWER.
      margin: the smallest one within which two equal arms are shown to be
        equivalent, likewise.
    """

    auc: float
    difference: float
    margin: float


def counts(task, labels, patients, *, threshold=None):
    """The Counts of each AUC of a task.

    Args:
      task: one of names.TASKS.
      labels: (num_images,), or (num_images, num_labels) in {1, 0, -1}.
      patients: (num_images,) str, empty where they are not known.
      threshold: ordinal tasks: only the AUC of grade >= this.
    """
    labels, patients = np.asarray(labels), np.asarray(patients)
    width = labels.shape[1] if labels.ndim == 2 else labels.max() + 1
    blank = np.zeros((len(labels), max(int(width), 2)))
    units = np.where(patients == "", np.arange(len(labels)), patients)
    found = []
    for problem in problems.split(task, labels, blank[:, :width]):
        if threshold in (None, problem.index):
            found.append(
                _counts(problem.labels[problem.keep], units[problem.keep])
            )
    return found


def _counts(is_positive, units):
    return Counts(
        positive=int(is_positive.sum()),
        negative=int((~is_positive).sum()),
        positive_units=len(set(units[is_positive])),
        negative_units=len(set(units[~is_positive])),
        units=len(set(units)),
    )


def reaches(found, *, num_seeds, num, num_folds=1):
    """The Reach for each of AUCS; [] where no AUC is defined.

    Args:
      found: Counts of the AUCs whose mean is compared; of each in each fold.
      num_seeds: of each arm.
      num: planned comparisons, which Holm's procedure adjusts for.
      num_folds: folds that the AUCs are of.
    """
    defined = [c for c in found if min(c.positive_units, c.negative_units)]
    if not defined:
        return []
    units = num_folds * max(c.units for c in defined)
    result = []
    for auc in AUCS:
        # Classes at best err independently of each other.
        variance = sum(
            normal_variance(auc, c.positive_units, c.negative_units)
            for c in defined
        )
        variance *= 2 * (1 - CORRELATION) / num_seeds / len(defined) ** 2
        design = power.Design(
            num_seeds=num_seeds,
            num_units=units,
            seed_variance=0.0 if num_seeds > 1 else None,
            patient_variance=variance,
            noise_variance=variance,
        )
        result.append(_reach(auc, design.variance(num_seeds, units), num))
    return result


def normal_variance(auc, num_positive, num_negative):
    """Variance of an AUC whose scores are normal, alike in both classes.

    The two probabilities of Hanley and McNeil (1982), Radiology 143, 29-36,
    equation 1, that two positives win against one negative, and one positive
    against two negatives, are then both that of two normal variables with
    correlation 1/2, by Owen's T (1956). It does not matter which class is
    rarer, which their exponential scores would have matter.
    """
    distance = scipy.special.ndtri(auc)
    both_win = auc - 2 * scipy.special.owens_t(distance, 3**-0.5)
    total = auc * (1 - auc)
    total += (num_positive + num_negative - 2) * (both_win - auc**2)
    return total / (num_positive * num_negative)


def _reach(auc, variance_and_freedom, num):
    def is_told(difference):
        return power.of_settling(
            difference, *variance_and_freedom, margin=1e-9, num=num
        )

    def is_equivalent(margin):
        return power.of_settling(
            0, *variance_and_freedom, margin=margin, num=_NONE_SIGNIFICANT
        )

    return Reach(
        auc=auc, difference=_smallest(is_told), margin=_smallest(is_equivalent)
    )


def _smallest(power_at):
    """The smallest value with power.TARGET_POWER, at most _LARGEST."""
    low, high = 0.0, _LARGEST
    for _ in range(_NUM_HALVINGS):
        middle = (low + high) / 2
        if power_at(middle) >= power.TARGET_POWER:
            high = middle
        else:
            low = middle
    return high


def lines(config):
    """What the test set of a StudyConfig can show, for the terminal.

    Raises:
      ValueError, FileNotFoundError: no study, or no such records.
    """
    cells, left_out = grid.cells(config)
    opened = datasets.open_dataset(
        config.dataset, image_size=config.settings.get("image_size")
    )
    tests = _test_sets(opened, cells)
    found = [
        count
        for test in tests
        for count in counts(
            opened.card.task,
            test["label"],
            test["patient"],
            threshold=config.settings.get("select_threshold"),
        )
    ]
    index = {key: np.concatenate([t[key] for t in tests]) for key in tests[0]}
    num = num_planned(config, cells)
    yield from (f"left out: {line}" for line in left_out)
    yield (
        f"The test set of {opened.card.name} has {_in_words(index, found)}"
        + (f", in {len(tests)} folds; " if config.num_folds else "; ")
        + f"{config.seeds} seed(s) an arm, {num} planned comparison(s)."
    )
    shown = reaches(
        found, num_seeds=config.seeds, num=num, num_folds=len(tests)
    )
    if not shown:
        yield "It lacks images of a class: no AUC is defined."
        return
    yield (
        f"With {power.TARGET_POWER:.0%} power it shows at best (seeds that "
        "differ add to these):"
    )
    yield ""
    yield "if the AUC is  a difference of  equivalence within"
    for reach in shown:
        yield (
            f"{reach.auc:<13g}  {reach.difference:<15.4f}  {reach.margin:.4f}"
        )
    yield ""
    yield _on_margin(config.margin, shown)


def _test_sets(opened, cells):
    """What pipeline.read_index says of the test split, of that of each fold."""
    folds = {cell.fold: cell.config.data for cell in cells}
    return [
        pipeline.read_index(datasets.cut_as(opened, data), "test")
        for data in folds.values()
    ]


def num_planned(config, cells):
    """Comparisons that the study plans: arms that are not a reference."""
    groups = {cell.arm for cell in cells}
    if config.reference is None:
        others = [g for g in groups if g[1] != arms.RANDOM]
    else:
        others = [g for g in groups if f"{g[0]}:{g[1]}" != config.reference]
    return max(1, len(others))


def _in_words(index, found):
    text = f"{len(index['id'])} images"
    if any(index["patient"]):
        text += f" of {len(set(index['patient']))} patients"
    fewest = min(found, key=lambda c: min(c.positive, c.negative))
    sizes = f"{fewest.positive} positive, {fewest.negative} negative"
    if len(found) == 1:
        return f"{text} ({sizes})"
    return f"{text} ({len(found)} AUCs, the smallest of {sizes})"


def _on_margin(margin, shown):
    equivalence.check_margin(margin)
    enough = [reach.auc for reach in shown if reach.margin <= margin]
    if not enough:
        return (
            f"A margin of {margin:g} cannot be shown at any of these AUCs: "
            "that two arms are equivalent will not be a verdict. More seeds, "
            "more patients or a larger --margin would allow for it."
        )
    if len(enough) == len(shown):
        return f"A margin of {margin:g} can be shown at all of these AUCs."
    return (
        f"A margin of {margin:g} can be shown at AUCs of {min(enough):g} and "
        "above only."
    )
