"""Raw data sets: for each source a function that returns its manifest.

A new source is a file in this folder and a line in SOURCES. The keyword
arguments of its function are the flags that go with the source, beside those
on its images; arguments without a default have to be given. What was published
of a data set, such as its numbers of images, stands in its file.
"""

import dataclasses
import importlib
import inspect
import pathlib

from transfusion_tf import names

# Flags on images, by what a source hands on: arrays of known size, encoded
# files some of which may be unusable, or files that may be DICOM.
_OF_ARRAYS = ("resize_mode", "fundus")
_OF_FILES = (*_OF_ARRAYS, "max_bad_fraction")
_OF_DICOM = (*_OF_FILES, "window", "frame")


@dataclasses.dataclass(frozen=True)
class Source:
    """A kind of raw data, as known without importing its module.

    Attributes:
        what: its images and where they were published, for --help.
        module: name of its file in this folder.
        image_flags: names of the flags on its images.
        function: name of the function that returns the manifest.
        is_format: whether its images may be of anything, so that the source
            knows no name for the data set.
    """

    what: str
    module: str
    image_flags: tuple[str, ...]
    function: str = "manifest"
    is_format: bool = False


def _format(what, module, image_flags):
    return Source(what, module, image_flags, is_format=True)


SOURCES = {
    "npz": _format("arrays, as MedMNIST has them", "npz", _OF_ARRAYS),
    "image_folder": _format("one folder per class", "image_folder", _OF_DICOM),
    "csv": _format("files with a table of labels", "csv_table", _OF_DICOM),
    "dicom": _format("DICOM with a table of labels", "dicom", _OF_DICOM),
    "tfds": Source(
        "prepared by tensorflow_datasets", "tfds.records", _OF_FILES
    ),
    "kermany_chest": Source(
        "chest x-rays, Kermany 2018", "kermany_chest", _OF_FILES
    ),
    "idrid": Source("fundus, Porwal 2018", "idrid", _OF_FILES),
    "aptos": Source("fundus, Kaggle 2019", "aptos", _OF_FILES),
    "chexpert": Source("chest x-rays, Irvin 2019", "chexpert", _OF_FILES),
    "eyepacs": Source("fundus, Kaggle 2015", "eyepacs", _OF_FILES),
    "imagenet": Source("things, Russakovsky 2015", "imagenet", _OF_FILES),
    "messidor2": Source("fundus, Krause 2018", "messidor2", _OF_FILES),
    "busi": Source("breast ultrasound, Al-Dhabyani 2020", "busi", _OF_FILES),
    "cbis_ddsm": Source("mammograms, Lee 2017", "cbis_ddsm", _OF_DICOM),
    "ddti_thyroid": Source(
        "thyroid ultrasound, Pedraza 2015", "ddti_thyroid", _OF_FILES
    ),
    "isic2018": Source("skin, Codella 2019", "isic2018", _OF_FILES),
    "mrnet": Source("knee MRI, Bien 2018", "mrnet", _OF_FILES),
    "nih_chestxray14": Source(
        "chest x-rays, Wang 2017", "nih_chestxray14", _OF_FILES
    ),
    "pcam": Source("lymph nodes, Veeling 2018", "pcam", _OF_FILES),
    "synthetic_fundus": Source(
        "fundus, embedded", "synthetic", (), "fundus_manifest"
    ),
    "synthetic_textures": Source(
        "shapes, embedded", "synthetic", (), "textures_manifest"
    ),
}
NAMES = tuple(SOURCES)


def help_text():
    """Returns the choices of --source with what each of them is."""
    listed = (f"{name} ({source.what})" for name, source in SOURCES.items())
    return f"Kind of raw data: {', '.join(listed)}."


def get(source):
    """Returns the function of `source`, one of NAMES.

    Imported only here, because a source imports pandas.
    """
    names.check("source", source, SOURCES)
    found = SOURCES[source]
    module = importlib.import_module(f"{__name__}.{found.module}")
    return getattr(module, found.function)


def options(source):
    """Returns {flag: whether it has to be given} of `source`."""
    parameters = inspect.signature(get(source)).parameters.values()
    return {p.name: p.default is p.empty for p in parameters}


def has_name(source, given):
    """Whether `source` itself knows what the data set is called.

    `given` are the keyword arguments that its function will get.
    """
    if given.get("name") or not SOURCES[source].is_format:
        return True
    if source != "npz":
        return False
    from data_prep.sources.common import medmnist

    stem = pathlib.Path(given["input"]).stem
    return bool(medmnist.recognised(stem, given.get("medmnist_set")))
