"""Image files in folders that are called after their classes.

`<split>/<class>/<file>` or `<class>/<file>`, in a directory, a .zip or a
.tar, possibly below wrapping folders that contain nothing else.
"""

import pathlib

from data_prep.sources import fields
from transfusion_tf.data import manifest as manifests
from transfusion_tf.data import stores


def manifest(
    *,
    input,
    name=None,
    task="multiclass",
    classes=None,
    patient_pattern=None,
):
    """Returns the manifest of the directory or archive `input`.

    Args:
        input: path of a directory, .zip or .tar; archives are read in place.
        name: of the data set; None: that of the directory or archive.
        task: "multiclass", or "ordinal" where the classes are 0, 1, ... k.
        classes: names of the folders in the order of the classes, some of
            which may be absent; None: those that are there, sorted.
        patient_pattern: regular expression that finds the patient in a file's
            name, see `fields.patients`; None: patients are not known.

    Raises:
        FileNotFoundError: there is nothing at `input`.
        ValueError: there are no images, or they do not lie in the folders of
            at least two classes.
    """
    import pandas as pd

    if task == "multilabel":
        raise ValueError(
            "In folders an image has one class, so --task=multilabel needs "
            "another source: --source=csv."
        )
    store = stores.open_files(input)
    images = [n for n in store.names() if fields.is_image_name(n)]
    if not images:
        raise ValueError(
            f"{input} has no image files (.jpeg, .png, .dcm, ...). Expected "
            "<split>/<class>/<file> or <class>/<file>."
        )
    table = pd.DataFrame({"image": images})
    splits, labels = _splits_and_classes(images, input)
    table["label"] = labels
    if splits:
        table["split"] = splits
    if classes is None and len(set(labels)) < 2:
        raise ValueError(
            f"{input} has images of one class only: {labels[0]!r}. Expected "
            "<split>/<class>/<file> or <class>/<file>."
        )
    if patient_pattern:
        table["patient"] = fields.patients(images, patient_pattern)
    source = {"kind": "image_folder"}
    if checksum := store.checksum():
        source["sha256"] = checksum
    return manifests.Manifest(
        name or fields.default_name(input),
        task,
        fields.classes_of(labels, task, classes),
        table,
        store,
        source=source,
    )


def _splits_and_classes(images, place):
    """Returns the split (or None) and the class of each image."""
    paths = _unwrapped([pathlib.PurePosixPath(n).parts for n in images])
    first = {path[0] for path in paths if len(path) > 1}
    split_folders = {folder for folder in first if fields.split_of(folder)}
    if split_folders and first != split_folders:
        raise ValueError(
            f"{place} has folders of splits ({_listed(split_folders)}) beside "
            f"others ({_listed(first - split_folders)}). Expected either "
            "<split>/<class>/<file> or <class>/<file> throughout."
        )
    depth = 2 if split_folders else 1
    loose = [
        image
        for image, path in zip(images, paths, strict=True)
        if len(path) <= depth
    ]
    if loose:
        raise ValueError(
            f"{place} has images outside of the folders of classes: "
            f"{manifests.examples(loose)}. Expected <split>/<class>/<file> or "
            "<class>/<file>."
        )
    splits = [fields.split_of(path[0]) for path in paths]
    return (
        splits if split_folders else None,
        [path[depth - 1] for path in paths],
    )


def _unwrapped(paths):
    """Drops leading folders that all `paths` share and that mean nothing."""
    while (
        len({path[0] for path in paths}) == 1
        and not fields.split_of(paths[0][0])
        and all(len(path) > 2 for path in paths)
    ):
        paths = [path[1:] for path in paths]
    return paths


def _listed(folders):
    return manifests.examples(sorted(folders))
