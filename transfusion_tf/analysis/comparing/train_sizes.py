"""AUC against the number of training images, and where arms part.

The small-data regime of Raghu et al. 2019 (arXiv:1902.07208), table 3. At each
number of images arms are compared on the same test images; seeds, choices of
training images and patients are allowed for (metrics.seed_auc).
"""

import dataclasses

from transfusion_tf.analysis.comparing import (
    chosen_arms,
    paired_table,
    references,
)
from transfusion_tf.statistics import equivalence

ALL_IMAGES = "all"
_FLAG = "train_size"
ARM_COLUMNS = (
    "arm",
    "train_size",
    "num_train_images",
    "learning_rate",
    "val_auc",
    *paired_table.ARM_COLUMNS[1:],
)
COLUMNS = (
    "arm",
    "reference",
    "train_size",
    "num_train_images",
    *paired_table.COLUMNS[2:],
)
LIMIT_COLUMNS = (
    "arm",
    "reference",
    "num_sizes",
    "largest_different",
    "smallest_equivalent",
    "margin",
)
_DIFFERENT = (
    equivalence.HELPS,
    equivalence.HURTS,
    equivalence.HELPS_WITHIN_MARGIN,
    equivalence.HURTS_WITHIN_MARGIN,
)
_WITHIN = (
    equivalence.EQUIVALENT,
    equivalence.HELPS_WITHIN_MARGIN,
    equivalence.HURTS_WITHIN_MARGIN,
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class SizeComparison:
    """What arms are worth by the number of their training images.

    Attributes:
        arm_rows: of ARM_COLUMNS, one for each arm and size.
        rows: of COLUMNS, one for each arm but the reference, and size.
        limit_rows: of LIMIT_COLUMNS, one for each arm and its reference.
        margin: in AUC.
        left_out: lines on runs and arms that are not compared.
    """

    arm_rows: list
    rows: list
    limit_rows: list
    margin: float
    left_out: list


def compare(
    paths, *, split="test", margin=0.01, reference=None, threshold=None
):
    """Returns the SizeComparison of runs on one data set.

    Args:
        paths, split, margin, threshold: as for run_comparison.compare. Of runs
            at several learning rates those at the best on val count.
        reference: name of the arm that others are compared with, without its
            size; None: the one from random weights.

    Raises:
        ValueError, FileNotFoundError: nothing to compare, runs of one size
            only, or of several data sets.
    """
    equivalence.check_margin(margin)
    chosen, left_out = chosen_arms.read(paths, split, apart_from=(_FLAG,))
    chosen.sort(key=lambda one: one.num_train_images)
    sizes = list(dict.fromkeys(one.config.data.train_size for one in chosen))
    if len(sizes) == 1:
        raise ValueError(
            "All runs were trained on one number of images "
            f"({chosen[0].num_train_images:,}); give runs of several "
            "--train_size."
        )
    _check_reference(chosen, reference)
    pairs = []
    for size in sizes:
        of_size = [one for one in chosen if one.config.data.train_size == size]
        found, without = _pairs(of_size, reference)
        pairs += found
        left_out += without
    judged = paired_table.rows(
        [(one.arm, other.arm) for one, other in pairs],
        margin=margin,
        threshold=threshold,
    )
    rows = [
        {**_of_size(one), **row, "note": _note(row["note"], one, other)}
        for (one, other), row in zip(pairs, judged, strict=True)
    ]
    scored = paired_table.arm_rows(
        [one.arm for one in chosen], threshold=threshold
    )
    return SizeComparison(
        arm_rows=[
            {
                **_of_size(one),
                "learning_rate": one.config.train.learning_rate,
                "val_auc": one.val_auc,
                **row,
                "note": _note(row["note"], one),
            }
            for one, row in zip(chosen, scored, strict=True)
        ],
        rows=rows,
        limit_rows=_limits(rows, margin),
        margin=margin,
        left_out=left_out,
    )


def _check_reference(chosen, reference):
    known = list(dict.fromkeys(one.arm.name for one in chosen))
    if reference not in (None, *known):
        raise ValueError(
            f"--reference={reference} is none of the arms: {'; '.join(known)}."
        )


def _pairs(chosen, reference):
    """[(ChosenArm, its reference)] at one size, and lines on those without."""
    by_arm = {id(one.arm): one for one in chosen}
    of_size = [one.arm for one in chosen]
    where = f"{_size(chosen[0])} training images"
    if reference is not None and reference not in {a.name for a in of_size}:
        return [], [f"{where}: no runs of {reference}; nothing is compared."]
    found, without = references.of_arms(of_size, reference)
    return (
        [(by_arm[id(arm)], by_arm[id(other)]) for arm, other in found],
        [f"{where}: {line}" for line in without],
    )


def _of_size(one):
    return {
        "train_size": _size(one),
        "num_train_images": one.num_train_images,
    }


def _size(one):
    size = one.config.data.train_size
    return ALL_IMAGES if size is None else size


def _note(note, *chosen):
    notes = [note] if note else []
    if any(one.has_one_subset for one in chosen):
        notes.append(
            "seeds share a choice of training images: other choices are not "
            "allowed for"
        )
    return "; ".join(notes)


def _limits(rows, margin):
    """Where each arm and its reference part and meet.

    Equivalence is looked for from the largest size down, and the first size
    that does not show it ends the search: a sequence of tests in a fixed order,
    which needs no adjustment for their number (Maurer, Hothorn and Lehmacher
    1995).

    Args:
        rows: dicts of COLUMNS, sizes ascending.
        margin: in AUC.
    """
    pairs = {}
    for row in rows:
        pairs.setdefault((row["arm"], row["reference"]), []).append(row)
    found = []
    for (arm, reference), of_pair in pairs.items():
        different = [r for r in of_pair if r["verdict"] in _DIFFERENT]
        smallest = None
        for row in reversed(of_pair):
            if row["verdict"] not in _WITHIN:
                break
            smallest = row["num_train_images"]
        found.append(
            {
                "arm": arm,
                "reference": reference,
                "num_sizes": len(of_pair),
                "largest_different": different[-1]["num_train_images"]
                if different
                else None,
                "smallest_equivalent": smallest,
                "margin": margin,
            }
        )
    return found
