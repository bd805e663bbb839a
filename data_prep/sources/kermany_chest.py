"""Chest x-rays of children, normal or with pneumonia (Kermany et al. 2018).

`chest_xray/{train,test}/{NORMAL,PNEUMONIA}/*.jpeg`, as in the archives of
Mendeley Data (doi:10.17632/rscbjbr9sj; there below `CellData/`) and, with a
further folder val, of Kaggle.

Patients are known from the file names alone. In Mendeley's archive of today
they are `{BACTERIA,VIRUS,NORMAL}-<patient>-<n>.jpeg`: the number is the
patient. In earlier ones, and Kaggle's, they are read as Juodelyte et al. 2023
(arXiv:2302.08272) read them: `person<N>_...` is the patient
person<N>; `IM-<N>-...` and `NORMAL2-IM-<N>-...` are the same patient. Whether
that is right the names do not settle: under it train and test share patients,
and they share none if NORMAL2, bacteria and virus belong to the patient's
name. --patient_pattern reads the names in another way.
"""

import dataclasses
import re

from data_prep.sources.common import fields, members
from data_prep.sources.common import folds as published_folds
from transfusion_tf.data import manifest as manifests
from transfusion_tf.stores import archives

CLASSES = ("NORMAL", "PNEUMONIA")
PATIENT = (
    r"^(?:NORMAL2-|(?:BACTERIA|VIRUS|NORMAL)-)?"
    r"(person\d+(?=_)|IM-\d+(?=-)|(?<=[ASL]-)\d+(?=-\d))"
)
_FOLDER = "chest_xray/"
_FOLDS = published_folds.PublishedFolds("chest", rf".*(?P<key>{_FOLDER}.+)")
_NEEDED = tuple(
    f"{split}/{label}" for split in ("train", "test") for label in CLASSES
)
_EXPECTED = f"{_FOLDER}{{train,test}}/{{NORMAL,PNEUMONIA}}/*.jpeg"
_PATH = re.compile(
    r"(?P<root>(?:.*/)?)"
    r"(?P<rest>(?P<split>train|val|test)/(?P<label>NORMAL|PNEUMONIA)/[^/]+)"
)


def manifest(
    *,
    input,
    name="kermany_chest",
    patient_pattern=PATIENT,
    folds=None,
    fold=None,
):
    """Returns the manifest of the directory or archive `input`.

    Args:
        input: path of a directory, .zip or .tar, read in place, with the
            folders train and test at any depth.
        name: of the data set.
        patient_pattern: regular expression that finds the patient in a file's
            name, see `fields.patients`.
        folds: directory of published folds, whose splits take the place of
            the folders' (see folds.py); None: those of the folders.
        fold: number of the fold; goes with `folds`.

    Raises:
        FileNotFoundError: there is nothing at `input`, or no such fold.
        ValueError: a folder is missing, there are images in other folders or
            different sets in several places, or a name has no patient.
    """
    import pandas as pd

    published_folds.check_given(folds, fold)
    store = archives.open_files(input)
    images = [n for n in store.names() if fields.is_image_name(n)]
    found = [match for image in images if (match := _PATH.fullmatch(image))]
    root = _root(found, input)
    folders = members.Folders(input, root, _NEEDED, _EXPECTED)
    folders.check_names(images, _PATH)
    rows = [
        (m[0], m["label"], m["split"], _FOLDER + m["rest"])
        for m in found
        if m["root"] == root
    ]
    table = pd.DataFrame(rows, columns=["image", "label", "split", "key"])
    folders.check_filled(table["split"] + "/" + table["label"])
    source = members.source("kermany_chest", store)
    manifest = manifests.Manifest(
        name, "multiclass", CLASSES, table, store, source=source
    )
    manifest = published_folds.applied(manifest, _FOLDS, input, folds, fold)
    images = manifest.table["image"]
    # Only now: a fold may leave out images whose names have no patient.
    patients = fields.patients(images, patient_pattern)
    return dataclasses.replace(
        manifest, table=manifest.table.assign(patient=patients)
    )


def _root(found, place):
    """Returns the folder (with /, or "") that has train and test."""
    by_root = {}
    for match in found:
        by_root.setdefault(match["root"], set()).add(match["rest"])
    # Mendeley's archive has a set of eyes with a folder NORMAL beside it.
    by_root = {
        root: files
        for root, files in by_root.items()
        if f"/{root}".endswith(f"/{_FOLDER}")
    } or by_root
    if not by_root:
        raise ValueError(f"{place} has no images {_EXPECTED}.")
    first = min(by_root, key=len)  # Kaggle's archive has all images twice.
    other = [root for root in by_root if by_root[root] != by_root[first]]
    if other:
        raise ValueError(
            f"{place} has different images in {first!r} and {other[0]!r}. "
            "Give one of the two folders as --input."
        )
    return first
