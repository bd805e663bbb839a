"""Fundus photographs with grades of retinopathy: EyePACS (Kaggle, 2015).

`<n>_left.jpeg` and `<n>_right.jpeg` are the two eyes of patient n, in folders
train and test. The grades 0-4 are in trainLabels.csv (image, level) and, since
the end of the competition, in retinopathy_solution.csv (image, level, Usage),
which is also passed on as testLabels15.csv. Of the test images those of the
public leader board (Usage Public) are the validation split and the others
(Private) the test split, as in tensorflow_datasets and in uncertainty-baselines
(whose counts of classes are those below).
"""

import pathlib
import re

from absl import logging

from data_prep.sources.common import fields, members, published_counts, tables
from transfusion_tf.data import manifest as manifests
from transfusion_tf.stores import archives

CLASSES = ("0", "1", "2", "3", "4")
PUBLISHED = {
    split: dict(zip(CLASSES, counts, strict=True))
    for split, counts in {
        "train": (25_810, 2_443, 5_292, 873, 708),
        "val": (8_130, 720, 1_579, 237, 240),
        "test": (31_403, 3_042, 6_282, 977, 966),
    }.items()
}
_TRAIN = ("trainLabels.csv", "trainLabels15.csv")
_TEST = ("retinopathy_solution.csv", "testLabels15.csv")
_COLUMNS = {"image": "key", "level": "label"}
_USAGE = "Usage"
_SPLITS = {"Public": "val", "Private": "test"}
_NAME = re.compile(r"(?:.*/)?(\d+_(?:left|right))\.[^./]+")
_PACKED = (
    r"\.zip(\.\d+)?",
    "join the parts (`cat train.zip.* > train.zip`) and unpack them.",
)
# Ten images of the training set, which the competition shows by themselves.
_SAMPLE = "sample/"


def manifest(*, input, labels=None, name="eyepacs"):
    """Returns the manifest of the directory or archive `input`.

    Args:
        input: path of a directory, .zip or .tar, read in place, with the
            images of both folders or of one, at any depth.
        labels: path of one of the two tables, under any name, or of a
            directory of both; those that it does not have are in `input`.
        name: of the data set.

    Raises:
        FileNotFoundError: there is nothing at `input` or `labels`.
        ValueError: there are no images or tables, or a table is not as this
            module describes.
    """
    import pandas as pd

    store = archives.open_files(input)
    names = store.names()
    image_of = _images(names, input)
    found = _tables(store, names, labels, input)
    parts, bad = [], []
    for table in found:
        part, absent = tables.matched(table, _rows(table), image_of)
        if part.empty:
            logging.warning(
                "None of the %d images of %s is in %s: it is left out.",
                len(absent),
                table.name,
                input,
            )
        else:
            parts.append(part)
            bad += absent
    rows = pd.concat([pd.DataFrame(columns=["image"]), *parts])
    tables.check_any(rows, found, input)
    tables.warn_unnamed(image_of, rows)
    published_counts.check(name, published_counts.by_class(rows), PUBLISHED)
    return manifests.Manifest(
        name,
        "ordinal",
        CLASSES,
        rows.reset_index(drop=True),
        store,
        source=members.source("eyepacs", store, **tables.checksums(*found)),
        bad=tuple(bad),
    )


def _images(names, place):
    """Returns {"<n>_left" or "<n>_right": image}."""
    images = [
        name
        for name in names
        if fields.is_image_name(name) and f"/{_SAMPLE}" not in f"/{name}"
    ]
    found = tables.by_key(images, _key, place)
    if not found:
        advice = members.unpacked_advice(names, *_PACKED)
        raise ValueError(
            f"{place} has no images <n>_left.jpeg, <n>_right.jpeg.{advice}"
        )
    return found


def _key(image):
    match = _NAME.fullmatch(image)
    return match and match[1]


def _tables(store, names, labels, place):
    """Returns the Tables of the training and of the other images, or one."""
    found = {
        kind: tables.find(file_names, store, names, labels)
        for kind, file_names in (("train", _TRAIN), ("test", _TEST))
    }
    if labels is not None and not pathlib.Path(labels).is_dir():
        table = tables.read(labels)
        found["test" if _USAGE in table.rows else "train"] = table
    if not found["train"]:
        raise ValueError(
            f"{place} has no table {' or '.join(_TRAIN)}. Give it with "
            "--labels=CSV, or a directory of both tables."
        )
    return [table for table in found.values() if table]


def _rows(table):
    """Returns the columns key, label, patient and split of a Table."""
    has_usage = _USAGE in table.rows
    used = (_USAGE,) if has_usage else ()
    rows = tables.columns(table, *_COLUMNS, *used)
    tables.check_values(table, rows, "image", "level", CLASSES)
    if has_usage:
        tables.check_values(table, rows, "image", _USAGE, tuple(_SPLITS))
    rows = rows.rename(columns=_COLUMNS)
    return rows[["key", "label"]].assign(
        patient=rows["key"].str.partition("_")[0],
        split=rows[_USAGE].map(_SPLITS) if has_usage else "train",
    )
