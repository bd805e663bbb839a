"""Published folds of the chest x-rays (Juodelyte et al. 2023).

For each fold 1, 2, ... three files {train,val,test}_<fold>.csv with the columns
path, class and pid. The paths are those of the authors' machine; what follows
chest_xray/ in them tells which image is meant.
"""

import hashlib
import pathlib

from absl import logging

from data_prep.sources import fields
from transfusion_tf import files, names
from transfusion_tf.data import manifest as manifests
from transfusion_tf.data import stores

_FOLDER = "chest_xray/"
_COLUMNS = ("path", "class", "pid")


def read(folder, fold):
    """Returns the table of a fold, and the SHA-256 of its files.

    Args:
        folder: path of the directory of the CSV files.
        fold: number in their names.

    Returns:
        pandas.DataFrame with the columns rest (what follows chest_xray/),
        label, pid and split, and a hexadecimal checksum.

    Raises:
        FileNotFoundError: one of the three files is not there.
        ValueError: a column is not there, a path has no chest_xray/, or an
            image stands in several rows.
    """
    import pandas as pd

    parts, checksums = [], []
    for split in names.SPLITS:
        path = pathlib.Path(folder) / f"{split}_{fold}.csv"
        if not path.is_file():
            raise FileNotFoundError(
                f"There is no file {path}; --fold is the number in the names "
                "of the files in --folds."
            )
        parts.append(_part(path).assign(split=split))
        checksums.append(files.file_sha256(path))
    table = pd.concat(parts, ignore_index=True)
    twice = table.loc[table["rest"].duplicated(), "rest"]
    if len(twice):
        raise ValueError(
            f"Fold {fold} of {folder} has images in more than one row: "
            f"{manifests.examples(twice.unique())}."
        )
    return table, hashlib.sha256("".join(checksums).encode()).hexdigest()


def _part(path):
    rows = fields.read_table(path, path)
    missing = [column for column in _COLUMNS if column not in rows]
    if missing:
        raise ValueError(
            f"{path} has no column {manifests.examples(missing)}; it has "
            f"{', '.join(filter(None, rows.columns))}."
        )
    rows = rows[list(_COLUMNS)].rename(columns={"class": "label"})
    rest = rows["path"].str.rpartition(_FOLDER)
    wrong = rows["path"][rest[1] == ""]
    if len(wrong):
        raise ValueError(
            f"{path} has paths without {_FOLDER}: {manifests.examples(wrong)}."
        )
    return rows.drop(columns="path").assign(rest=rest[2])


def assigned(table, fold, place):
    """Returns the images of a fold with its splits, and the absent ones.

    Images that the fold does not name are left out, which is told.

    Args:
        table: pandas.DataFrame with the columns image, rest and label, as the
            folders tell them.
        fold: what `read` returned as the table of the fold.
        place: of the images, for messages.

    Returns:
        `table` without the images that the fold does not name, and with the
        column split of the fold; tuple of pairs (path, "absent").

    Raises:
        ValueError: no image is there, or one has another class.
    """
    both = table.drop(columns="split").merge(
        fold, on="rest", suffixes=("", "_of_fold")
    )
    if both.empty:
        raise ValueError(
            f"{place} has none of the {len(fold):,} images of the fold: "
            f"{manifests.examples(fold['rest'])}."
        )
    other = both[both["label"] != both["label_of_fold"]]
    if len(other):
        raise ValueError(
            f"{len(other):,} images have another class in the fold than in "
            f"the folders: {manifests.examples(other['image'])}."
        )
    absent = fold.loc[~fold["rest"].isin(both["rest"]), "rest"]
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
    bad = tuple((f"{_FOLDER}{rest}", stores.ABSENT) for rest in absent)
    return both.drop(columns=["label_of_fold", "pid"]), bad
