"""Mammograms with masses or calcifications: CBIS-DDSM (Lee et al. 2017).

Tables `{mass,calc}_case_description_{train,test}_set.csv`, at least both of
one kind, and the whole mammograms in one of these ways:
  DICOM tree of The Cancer Imaging Archive, where a folder of the path has the
  name that the table's `image file path` begins with
  (Mass-Training_P_00001_LEFT_CC); its other folders and file names differ
  between the tables and what is downloaded;
  the export to JPEG on Kaggle, jpeg/<series>/<file>.jpg, where the third part
  of `image file path` is the series;
  files that are called as the path begins (Juodelyte et al. 2023).

A table has one row for each abnormality, so that 465 rows repeat an image. An
image is malignant if any of its abnormalities in that table is.
BENIGN_WITHOUT_CALLBACK counts as BENIGN. A breast with a mass and a
calcification has an image in both kinds of tables, with a label of each; they
are one patient's, and the audit reports them if their pixels are the same.
"""

from data_prep.sources.common import fields, members, published_counts
from data_prep.sources.common import folds as published_folds
from transfusion_tf.data import manifest as manifests
from transfusion_tf.stores import archives

CLASSES = ("BENIGN", "MALIGNANT")
PUBLISHED = {"train": 2_458, "test": 645}
_KINDS = ("calc", "mass")
_TABLE = "{kind}_case_description_{split}_set.csv"
_PATIENT, _PATHOLOGY, _PATH = "patient_id", "pathology", "image file path"
_CLASS_OF = {
    "BENIGN": "BENIGN",
    "BENIGN_WITHOUT_CALLBACK": "BENIGN",
    "MALIGNANT": "MALIGNANT",
}
_FOLDS = published_folds.PublishedFolds(
    "mammograms",
    r"/(?P<key>(?:Calc|Mass)-(?:Training|Test)_[^/]+)\.png$",
    order=CLASSES[::-1],
)


def manifest(*, input, name="cbis_ddsm", folds=None, fold=None):
    """Returns the manifest of the directory or archive `input`.

    Args:
        input: path of a directory, .zip or .tar, read in place, with tables
            and images at any depth.
        name: of the data set.
        folds: directory of published folds, see folds.py.
        fold: number of the fold; goes with `folds`.

    Raises:
        FileNotFoundError: there is nothing at `input`, or no such fold.
        ValueError: a table is missing or not as this module describes, or an
            image could be several files.
    """
    import pandas as pd

    published_folds.check_given(folds, fold)
    store = archives.open_files(input)
    found = members.names_in(store)
    parts = [
        _rows(store, table).assign(split=split)
        for split, table in _tables(found, input)
    ]
    rows = _merged(pd.concat(parts, ignore_index=True), input)
    images = _images(rows, found, input)
    table, bad = members.located(rows, images, input)
    counts = published_counts.by_split(table)
    published_counts.check("cbis_ddsm", counts, PUBLISHED)
    manifest = manifests.Manifest(
        name,
        "multiclass",
        CLASSES,
        table.drop(columns="series"),
        store,
        source=members.source("cbis_ddsm", store),
        bad=bad,
    )
    return published_folds.applied(manifest, _FOLDS, input, folds, fold)


def _tables(found, place):
    """Returns pairs (split, table) of the kinds that are there."""
    tables = []
    for kind in _KINDS:
        pair = {
            split: _TABLE.format(kind=kind, split=split)
            for split in ("train", "test")
        }
        if any(members.find(found, file, place) for file in pair.values()):
            tables += [
                (split, members.need(found, file, place))
                for split, file in pair.items()
            ]
    if not tables:
        raise ValueError(
            f"{place} has no table {_TABLE.format(kind='mass', split='train')} "
            "or the like. Give the folder that has tables and images."
        )
    return tables


def _rows(store, table):
    """Returns key, series, patient and label of each abnormality."""
    columns = (_PATIENT, _PATHOLOGY, _PATH)
    rows = members.read_table(store, table, columns)
    members.refuse(
        rows,
        ~rows[_PATHOLOGY].isin(_CLASS_OF),
        table,
        f"with another pathology than {', '.join(_CLASS_OF)}",
    )
    members.refuse(rows, rows[_PATIENT] == "", table, "without a patient")
    parts = rows[_PATH].str.split("/", expand=True)
    members.refuse(
        rows,
        ~rows[_PATH].str.fullmatch(r"[^/]+/[^/]+/[^/]+/[^/]+"),
        table,
        f"whose {_PATH} is not <name>/<study>/<series>/<file>",
    )
    return (
        rows[[_PATIENT, _PATHOLOGY]]
        .set_axis(["patient", "label"], axis=1)
        .assign(
            key=parts[0], series=parts[2], label=rows[_PATHOLOGY].map(_CLASS_OF)
        )
    )


def _merged(rows, place):
    """Returns one row for each image: malignant if one of its rows is."""
    several = rows.groupby("key")[["patient", "series", "split"]].nunique()
    wrong = several.index[(several > 1).any(axis=1)]
    if len(wrong):
        raise ValueError(
            f"{place}: rows of {len(wrong):,} images differ in their patient, "
            f"series or split: {manifests.examples(wrong)}."
        )
    # MALIGNANT comes after BENIGN.
    rows = rows.sort_values(["key", "label"], kind="stable")
    return rows.drop_duplicates("key", keep="last", ignore_index=True)


def _images(rows, found, place):
    """Returns {key: path} of the images that are there."""
    by_part = {}
    for path in (name for name in found if fields.is_image_name(name)):
        *folders, file = path.split("/")
        for part in {*folders, file.rpartition(".")[0]}:
            by_part.setdefault(part, []).append(path)
    images = {}
    for key, series in zip(rows["key"], rows["series"], strict=True):
        paths = by_part.get(key) or by_part.get(series) or []
        if len(paths) > 1:
            raise ValueError(
                f"{place} has {len(paths)} files that could be the image "
                f"{key}: {manifests.examples(paths)}. Leave one of them."
            )
        if paths:
            images[key] = paths[0]
    return images
