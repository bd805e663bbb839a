"""Splits into train, val and test: official ones kept, others drawn.

Official splits that share patients are not kept unless that is asked for.

Drawn splits are stratified by label and keep all images of a patient
together. They depend on ids, labels and the seed, never on the row order.
"""

import dataclasses

import numpy as np
import pandas as pd

from transfusion_tf import names

# What becomes of official splits: auto keeps them unless they share patients.
MODES = ("auto", "official", "grouped")
TEST_FRACTION = 0.15  # Of train, where there is no official test split.
VAL_FRACTION = 0.10  # Of what is then left of train.
# Streams of the seed: one for each split that is drawn.
_STREAMS = {"test": 0, "val": 1}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options:
    """How the splits of a data set come about.

    Attributes:
        mode: "auto": official splits are kept unless they share patients;
            "official": they are kept; "grouped": new ones are drawn by
            patient.
        seed: of the splits that are drawn.
    """

    mode: str = "auto"
    seed: int = 0

    def __post_init__(self):
        names.check("splits", self.mode, MODES)
        if self.seed < 0:
            raise ValueError(f"seed must be at least 0. Received: {self.seed}.")


DEFAULTS = Options()


def keeps_official(table, mode):
    """Returns whether the official splits of `table` are kept.

    Args:
        table: pandas.DataFrame with, where known, `patient` and `split`.
        mode: see `Options`.

    Raises:
        ValueError: there is no official split to keep, no patient to group
            by.
    """
    if mode == "official" and "split" not in table:
        raise ValueError(
            "--splits=official needs a data set with splits (folders train, "
            "val, test; or a column split). Leave the flag out to draw them."
        )
    if mode == "grouped" and "patient" not in table:
        raise ValueError(
            "--splits=grouped needs patients: a column patient, or "
            "--patient_pattern. Without them leave the flag out."
        )
    if "split" not in table or mode == "grouped":
        return False
    return mode == "official" or not sharing(table).any()


def sharing(table):
    """Returns bool (N,): the patient of the row is in several splits too.

    All False where `table` has no column `patient` or no `split`.
    """
    if not {"patient", "split"} <= set(table):
        return np.zeros(len(table), bool)
    spread = table.groupby("patient")["split"].transform("nunique")
    return (spread > 1).to_numpy()


def complete(table, labels, options):
    """Returns the split of every row, and how each split came about.

    Args:
        table: pandas.DataFrame with `id` and, where known, `patient` and
            `split` (official).
        labels: bool (N, num_classes), which classes each row belongs to.
        options: an Options.

    Returns:
        Array (N,) of split names, and {split: how it was made}.

    Raises:
        ValueError: there is no train split, or a drawn one would be empty.
    """
    if "split" in table:
        split = table["split"].to_numpy(dtype=object, copy=True)
    else:
        split = np.full(len(table), "train", dtype=object)
    present = set(split)
    if "train" not in present:
        raise ValueError(
            f"There is no image to train on: the splits are "
            f"{', '.join(sorted(present))}."
        )
    made = {name: "official" for name in names.SPLITS if name in present}
    for name, fraction in (("test", TEST_FRACTION), ("val", VAL_FRACTION)):
        if name not in present:
            _draw_into(
                split, name, table, labels, fraction=fraction, options=options
            )
            made[name] = _description(fraction, table, options)
            made["train"] = "the rest"
    return split, made


def patients_in_common(patients, split):
    """Returns how many of `patients` (N,) have images in several `split`s."""
    spread = pd.Series(split).groupby(np.asarray(patients)).nunique()
    return int((spread > 1).sum())


def draw(ids, groups, labels, *, fraction, rng):
    """Returns bool (N,): a stratified `fraction` of the images, whole groups.

    A group's stratum is the set of labels among its images. Groups are taken
    in random order from one stratum after the other, also in random order,
    each time as many as come nearest to the share due so far. So the total is
    exact to half a group, and rare strata get their share on average.

    Args:
        ids: (N,) unique text; makes the result independent of the row order.
        groups: (N,) the patient of each image, or its id.
        labels: bool (N, num_classes).
        fraction: share of the images to take.
        rng: numpy.random.Generator.
    """
    order = np.argsort(np.asarray(ids, dtype=str))
    groups = pd.Series(np.asarray(groups, dtype=object))
    by_group = pd.DataFrame(labels[order]).groupby(groups.to_numpy()[order])
    sizes = by_group.size()
    _, stratum = np.unique(by_group.any(), axis=0, return_inverse=True)
    taken, due = [], 0.0
    for number in rng.permutation(stratum.max() + 1):
        members = rng.permutation(np.flatnonzero(stratum == number))
        cumulative = np.append(0, sizes.to_numpy()[members].cumsum())
        due += fraction * cumulative[-1]
        nearest = int(np.abs(cumulative - due).argmin())
        due -= cumulative[nearest]
        taken.extend(sizes.index[members[:nearest]])
    return groups.isin(taken).to_numpy()


def _draw_into(split, name, table, labels, *, fraction, options):
    """Moves a `fraction` of the train rows of `split` to the split `name`."""
    train = np.flatnonzero(split == "train")
    groups = table["patient" if "patient" in table else "id"].to_numpy()[train]
    chosen = draw(
        table["id"].to_numpy()[train],
        groups,
        labels[train],
        fraction=fraction,
        rng=np.random.default_rng((options.seed, _STREAMS[name])),
    )
    if chosen.all() or not chosen.any():
        raise ValueError(
            f"Too few images to draw a {name} split: {len(train)} images of "
            f"{len(set(groups))} patients or single images. Add images, or "
            "give the splits (folders train, val, test; or a column split)."
        )
    split[train[chosen]] = name


def _description(fraction, table, options):
    unit = "patient" if "patient" in table else "image"
    return (
        f"drawn: {fraction:.0%} of train by {unit}, stratified, "
        f"seed {options.seed}"
    )
