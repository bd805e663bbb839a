"""Splits into train, val and test: official ones kept, others drawn.

Drawn splits are stratified by label and keep all images of a patient
together. They depend on ids, labels and the seed, never on the row order, and
an image more or less moves few others: groups stand in an order drawn by
(seed, id), from which splits and folds are cut. scikit-learn's
StratifiedGroupKFold shuffles all groups anew, and cannot cut by a fraction.
"""

import dataclasses

import numpy as np
import pandas as pd

from transfusion_tf import names
from transfusion_tf.data import group_order

# What becomes of official splits: auto keeps them unless they share patients.
MODES = ("auto", "official", "grouped", "test")
TEST_FRACTION = 0.15  # Of train, where there is no official test split.
VAL_FRACTION = 0.10  # Of what is then left of train.
# What drawn splits keep together, by the first column that a table has.
_UNITS = {
    "near_group": "patient and near-duplicates",
    "patient": "patient",
    "id": "image",
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class SplitOptions:
    """How the splits of a data set come about.

    Attributes:
        mode: "auto": official splits are kept unless they share patients;
            "official": they are kept; "grouped": new ones are drawn by
            patient; "test": all images become the test split.
        seed: of the splits that are drawn.
        test_fraction: share of the training images that become the test
            split; None: TEST_FRACTION. Only where a test split is drawn.
        val_fraction: share of the training images left that become the
            validation split; None: VAL_FRACTION. Only where it is drawn.
        num_folds: number of folds into which all images are cut; one
            is the test split; None: no folds. Official splits are not kept.
        fold: 1..num_folds, which of them.
        require_patients: whether unknown patients are an error.
    """

    mode: str = "auto"
    seed: int = 0
    test_fraction: float | None = None
    val_fraction: float | None = None
    num_folds: int | None = None
    fold: int | None = None
    require_patients: bool = False

    def __post_init__(self):
        names.check("splits", self.mode, MODES)
        if self.seed < 0:
            raise ValueError(f"seed must be at least 0. Received: {self.seed}.")
        for name in ("test_fraction", "val_fraction"):
            value = getattr(self, name)
            if value is not None and not 0 < value < 1:
                raise ValueError(
                    f"--{name} must be between 0 and 1. Received: {value}."
                )
        self._check_test_alone()
        self._check_folds()

    def _check_test_alone(self):
        drawn = ("num_folds", "test_fraction", "val_fraction")
        given = [name for name in drawn if getattr(self, name) is not None]
        if self.mode == "test" and given:
            raise ValueError(
                f"--{given[0]} does not go with --splits=test, which makes all "
                "images the test split. Leave one of the two out."
            )

    def _check_folds(self):
        if self.num_folds is None and self.fold is None:
            return
        if self.num_folds is None or self.fold is None:
            raise ValueError("--num_folds and --fold go together.")
        if self.num_folds < 2 or not 1 <= self.fold <= self.num_folds:
            raise ValueError(
                "--num_folds must be at least 2, and --fold one of 1 to "
                f"--num_folds. Received: {self.num_folds} and {self.fold}."
            )
        wrong = [
            flag
            for flag, is_given in (
                ("--splits=official", self.mode == "official"),
                ("--test_fraction", self.test_fraction is not None),
            )
            if is_given
        ]
        if wrong:
            raise ValueError(
                f"{wrong[0]} does not go with --num_folds, which draws the "
                "test split."
            )

    def fingerprint_settings(self):
        """Returns the settings that a draw depends on, for a fingerprint.

        The mode shows in whether the table still has splits.
        """
        settings = dataclasses.asdict(self)
        del settings["mode"], settings["require_patients"]
        return settings


DEFAULTS = SplitOptions()


def complete(table, labels, options):
    """Returns the split of every row, and how each split came about.

    Args:
        table: pandas.DataFrame with `id` and, where known, `patient` and
            `split` (official); where near-duplicates are to stay together,
            `near_group`, of patients and near-duplicates.
        labels: bool (N, num_classes), which classes each row belongs to.
        options: a SplitOptions.

    Returns:
        Array (N,) of split names, and {split: how it was made}. Where all
        images are of the test split, nothing is drawn.

    Raises:
        ValueError: there is a validation but no train split, or a drawn one
            would be empty.
    """
    if "split" in table:
        split = table["split"].to_numpy(dtype=object, copy=True)
    else:
        split = np.full(len(table), "train", dtype=object)
    present = set(split)
    if present == {"test"}:
        how = "all images" if options.mode == "test" else "official"
        return split, {"test": how}
    if "train" not in present:
        raise ValueError(
            f"There is no image to train on: the splits are "
            f"{', '.join(sorted(present))}. --splits=test makes all images a "
            "test split, for networks that were trained on others."
        )
    made = {name: "official" for name in names.SPLITS if name in present}
    for name in ("test", "val"):
        if name not in present:
            share, which = _share(name, options)
            _draw_into(split, name, table, labels, share, options.seed)
            unit = _UNITS[_grouping(table)]
            made[name] = (
                f"drawn: {which} by {unit}, stratified, seed {options.seed}"
            )
            made["train"] = "the rest"
    return split, made


def _grouping(table):
    """Returns the column of what drawn splits keep together."""
    return next(column for column in _UNITS if column in table)


def in_common(patients, split):
    """Returns how many patients two splits share, for each pair of splits.

    Args:
        patients: (N,) any values.
        split: (N,) names of splits.

    Returns:
        {"train-val": number, ...}, of the splits that there are.
    """
    found = pd.crosstab(np.asarray(patients), np.asarray(split)) > 0
    present = [name for name in names.SPLITS if name in found]
    return {
        f"{one}-{other}": int((found[one] & found[other]).sum())
        for i, one in enumerate(present)
        for other in present[i + 1 :]
    }


def patients_in_common(patients, split):
    """Returns how many of `patients` (N,) have images in several `split`s."""
    spread = pd.Series(split).groupby(np.asarray(patients)).nunique()
    return int((spread > 1).sum())


def draw(ids, groups, labels, *, start, stop, key):
    """Returns bool (N,): a stratified share of the images, whole groups.

    The share is cut out of `group_order.stratified`: its total is exact to
    half a group, that of a stratum to about one, and a group more or less
    shifts few others across a cut.

    Args:
        ids: (N,) unique text; makes the result independent of the row order.
        groups: (N,) the patient of each image, or its id.
        labels: bool (N, num_classes).
        start: share of all images in front of those to take, 0..1.
        stop: share of all images at which to stop, start..1.
        key: text; another one gives another order.
    """
    order, sizes = group_order.stratified(ids, groups, labels, key=key)
    cuts = np.append(0, np.cumsum(sizes))
    first, last = (
        int(np.abs(cuts - share * len(ids)).argmin()) for share in (start, stop)
    )
    return pd.Series(groups).isin(order[first:last]).to_numpy()


def _share(name, options):
    """Returns (start, stop) of what `draw` shall take, and its description."""
    if name == "test" and options.num_folds:
        folds, fold = options.num_folds, options.fold
        return ((fold - 1) / folds, fold / folds), f"fold {fold} of {folds}"
    given, default = {
        "test": (options.test_fraction, TEST_FRACTION),
        "val": (options.val_fraction, VAL_FRACTION),
    }[name]
    fraction = default if given is None else given
    return (0.0, fraction), f"{100 * fraction:g}% of train"


def _draw_into(split, name, table, labels, share, seed):
    """Moves a `share` of the train rows of `split` to the split `name`."""
    train = np.flatnonzero(split == "train")
    groups = table[_grouping(table)].to_numpy()[train]
    start, stop = share
    chosen = draw(
        table["id"].to_numpy()[train],
        groups,
        labels[train],
        start=start,
        stop=stop,
        key=f"{seed}:{name}",
    )
    if chosen.all() or not chosen.any():
        raise ValueError(
            f"Too few images to draw a {name} split: {len(train)} images of "
            f"{len(set(groups))} patients or single images. Add images, or "
            "give the splits (folders train, val, test; or a column split)."
        )
    split[train[chosen]] = name
