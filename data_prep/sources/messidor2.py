"""Fundus photographs with adjudicated grades of retinopathy: Messidor-2.

The images (ADCIS, folder IMAGES) come without grades. Those used here are of
Krause et al. 2018 (doi:10.1016/j.ophtha.2018.01.034), messidor_data.csv with
the columns image_id, adjudicated_dr_grade, adjudicated_dme and
adjudicated_gradable: images that are not gradable have no grade, and are left
out. The table writes some names as .jpg whose files end in .JPG.

The images are the pairs of eyes of 874 examinations. Which two belong together
stands in messidor-2.csv (left;right), which comes with the images; the file
names do not say. Where it is there an examination stands for a patient;
without it patients are not known.
"""

from absl import logging

from data_prep.sources.common import fields, members, published_counts, tables
from transfusion_tf.data import manifest as manifests
from transfusion_tf.stores import archives

CLASSES = ("0", "1", "2", "3", "4")
PUBLISHED = dict(zip(CLASSES, (1_017, 270, 347, 75, 35), strict=True))
_TABLE = ("messidor_data.csv",)
_PAIRS = ("messidor-2.csv",)
_IMAGE = "image_id"
_GRADE = "adjudicated_dr_grade"
_GRADABLE = "adjudicated_gradable"


def manifest(*, input, labels=None, name="messidor2"):
    """Returns the manifest of the directory or archive `input`.

    Args:
        input: path of a directory, .zip or .tar, read in place, with the
            images at any depth.
        labels: path of messidor_data.csv, or of a directory that has it and
            maybe messidor-2.csv; None: they are in `input`.
        name: of the data set.

    Raises:
        FileNotFoundError: there is nothing at `input` or `labels`.
        ValueError: there is no table, or no image of it, or a value of it is
            not allowed.
    """
    store = archives.open_files(input)
    names = store.names()
    table = tables.only(_TABLE, store, names, input, labels)
    rows, num_ungradable = _rows(table)
    images = [name for name in names if fields.is_image_name(name)]
    image_of = tables.by_key(images, _key, input)
    pairs = tables.find(_PAIRS, store, names, labels, separator=";")
    if pairs:
        patient_of = _examinations(tables.columns(pairs, "left", "right"))
        rows["patient"] = [patient_of.get(key, key) for key in rows["key"]]
        _warn_single(rows["key"], patient_of, pairs)
    rows, bad = tables.matched(table, rows, image_of)
    tables.check_any(rows, [table], input)
    found = rows.groupby("label").size().to_dict()
    published_counts.check(name, {"grade": found}, {"grade": PUBLISHED})
    used = [table, pairs] if pairs else [table]
    source = members.source(
        "messidor2",
        store,
        ungradable=num_ungradable,
        **tables.checksums(*used),
    )
    return manifests.Manifest(
        name, "ordinal", CLASSES, rows, store, source=source, bad=bad
    )


def _key(path):
    return path.rpartition("/")[2].lower()


def _rows(table):
    """Returns key and label of the gradable images, and how many are not."""
    rows = tables.columns(table, _IMAGE, _GRADE, _GRADABLE)
    # A column with gaps is often written as 2.0, 1.0, ...
    for column in (_GRADE, _GRADABLE):
        rows[column] = rows[column].str.removesuffix(".0")
    tables.check_values(table, rows, _IMAGE, _GRADABLE, ("0", "1"))
    is_gradable = rows[_GRADABLE] == "1"
    number = int((~is_gradable).sum())
    if number:
        logging.warning(
            "%d images are not gradable, as %s says, and are left out.",
            number,
            table.name,
        )
    rows = rows[is_gradable].reset_index(drop=True)
    tables.check_values(table, rows, _IMAGE, _GRADE, CLASSES)
    keys = rows[_IMAGE].map(_key)
    return rows[[_GRADE]].set_axis(["label"], axis=1).assign(key=keys), number


def _examinations(pairs):
    """Returns {key: examination}; pairs that share an image are one."""
    members = {}
    for pair in pairs.to_numpy():
        together = {_key(name) for name in pair if name}
        for name in list(together):
            together |= members.get(name, set())
        members |= dict.fromkeys(together, together)
    return {name: min(together) for name, together in members.items()}


def _warn_single(keys, patient_of, pairs):
    number = (~keys.isin(patient_of.keys())).sum()
    if number:
        logging.warning(
            "%d images are in no pair of %s, and taken as patients of their "
            "own.",
            number,
            pairs.name,
        )
