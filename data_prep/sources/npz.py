"""An .npz file in the layout of MedMNIST: images and labels of three splits.

Keys {train,val,test}_{images,labels}; images (N, H, W) or (N, H, W, 3), uint8
or uint16; labels (N, 1), or (N, L) with ones and zeros for several labels.

A file with the name of a set of MedMNIST (pneumoniamnist.npz, pathmnist_64.npz)
has that set's task and names of classes, and is compared with its counts.
"""

import pathlib
import zipfile

import numpy as np

from data_prep.sources.common import fields, medmnist, published_counts
from transfusion_tf import names
from transfusion_tf.data import manifest as manifests
from transfusion_tf.stores import archives, npy
from transfusion_tf.stores import npz as npz_store

KEYS = tuple(
    f"{split}_{what}" for split in names.SPLITS for what in ("images", "labels")
)


def manifest(*, input, name=None, task=None, classes=None, medmnist_set=None):
    """Returns the manifest of the .npz file `input`.

    Classes are called by their numbers, labels label_0, label_1, ... where
    neither `classes` nor the set of MedMNIST names them.

    Args:
        input: path of the file.
        name: of the data set; None: that of the file.
        task: None: that of the set of MedMNIST; else "multilabel" where there
            are several label columns, and "multiclass" where not.
        classes: names of the classes 0, 1, ... or of the label columns; None:
            those of the set, unless `task` is another than its.
        medmnist_set: name of the set, or "none"; None: as the file's name says.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file or its arrays are not as this module describes, or
            its labels are none that the set of MedMNIST can have.
    """
    import pandas as pd

    path = pathlib.Path(input)
    labels = _read_labels(path)
    width = _num_labels(labels, path)
    of_set = medmnist.recognised(path.stem, medmnist_set)
    if of_set:
        published = medmnist.SETS[of_set]
        _check_set(labels, of_set, path)
        if task in (None, published.task):
            task, classes = published.task, classes or published.classes
    task = task or ("multilabel" if width > 1 else "multiclass")
    if width > 1 and task != "multilabel":
        raise ValueError(
            f"{path} has {width} labels for each image, which --task={task} "
            "does not allow; leave the flag out."
        )
    images = [
        f"{split}_images/{i}"
        for split, array in labels.items()
        for i in range(len(array))
    ]
    splits = np.repeat(list(labels), [len(a) for a in labels.values()])
    numbers = np.concatenate(list(labels.values()))
    table = pd.DataFrame({"image": images, "split": splits})
    if task == "multilabel":
        classes = _names_of_labels(classes, width, path)
        table[list(classes)] = numbers.astype(np.int64)
    else:
        table["label"], classes = _named(numbers[:, 0], task, classes, path)
    store = npz_store.NpzStore(path)
    return manifests.Manifest(
        name or fields.default_name(path),
        task,
        classes,
        table,
        store,
        source={"kind": "npz", "sha256": store.checksum()},
    )


def _num_labels(labels, path):
    """Returns the number of labels of an image, the same in all splits."""
    widths = {array.shape[1] for array in labels.values()}
    if len(widths) != 1:
        raise ValueError(
            f"{path}: the splits have different numbers of labels: "
            f"{sorted(widths)}."
        )
    return widths.pop()


def _check_set(labels, name, path):
    """Raises ValueError for labels that no file of the set can have.

    Numbers of images that are not those published are a warning only.
    """
    published = medmnist.SETS[name]
    numbers = np.concatenate(list(labels.values()))
    most = len(published.classes)
    is_multilabel = published.task == "multilabel"
    if numbers.shape[1] != (most if is_multilabel else 1) or (
        numbers.max(initial=0) >= (2 if is_multilabel else most)
    ):
        raise ValueError(
            f"{path} is called {name}, whose {most} classes do not go with "
            f"labels {numbers.shape} up to {numbers.max(initial=0)}. If it is "
            f"something else, add --medmnist_set={medmnist.NONE}."
        )
    found = {split: len(array) for split, array in labels.items()}
    published_counts.check(name, found, published.counts)


def _names_of_labels(classes, width, path):
    classes = tuple(classes or (f"label_{i}" for i in range(width)))
    if len(classes) != width:
        raise ValueError(
            f"{path} has {width} labels for each image, --classes has "
            f"{len(classes)} names: {', '.join(classes)}."
        )
    return classes


def _named(numbers, task, classes, path):
    """Returns class names (N,) of `numbers`, and all of them in order."""
    if numbers.min(initial=0) < 0:
        raise ValueError(
            f"{path}: --task={task} takes labels from 0 up. "
            f"Received: {numbers.min()}."
        )
    if classes is None or task == "ordinal":
        labels = numbers.astype(str)
        return labels, fields.classes_of(labels, task, classes)
    if numbers.max(initial=0) >= len(classes):
        raise ValueError(
            f"{path} has classes up to number {numbers.max()}; --classes "
            f"names those from 0 to {len(classes) - 1}: {', '.join(classes)}."
        )
    return np.array(classes)[numbers], tuple(classes)


def _read_labels(path):
    """Returns {split: labels (N, L)} after checking every array's head."""
    if not path.is_file():
        raise FileNotFoundError(f"There is no file {path}.")
    with archives.refusing_damage(
        f"{path} is not an .npz file with the arrays "
        "{train,val,test}_{images,labels}"
    ):
        if not zipfile.is_zipfile(path):
            raise ValueError("it is no archive, or cut off")
        with zipfile.ZipFile(path) as archive:
            found = npy.keys(archive)
            missing = [key for key in KEYS if key not in found]
            if missing:
                raise ValueError(
                    f"it has no {', '.join(missing)}; it has "
                    f"{', '.join(found) or 'nothing'}"
                )
            return {
                split: _checked_labels(archive, split) for split in names.SPLITS
            }


def _checked_labels(archive, split):
    labels = npy.read_member(archive, f"{split}_labels")
    if labels.ndim == 1:
        labels = labels[:, None]
    if labels.ndim != 2 or labels.dtype.kind not in "iu":
        raise ValueError(
            f"{split}_labels must be integers (N, 1) or (N, L). Received: "
            f"{labels.dtype} {labels.shape}"
        )
    if labels.max(initial=0) > np.iinfo(np.int64).max:
        raise ValueError(
            f"{split}_labels has {labels.max()}, which is no class or value"
        )
    labels = labels.astype(np.int64)  # NumPy makes float of uint64 and int64.
    shape, dtype = npy.member_head(archive, f"{split}_images")
    is_image = len(shape) == 3 or (len(shape) == 4 and shape[3] == 3)
    if not is_image or dtype not in (np.uint8, np.uint16):
        raise ValueError(
            f"{split}_images must be (N, H, W) or (N, H, W, 3) of uint8 or "
            f"uint16. Received: {dtype} {shape}"
        )
    if len(labels) != shape[0]:
        raise ValueError(
            f"{split} has {shape[0]:,} images but {len(labels):,} labels"
        )
    return labels
