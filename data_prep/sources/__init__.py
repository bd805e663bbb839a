"""Raw data sets: for each source a function that returns its manifest.

The keyword arguments of such a function are the flags that go with the
source: those without a default have to be given.
"""

import importlib
import inspect
import pathlib

from transfusion_tf import names

_PLACES = {
    "npz": ("npz", "manifest"),
    "image_folder": ("image_folder", "manifest"),
    "csv": ("csv_table", "manifest"),
    "dicom": ("dicom", "manifest"),
    "tfds": ("tfds.records", "manifest"),
    "kermany_chest": ("kermany_chest", "manifest"),
    "idrid": ("idrid", "manifest"),
    "aptos": ("aptos", "manifest"),
    "chexpert": ("chexpert", "manifest"),
    "eyepacs": ("eyepacs", "manifest"),
    "imagenet": ("imagenet", "manifest"),
    "messidor2": ("messidor2", "manifest"),
    "busi": ("busi", "manifest"),
    "cbis_ddsm": ("cbis_ddsm", "manifest"),
    "ddti_thyroid": ("ddti_thyroid", "manifest"),
    "isic2018": ("isic2018", "manifest"),
    "mrnet": ("mrnet", "manifest"),
    "nih_chestxray14": ("nih_chestxray14", "manifest"),
    "pcam": ("pcam", "manifest"),
    "synthetic_fundus": ("synthetic", "fundus_manifest"),
    "synthetic_textures": ("synthetic", "textures_manifest"),
}
# Whose images may be of anything.
_NAMELESS = ("npz", "image_folder", "csv", "dicom")


def get(source):
    """Returns the function of `source`, one of names.SOURCES.

    Imported only here, because a source imports pandas.
    """
    names.check("source", source, names.SOURCES)
    module, function = _PLACES[source]
    return getattr(importlib.import_module(f"{__name__}.{module}"), function)


def options(source):
    """Returns {flag: whether it has to be given} of `source`."""
    parameters = inspect.signature(get(source)).parameters.values()
    return {p.name: p.default is p.empty for p in parameters}


def has_name(source, given):
    """Whether `source` itself knows what the data set is called.

    `given` are the keyword arguments that its function will get.
    """
    if given.get("name") or source not in _NAMELESS:
        return True
    if source != "npz":
        return False
    from data_prep.sources import medmnist

    stem = pathlib.Path(given["input"]).stem
    return bool(medmnist.recognised(stem, given.get("medmnist_set")))
