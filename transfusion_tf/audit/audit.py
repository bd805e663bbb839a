"""The audit for leakage: what the splits of a data set have in common.

It finds patients in several splits, images with identical pixels, images that
look alike (perceptual hash) and identical images under different labels.
Identical images that leak from one split to another can be dropped; images
that only look alike are listed, because most of them are different people.
"""

import dataclasses

import numpy as np
import pandas as pd

from transfusion_tf import names, paths, tables
from transfusion_tf.audit import contact_sheet, pair_table
from transfusion_tf.audit import groups as image_groups
from transfusion_tf.audit import near_duplicates as hash_search
from transfusion_tf.audit import pairs as image_pairs

TABLE = "audit.csv"
SHEET = "audit.png"
ON_LEAK = ("drop", "report", "error")
NEAR_DUPLICATES = ("report", "group", "drop")
# Of 400 chest x-rays, 100% are within 4 bits of their copy at JPEG quality 50,
# of half the size, or blurred, 99.8% at 1.2 times the brightness and 95% at
# 1.3 times the contrast. Of pairs of different patients 1 in 87,000 is; at 8
# bits it would be 1 in 1,600.
DISTANCE = 4
# Larger lists are not read; the counts are of all pairs in any case.
MAX_PAIRS = 100_000
_IS_ACROSS = np.array([a != b for a, b in image_pairs.SPLIT_PAIRS])


@dataclasses.dataclass(frozen=True)
class Audit:
    """What an audit found.

    Attributes:
        pairs: what `pair_table.listed` returns.
        dropped: ids, sorted, of images that must go.
        summary: dict of plain values for the data card.
    """

    pairs: pd.DataFrame
    dropped: list
    summary: dict


def audit(
    facts,
    *,
    on_leak="drop",
    near_duplicates="report",
    distance=DISTANCE,
    max_pairs=MAX_PAIRS,
    max_comparisons=hash_search.MAX_COMPARISONS,
):
    """Returns the Audit of a data set.

    With "drop" an image goes whose pixels are also in a later split (train,
    val, test): from train for val or test; from val for test, because images
    that choose the best weights must not be those that judge them, and the
    test set is what others compare with. The same becomes of images that only
    look like those of a later split where `near_duplicates` is "drop".

    Args:
        facts: pandas.DataFrame with `id` (unique), `split`, `label` (text),
            `pixels` (pixel_hash), `perceptual` (uint64, perceptual_hash) and,
            where known, `patient`; in any order.
        on_leak: "drop" those images, "report" them only, or "error" if there
            are any, or patients in several splits.
        near_duplicates: "drop" goes with the other "drop" only; else they are
            reported ("group" is for how splits are drawn).
        distance: images are near duplicates if their perceptual hashes differ
            in at most so many bits, 0 to 64.
        max_pairs: how many pairs are listed; all are counted.
        max_comparisons: see `near_duplicates.plan`; beyond it the distance is
            reduced, and the summary has what it was.

    Raises:
        ValueError: wrong settings; "error" and something leaks; "drop" and a
            split would lose all of its images.
    """
    check_policies(on_leak, near_duplicates)
    _check_limits(distance, max_pairs)
    images = image_groups.Images(facts)
    found, searched = image_pairs.search(
        images.hashes,
        images.cells.counts,
        distance,
        most=max_pairs,
        max_comparisons=max_comparisons,
    )
    policies = {"on_leak": on_leak, "near_duplicates": near_duplicates}
    head = {**policies, "distance": distance, "distance_searched": searched}
    return _audited(images, found, head, most=max_pairs)


def _audited(images, found, head, *, most):
    """Returns the Audit of what a search has found.

    Args:
        images: groups.Images.
        found: what pairs.search returned.
        head: the settings, with which the summary begins.
        most: how many pairs are listed.
    """
    table, leaking = images.table, images.leaking()
    shared = _patients_in_common(table)
    if head["on_leak"] == "error":
        _check_nothing_leaks(table, leaking, shared)
    drops = head["on_leak"] == "drop", head["near_duplicates"] == "drop"
    dropped = leaking & drops[0]
    near_dropped = images.leaking(found.has_near) & ~leaking & drops[1]
    _check_splits_stay(table, dropped | near_dropped)
    pairs = pair_table.listed(
        images, found, head["distance_searched"], most=most, drops=drops
    )
    summary = {
        **head,
        "patients_in_common": shared,
        **_counts(images, found),
        # Images whose pixels are also in a later split.
        "leaking": _by_split(table, leaking),
        "dropped": _by_split(table, dropped),
        # Images that only look like those of a later split.
        "near_dropped": _by_split(table, near_dropped),
        "pairs_listed": len(pairs),
    }
    summary["pairs_not_listed"] = (
        sum(summary["exact_pairs"].values())
        + sum(summary["near_pairs"].values())
        - len(pairs)
    )
    return Audit(pairs, table["id"][dropped | near_dropped].tolist(), summary)


def _check_limits(distance, max_pairs):
    if not 0 <= distance <= hash_search.BITS or max_pairs < 0:
        raise ValueError(
            f"distance must be 0 to {hash_search.BITS}, max_pairs at least "
            f"0. Received: distance={distance}, max_pairs={max_pairs}."
        )


def check_policies(on_leak, near_duplicates):
    """Raises ValueError unless they are known and go together."""
    names.check("on_leak", on_leak, ON_LEAK)
    names.check("near_duplicates", near_duplicates, NEAR_DUPLICATES)
    if near_duplicates == "drop" and on_leak != "drop":
        raise ValueError(
            "--near_duplicates=drop takes out images that look like those of "
            "later splits, identical ones among them, which "
            f"--on_leak={on_leak} keeps. Leave one of the flags out."
        )


def write(found, folder, image_of):
    """Writes audit.csv and the contact sheet audit.png of its first pairs.

    Args:
        found: an Audit.
        folder: directory that exists.
        image_of: function of an id that returns the pixels (H, W) or (H, W,
            3), uint8 or uint16; asked for the first pairs only.
    """
    folder = paths.path(folder)
    tables.write(folder / TABLE, found.pairs)
    total = len(found.pairs) + found.summary["pairs_not_listed"]
    contact_sheet.write(folder / SHEET, found.pairs, image_of, total=total)


def _counts(images, found):
    """Returns the parts of the summary that count pairs and images."""
    groups, cells = images.groups.counts, images.cells.counts
    exact = image_pairs.count_within(groups)
    by_distance = found.counts.copy()
    by_distance[0] = image_pairs.count_within(cells) - exact
    labels = pd.Series(images.table["label"]).groupby(images.group_of)
    conflicting = labels.transform("nunique") > 1
    return {
        "exact_groups": int((groups.sum(axis=1) > 1).sum()),
        "exact_pairs": _by_split_pair(exact),
        "near_pairs": _by_split_pair(by_distance.sum(axis=0)),
        "near_pairs_by_distance": {
            str(bits): int(row.sum()) for bits, row in enumerate(by_distance)
        },
        "near_pairs_across_by_distance": {
            str(bits): int(row[_IS_ACROSS].sum())
            for bits, row in enumerate(by_distance)
        },
        "train_images_like_later_ones": _like_later_ones(images, found),
        "label_conflicts": {
            "groups": len(np.unique(images.group_of[conflicting])),
            "images": int(conflicting.sum()),
        },
    }


def _like_later_ones(images, found):
    """Counts images of train that have an exact or near one in val or test."""
    later = (found.has_near | (images.cells.counts > 0))[:, 1:].any(axis=1)
    is_train = images.table["place"].to_numpy() == 0
    return int((is_train & later[images.cell_of]).sum())


def _by_split_pair(counts):
    """Returns {"train-val": n, ...}, without zeros, from counts by pair."""
    return {
        f"{names.SPLITS[a]}-{names.SPLITS[b]}": int(count)
        for (a, b), count in zip(image_pairs.SPLIT_PAIRS, counts, strict=True)
        if count
    }


def _by_split(table, chosen):
    """Returns {split: number of chosen images}, without zeros."""
    counts = table["split"][chosen].value_counts()
    return {s: int(counts[s]) for s in names.SPLITS if s in counts}


def _patients_in_common(table):
    """Returns {"train-val": patients, ...}; None where none are known."""
    if "patient" not in table:
        return None
    patients, _ = pd.factorize(table["patient"])
    is_in = image_groups.Members(patients, table["place"].to_numpy()).counts > 0
    return _by_split_pair(
        [
            0 if a == b else (is_in[:, a] & is_in[:, b]).sum()
            for a, b in image_pairs.SPLIT_PAIRS
        ]
    )


def _check_nothing_leaks(table, leaking, shared):
    later = {"train": "val or test", "val": "test"}
    found = [
        f"{count:,} {split} images have the pixels of {later[split]} images"
        for split, count in _by_split(table, leaking).items()
    ]
    found += [
        f"{count:,} patients are in {pair.replace('-', ' and ')}"
        for pair, count in (shared or {}).items()
    ]
    if found:
        raise ValueError(
            f"The splits leak: {'; '.join(found)}. Draw them by patient "
            "(--splits=grouped); --on_leak=drop takes identical images out of "
            "the earlier split, --on_leak=report only lists them."
        )


def _check_splits_stay(table, dropped):
    for split, count in _by_split(table, dropped).items():
        if count == (table["split"] == split).sum():
            raise ValueError(
                f"All {count:,} {split} images have the pixels of images in "
                "later splits, or look like them, and dropping them would "
                "leave none. Give other splits, or --on_leak=report (and "
                "--near_duplicates=report) to keep them."
            )
