"""What the validation images of ImageNet show, and what its classes mean."""

import hashlib
import io
import pathlib
import re

from data_prep.sources.common import tables
from transfusion_tf import files
from transfusion_tf.data import manifest as manifests
from transfusion_tf.stores import archives

SOLUTION = "LOC_val_solution.csv"
SYNSET_LABELS = "imagenet_2012_validation_synset_labels.txt"
GROUND_TRUTH = "ILSVRC2012_validation_ground_truth.txt"
META = "meta.mat"
_FILES = (SOLUTION, SYNSET_LABELS, GROUND_TRUTH)
_WNID = re.compile(r"n\d{8}")


def find(store, names, labels, place):
    """Returns a Table with the columns key (name of an image) and label.

    Args:
        store: of the data set.
        names: what `store.names()` gave.
        labels: path of one of the files, which has its published name, or of
            a directory of them; None: they are in the data set.
        place: of the data set, for messages.

    Raises:
        FileNotFoundError: there is nothing at `labels`.
        ValueError: there is no file, or it is not what its name says.
    """
    if labels is not None:
        path = pathlib.Path(labels)
        if not path.exists():
            raise FileNotFoundError(
                f"There is no file or directory {path}, as --labels has it."
            )
        store = archives.open_files(path if path.is_dir() else path.parent)
        names = store.names() if path.is_dir() else [path.name, META]
        place = labels
    for file_name in _FILES:
        found = _first(file_name, names)
        if found:
            data = tables.data_of(found, store)
            rows = _rows(file_name, found, data, store, names)
            return tables.Table(found, rows, hashlib.sha256(data).hexdigest())
    raise ValueError(
        f"{place} has validation images in one folder, and none of the files "
        f"that say what they show: {', '.join(_FILES)}. Give one with "
        "--labels."
    )


def words(path, wnids):
    """Returns {wnid: "<wnid> <first name>"} of `wnids`, read from a file.

    The wnid stays in the name, because two kinds of things may share a name
    (n02012849 crane, n03126707 crane).

    Raises:
        FileNotFoundError: there is no file.
        ValueError: it does not have all `wnids`.
    """
    path = pathlib.Path(path)
    if not path.is_file():
        raise FileNotFoundError(
            f"There is no file {path}, as --synset_words has it."
        )
    lines = _lines(path, path.read_bytes())
    parts = (line.strip().partition(" ") for line in lines)
    names = {wnid: meaning.partition(",")[0] for wnid, _, meaning in parts}
    missing = [wnid for wnid in wnids if not names.get(wnid)]
    if missing:
        raise ValueError(
            f"{path} has no name for {manifests.examples(missing)}; a line is "
            "like 'n01440764 tench, Tinca tinca'."
        )
    return {wnid: f"{wnid} {names[wnid]}" for wnid in wnids}


def _first(file_name, names):
    found = [name for name in names if f"/{name}".endswith(f"/{file_name}")]
    return min(found, key=lambda name: (len(name), name), default=None)


def _lines(name, data):
    try:
        return data.decode("utf-8-sig").split("\n")
    except UnicodeDecodeError:
        raise ValueError(f"{name} is not a text file.") from None


def _rows(file_name, name, data, store, names):
    """Returns the columns key and label of one of _FILES."""
    import pandas as pd

    if file_name == SOLUTION:
        table = tables.parse(name, data)
        rows = tables.columns(table, "ImageId", "PredictionString")
        keys = rows["ImageId"].tolist()
        found = rows["PredictionString"].str.partition(" ")[0].tolist()
    else:
        found = " ".join(_lines(name, data)).split()
        keys = [f"ILSVRC2012_val_{i + 1:08d}" for i in range(len(found))]
        if file_name == GROUND_TRUTH:
            wnid_of = _meta(store, names, name)
            found = [wnid_of.get(number, number) for number in found]
    wrong = [label for label in found if not _WNID.fullmatch(label)]
    if wrong:
        raise ValueError(
            f"{name} has labels that are not known: "
            f"{manifests.examples(wrong)}. Expected one like n01440764 for "
            "each image."
        )
    return pd.DataFrame({"key": keys, "label": found})


def _meta(store, names, wanted_by):
    """Returns {number as text: wnid}, as the development kit explains them."""
    from scipy import io as scipy_io
    from scipy.io import matlab

    name = _first(META, names)
    if name is None:
        raise ValueError(
            f"{wanted_by} has numbers, which {META} of the development kit "
            "explains: put it beside the other."
        )
    try:
        data = io.BytesIO(tables.data_of(name, store))
        synsets = scipy_io.loadmat(data, squeeze_me=True)["synsets"]
        pairs = zip(synsets["ILSVRC2012_ID"], synsets["WNID"], strict=True)
        return {str(int(number)): str(wnid) for number, wnid in pairs}
    except (matlab.MatReadError, ValueError, LookupError, TypeError) as error:
        raise ValueError(
            f"{name} is not that of the development kit of ILSVRC 2012 "
            f"({files.one_line(error)})."
        ) from None
