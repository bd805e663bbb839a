"""Ultrasound of the breast: BUSI (Al-Dhabyani et al. 2020).

`Dataset_BUSI_with_GT/{benign,malignant,normal}/<class> (<n>).png`, beside them
the outlines of lesions, `<class> (<n>)_mask.png` and `..._mask_1.png`, which
are left out. Patients are not known: there are 600 of them, and 780
images.
"""

import re

from data_prep.sources.common import fields, members, published_counts
from data_prep.sources.common import folds as published_folds
from transfusion_tf import names
from transfusion_tf.data import manifest as manifests
from transfusion_tf.stores import archives

FOLDERS = ("benign", "malignant", "normal")
# Juodelyte et al. 2023 separate malignant images from all others.
LABEL_SETS = {
    "malignancy": ("benign", "malignant"),
    "diagnosis": FOLDERS,
}
PUBLISHED = {"benign": 437, "malignant": 210, "normal": 133}
NO_PATIENTS = "the files do not tell patients"
_IMAGE = re.compile(
    r"(?P<root>(?:.*/)?)(?P<folder>benign|malignant|normal)/"
    r"(?P<key>(?P=folder) \(\d+\))(?P<mask>_mask(?:_\d+)?)?\.png"
)
_FOLDS = published_folds.PublishedFolds(
    "breast", r"/(?P<key>(?:benign|malignant|normal) \(\d+\))\.png$"
)
_EXPECTED = "{benign,malignant,normal}/<class> (<n>).png"


def manifest(
    *, input, name="busi", label_set="malignancy", folds=None, fold=None
):
    """Returns the manifest of the directory or archive `input`.

    Args:
        input: path of a directory, .zip or .tar, read in place, with the three
            folders at any depth.
        name: of the data set.
        label_set: "malignancy": malignant or not, which normal images are
            not; "diagnosis": the three folders.
        folds: directory of published folds, see folds.py.
        fold: number of the fold; goes with `folds`.

    Raises:
        FileNotFoundError: there is nothing at `input`, or no such fold.
        ValueError: a folder is missing, or there are other images in them.
    """
    import pandas as pd

    names.check("--label_set", label_set, LABEL_SETS)
    published_folds.check_given(folds, fold)
    classes = LABEL_SETS[label_set]
    if folds and label_set != "malignancy":
        raise ValueError("--folds goes with --label_set=malignancy.")
    store = archives.open_files(input)
    table = pd.DataFrame(_rows(store, input))
    counts = table.groupby("label").size().to_dict()
    published_counts.check("busi", counts, PUBLISHED)
    if "normal" not in classes:
        table["label"] = table["label"].replace("normal", "benign")
    source = members.source("busi", store, no_patients=NO_PATIENTS)
    manifest = manifests.Manifest(
        name, "multiclass", classes, table, store, source=source
    )
    return published_folds.applied(manifest, _FOLDS, input, folds, fold)


def _rows(store, place):
    """Returns image, key and label of each image that is no mask."""
    images = [n for n in store.names() if fields.is_image_name(n)]
    found = [m for image in images if (m := _IMAGE.fullmatch(image))]
    roots = {match["root"] for match in found}
    if len(roots) != 1:
        raise ValueError(
            f"{place} must have the folders of this data set, "
            f"{_EXPECTED}, once. Received: {len(roots)} of them."
        )
    folders = members.Folders(place, *roots, FOLDERS, _EXPECTED)
    folders.check_names(images, _IMAGE)
    folders.check_filled(match["folder"] for match in found)
    return [
        {"image": match[0], "key": match["key"], "label": match["folder"]}
        for match in found
        if not match["mask"]
    ]
