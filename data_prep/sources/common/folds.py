"""Folds that Juodelyte et al. 2023 (arXiv:2302.08272) published.

In the folder data/<data set> of their repository DovileDo/revisiting-transfer:
for each fold 1, 2, ... three files {train,val,test}_fold<fold>.csv (also read
as {train,val,test}_<fold>.csv) with the columns path and class. The paths are
those of the authors' machine; a part of each identifies the image.
"""

import dataclasses
import hashlib
import pathlib
import typing

from absl import logging

from transfusion_tf import files, names
from transfusion_tf.data import csv_text
from transfusion_tf.data import manifest as manifests
from transfusion_tf.stores import archives

_COLUMNS = ("path", "class")


@dataclasses.dataclass(frozen=True)
class Fold:
    """The rows of one fold.

    Attributes:
        number: as in the names of its files.
        table: pandas.DataFrame with the columns key (which image), label and
            split, and one for each further group of the pattern.
        checksum: hexadecimal SHA-256 of its files.
    """

    number: int
    table: typing.Any
    checksum: str

    @property
    def source(self):
        """What the `source` of a Manifest has of it."""
        return {"fold": self.number, "folds_sha256": self.checksum}


@dataclasses.dataclass(frozen=True)
class PublishedFolds:
    """How the folds of one data set name its images.

    Attributes:
        data_set: name that the authors gave the data set.
        pattern: regular expression, see `read`.
        order: classes, see `merged`.
    """

    data_set: str
    pattern: str
    order: tuple[str, ...] = ()


def check_given(folds, fold):
    """Raises ValueError unless both of the flags are given, or neither."""
    if (folds is None) != (fold is None):
        raise ValueError("--folds and --fold go together.")


def applied(manifest, published, place, folds, fold):
    """Returns a Manifest with the splits of a fold, if one is given.

    Args:
        manifest: its table has the column key, which is dropped.
        published: the PublishedFolds of its data set.
        place: of the images, for messages.
        folds: directory of the folds, see `read`; None: splits stay.
        fold: number of the fold.
    """
    if folds is None:
        table = manifest.table.drop(columns="key")
        return dataclasses.replace(manifest, table=table)
    rows = merged(
        read(folds, fold, published.data_set, published.pattern),
        published.order,
    )
    table, absent = assigned(manifest.table, rows, place)
    return dataclasses.replace(
        manifest,
        table=table,
        source={**manifest.source, **rows.source},
        # What a table has and the archive lacks may be in both.
        bad=tuple(dict.fromkeys((*manifest.bad, *absent))),
    )


def read(folder, number, data_set, pattern):
    """Returns the Fold of the files of `number` in `folder`.

    Args:
        folder: path of the directory of the CSV files, or of one that has a
            folder `data_set`.
        number: of the fold.
        data_set: name that the authors gave the data set.
        pattern: regular expression, searched for in the paths; its group
            `key` identifies the image.

    Raises:
        FileNotFoundError: one of the three files is not there.
        ValueError: a column is not there, or a path does not match.
    """
    import pandas as pd

    folder = pathlib.Path(folder)
    inner = folder / data_set
    folder = inner if inner.is_dir() else folder
    parts, checksums = [], []
    for split in names.SPLITS:
        path = _file(folder, split, number)
        parts.append(_part(path, data_set, pattern).assign(split=split))
        checksums.append(files.file_sha256(path))
    return Fold(
        number,
        pd.concat(parts, ignore_index=True),
        hashlib.sha256("".join(checksums).encode()).hexdigest(),
    )


def _file(folder, split, number):
    usual, short = (
        folder / f"{split}_{middle}{number}.csv" for middle in ("fold", "")
    )
    for path in (usual, short):
        if path.is_file():
            return path
    raise FileNotFoundError(
        f"There is no file {usual} (nor {short.name}); --fold is the number in "
        "the names of the files in --folds."
    )


def _part(path, data_set, pattern):
    rows = csv_text.read(path, path).reset_index(drop=True)
    csv_text.check_columns(rows, path, _COLUMNS)
    found = rows["path"].str.extract(pattern)
    wrong = rows["path"][found["key"].isna()]
    if len(wrong):
        raise ValueError(
            f"{path} has paths that are none of the data set {data_set!r}: "
            f"{manifests.examples(wrong)}."
        )
    return found.assign(label=rows["class"])


def merged(fold, order=()):
    """Returns `fold` with one row for each image.

    Args:
        fold: a Fold.
        order: where an image may have several rows, the classes: it gets the
            first of these that one of its rows has.

    Raises:
        ValueError: an image has several rows but there is no `order`, or is
            in several splits, or has a class that is not in `order`.
    """
    table = fold.table
    if not order:
        _refuse(fold, table["key"].duplicated(), "in more than one row")
        return fold
    _refuse(fold, ~table["label"].isin(order), "of unknown classes")
    several = table.groupby("key")["split"].transform("nunique") > 1
    _refuse(fold, several, "in more than one split")
    table = (
        table.assign(rank=table["label"].map(order.index))
        .sort_values("rank", kind="stable")
        .drop_duplicates("key")
        .drop(columns="rank")
        .sort_index()
        .reset_index(drop=True)
    )
    return dataclasses.replace(fold, table=table)


def _refuse(fold, wrong, what):
    keys = fold.table.loc[wrong, "key"].unique()
    if len(keys):
        raise ValueError(
            f"Fold {fold.number} has images {what}: {manifests.examples(keys)}."
        )


def assigned(table, fold, place):
    """Returns the images of a fold with its splits, and the absent ones.

    Images that the fold does not name are left out with a warning.

    Args:
        table: pandas.DataFrame with the columns image, key and label, as the
            data set itself has them.
        fold: a Fold that has an image once.
        place: of the images, for messages.

    Returns:
        `table` without the images that the fold does not name and without the
        column key, with the column split of the fold; tuple of pairs (key,
        "absent").

    Raises:
        ValueError: no image is there, or one has another class.
    """
    fold = fold.table[["key", "label", "split"]]
    table = table.drop(columns="split", errors="ignore")
    both = table.merge(fold, on="key", suffixes=("", "_of_fold"))
    if both.empty:
        raise ValueError(
            f"{place} has none of the {len(fold):,} images of the fold: "
            f"{manifests.examples(fold['key'])}."
        )
    other = both[both["label"] != both["label_of_fold"]]
    if len(other):
        raise ValueError(
            f"{len(other):,} images have another class in the fold than in "
            f"{place}: {manifests.examples(other['image'])}."
        )
    absent = fold.loc[~fold["key"].isin(both["key"]), "key"]
    if len(absent):
        logging.warning(
            "%d of the %d images of the fold are not in %s.",
            len(absent),
            len(fold),
            place,
        )
    if len(both) < len(table):
        logging.warning(
            "%d images of %s are not in the fold, and are left out.",
            len(table) - len(both),
            place,
        )
    both = both.sort_values("image", ignore_index=True)
    bad = tuple((key, archives.ABSENT) for key in absent)
    return both.drop(columns=["key", "label_of_fold"]), bad
