"""Chest x-rays of children, normal or with pneumonia (Kermany et al. 2018).

`chest_xray/{train,test}/{NORMAL,PNEUMONIA}/*.jpeg`, as in the archives of
Mendeley Data (doi:10.17632/rscbjbr9sj; there below `CellData/`) and, with a
further folder val, of Kaggle.

The file names are all that tells of patients. In Mendeley's archive of today
they are `{BACTERIA,VIRUS,NORMAL}-<patient>-<n>.jpeg`: the number is the
patient. In earlier ones, and Kaggle's, they are read as Juodelyte et al. 2023
(arXiv:2302.08272) read them: `person<N>_...` is the patient
person<N>; `IM-<N>-...` and `NORMAL2-IM-<N>-...` are the same patient. Whether
that is right the names do not settle: under it train and test share patients,
and they share none if NORMAL2, bacteria and virus belong to the patient's
name. --patient_pattern reads the names in another way.
"""

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
_IN_FOLD = rf".*(?P<key>{_FOLDER}.+)"
_NEEDED = ("train", "test")
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
            the folders' (see folds.py); None: the folders tell them.
        fold: number of the fold; goes with `folds`.

    Raises:
        FileNotFoundError: there is nothing at `input`, or no such fold.
        ValueError: a folder is missing, there are images in other folders or
            different sets in several places, or a name tells no patient.
    """
    import pandas as pd

    published_folds.check_given(folds, fold)
    store = archives.open_files(input)
    images = [n for n in store.names() if fields.is_image_name(n)]
    found = [match for image in images if (match := _PATH.fullmatch(image))]
    root = _root(found, input)
    _check_strays(images, root, input)
    table = pd.DataFrame(
        [
            {key: m[key] for key in (0, "rest", "label", "split")}
            for m in found
            if m["root"] == root
        ]
    ).rename(columns={0: "image"})
    _check_folders(table, input)
    source, bad = members.source("kermany_chest", store), ()
    if folds:
        table["key"] = _FOLDER + table["rest"]
        table, bad, told = published_folds.apply(
            table,
            input,
            folds=folds,
            fold=fold,
            data_set="chest",
            pattern=_IN_FOLD,
        )
        source |= told
    table = table.drop(columns="rest")
    table["patient"] = fields.patients(table["image"], patient_pattern)
    return manifests.Manifest(
        name, "multiclass", CLASSES, table, store, source=source, bad=bad
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


def _check_strays(images, root, place):
    """Raises ValueError for images below `root` that no folder explains."""
    stray = [
        image
        for image in images
        if image.startswith(root) and not _PATH.fullmatch(image)
    ]
    if stray:
        raise ValueError(
            f"{place} has images outside of the folders of this data set: "
            f"{manifests.examples(stray)}. Expected {_EXPECTED}; other "
            "folders go with --source=image_folder."
        )


def _check_folders(table, place):
    wanted = [f"{split}/{label}" for split in _NEEDED for label in CLASSES]
    missing = set(wanted) - set(table["split"] + "/" + table["label"])
    if missing:
        raise ValueError(
            f"{place} has no images in {', '.join(sorted(missing))}. Expected "
            f"{_EXPECTED}."
        )
