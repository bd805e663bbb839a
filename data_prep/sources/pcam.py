"""Patches of lymph nodes, with or without tumour: PatchCamelyon.

Veeling et al. 2018, arXiv:1806.03962. For each of the splits train, valid and
test two HDF5 files, `camelyonpatch_level_2_split_<split>_x.h5` with the
patches `x` (N, 96, 96, 3) and `..._y.h5` with `y` (N, 1, 1, 1), 1 where the
centre has tumour; and a table, `..._meta.csv`, that names the slide of each
patch. The slide stands for the patient (CAMELYON16 has one of each).

Juodelyte et al. 2023 wrote the patches to files `<index>_label=<y>.png` of one
folder, first train, then valid, then test, so that a later patch took the
place of an earlier one of the same index and label. Their folds are read
accordingly: a name means the last patch that was written under it.
"""

import dataclasses
import hashlib
import pathlib

import numpy as np
from absl import logging

from data_prep.sources.common import folds as published_folds
from data_prep.sources.common import members, published_counts
from transfusion_tf import files
from transfusion_tf.data import manifest as manifests
from transfusion_tf.stores import archives, hdf5

CLASSES = ("normal", "tumor")
PUBLISHED = {"train": 262_144, "val": 32_768, "test": 32_768}
NO_PATIENTS = "there are no tables ..._meta.csv, which tell the slides"
_SPLITS = {"train": "train", "val": "valid", "test": "test"}
_FILE = "camelyonpatch_level_2_split_{split}_{what}"
_IN_FOLD = r"/(?P<key>\d+_label=[01])\.png$"
_CLASSES_OF_FOLD = {"no": "normal", "yes": "tumor"}


def manifest(*, input, name="pcam", folds=None, fold=None):
    """Returns the manifest of the directory `input`.

    Args:
        input: path of a directory with the files, uncompressed, at any depth.
        name: of the data set.
        folds: directory of published folds, see folds.py; all patches that
            they do not name are left out.
        fold: number of the fold; goes with `folds`.

    Raises:
        FileNotFoundError: there is nothing at `input`, or no such fold.
        ValueError: a file is missing, compressed, damaged or not as this
            module describes.
    """
    import pandas as pd

    published_folds.check_given(folds, fold)
    found = _Files(input)
    paths = {split: found.need(split, "x.h5") for split in _SPLITS}
    labels = {split: _labels(found, split) for split in _SPLITS}
    numbers = {split: len(label) for split, label in labels.items()}
    table = pd.DataFrame(
        {
            "image": [
                f"{s}/{i}" for s in labels for i in range(len(labels[s]))
            ],
            "label": np.array(CLASSES)[np.concatenate(list(labels.values()))],
            "split": np.repeat(list(numbers), list(numbers.values())),
        }
    )
    published_counts.check("pcam", published_counts.by_split(table), PUBLISHED)
    source, bad = {"kind": "pcam", "sha256": found.checksum()}, ()
    slides = [_slides(found, split, n) for split, n in numbers.items()]
    if all(part is not None for part in slides):
        table["patient"] = np.concatenate(slides)
    else:
        source["no_patients"] = NO_PATIENTS
        logging.warning("%s: %s.", input, NO_PATIENTS)
    if folds:
        published = published_folds.read(folds, fold, "pcam-small", _IN_FOLD)
        table, bad = _with_fold(table, published, input)
        source |= published.source
    return manifests.Manifest(
        name,
        "multiclass",
        CLASSES,
        table,
        hdf5.Hdf5Store(paths, "x"),
        source=source,
        bad=bad,
    )


class _Files:
    """The files of a directory by their names."""

    def __init__(self, place):
        self.place = pathlib.Path(place)
        self.store = archives.open_files(self.place)
        if not self.place.is_dir():
            raise ValueError(
                f"{place} is no directory. Give the one that has the "
                "uncompressed .h5 files: HDF5 cannot be read in an archive."
            )
        self.names = members.names_in(self.store)

    def find(self, split, what):
        """Returns the path of a file, or None."""
        file = _FILE.format(split=_SPLITS[split], what=what)
        found = members.find(self.names, file, self.place)
        return found and str(self.place / found)

    def need(self, split, what):
        """Returns the path of a file; ValueError if there is none."""
        found = self.find(split, what)
        if found:
            return found
        file = _FILE.format(split=_SPLITS[split], what=what)
        compressed = self.find(split, f"{what}.gz")
        if compressed:
            raise ValueError(
                f"{compressed} is compressed; decompress it first (gunzip)."
            )
        raise ValueError(f"{self.place} has no file {file}.")

    def checksum(self):
        """Returns a SHA-256 of the six files."""
        digests = [
            files.file_sha256(self.need(split, what))
            for split in _SPLITS
            for what in ("x.h5", "y.h5")
        ]
        return hashlib.sha256("".join(digests).encode()).hexdigest()


def _labels(found, split):
    """Returns the labels (N,) of a split, 0 or 1; looks at both files."""
    path = found.need(split, "y.h5")
    labels = hdf5.open_array(path, "y")
    patches = hdf5.open_array(found.need(split, "x.h5"), "x")
    if patches.ndim != 4 or patches.shape[3] != 3 or patches.dtype != np.uint8:
        raise ValueError(
            f"{patches.file.filename}: x must be (N, H, W, 3) of uint8. "
            f"Received: {patches.dtype} {patches.shape}."
        )
    if labels.shape[:1] != patches.shape[:1] or labels.size != len(patches):
        raise ValueError(
            f"{path}: y must be one number for each of {len(patches):,} "
            f"patches. Received: {labels.shape}."
        )
    labels = hdf5.read_whole(labels).reshape(-1)
    if not np.isin(labels, (0, 1)).all():
        raise ValueError(f"{path}: y must be 0 or 1. Received: {labels.max()}.")
    return labels.astype(np.int64)


def _slides(found, split, number):
    """Returns the slide of each patch of a split, or None without a table."""
    path = found.find(split, "meta.csv")
    if path is None:
        return None
    name = pathlib.Path(path).relative_to(found.place).as_posix()
    slides = members.read_table(found.store, name, ("wsi",))["wsi"]
    if len(slides) != number or (slides == "").any():
        raise ValueError(
            f"{path} must name the slide (wsi) of each of {number:,} patches. "
            f"Received: {(slides != '').sum():,} names."
        )
    return slides.to_numpy()


def _with_fold(table, published, place):
    """Returns what `folds.assigned` does, of patches by their files' names."""
    index = table["image"].str.rpartition("/")[2]
    codes = table["label"].map(CLASSES.index).astype(str)
    # Rows are in the order in which the files were written.
    table = table.assign(key=index + "_label=" + codes)
    table = table.drop_duplicates("key", keep="last", ignore_index=True)
    rows = published.table
    labels = rows["label"].replace(_CLASSES_OF_FOLD)
    published = dataclasses.replace(published, table=rows.assign(label=labels))
    return published_folds.assigned(
        table, published_folds.merged(published), place
    )
