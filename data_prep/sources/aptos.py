"""Fundus photographs with grades of retinopathy: APTOS 2019 (Kaggle).

The table train.csv (id_code, diagnosis) grades the images of the folder
train_images, `<id_code>.png`, from 0 to 4. The grades of the folder
test_images were not published, and its images are left alone. Patients
are not known.
"""

import pathlib

from data_prep.sources.common import fields, members, published_counts, tables
from transfusion_tf.data import manifest as manifests
from transfusion_tf.stores import archives

CLASSES = ("0", "1", "2", "3", "4")
PUBLISHED = dict(zip(CLASSES, (1_805, 370, 999, 193, 295), strict=True))
_TABLE = ("train.csv",)
_COLUMNS = {"id_code": "key", "diagnosis": "label"}
_TEST = "test_images/"


def manifest(*, input, labels=None, name="aptos"):
    """Returns the manifest of the directory or archive `input`.

    Args:
        input: path of a directory, .zip or .tar, read in place, with the
            folder train_images at any depth.
        labels: path of train.csv or of the directory that has it; None: it is
            in `input`.
        name: of the data set.

    Raises:
        FileNotFoundError: there is nothing at `input` or `labels`.
        ValueError: there is no table, or no image of it, or a grade is not
            allowed.
    """
    store = archives.open_files(input)
    names = store.names()
    table = tables.only(_TABLE, store, names, input, labels)
    rows = tables.columns(table, *_COLUMNS)
    tables.check_values(table, rows, "id_code", "diagnosis", CLASSES)
    images = [
        name
        for name in names
        if fields.is_image_name(name) and f"/{_TEST}" not in f"/{name}"
    ]
    image_of = tables.by_key(images, _key, input)
    rows, bad = tables.matched(table, rows.rename(columns=_COLUMNS), image_of)
    tables.check_any(rows, [table], input)
    tables.warn_unnamed(image_of, rows)
    found = rows.groupby("label").size().to_dict()
    published_counts.check(name, {"grade": found}, {"grade": PUBLISHED})
    source = members.source("aptos", store, **tables.checksums(table))
    return manifests.Manifest(
        name, "ordinal", CLASSES, rows, store, source=source, bad=bad
    )


def _key(image):
    return pathlib.PurePosixPath(image).stem
