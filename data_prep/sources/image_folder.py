"""Image files in folders that are called after their classes.

`<split>/<class>/<file>`, `<class>/<split>/<file>` or `<class>/<file>`, in a
directory, a .zip or a .tar, possibly below wrapping folders that contain
nothing else. Folders with the usual names of splits are splits; where other
folders look like splits, an error asks for --split_folders. A folder of the
test split alone gives records without a training split.
"""

import pathlib

from data_prep.sources.common import fields, members, spellings, split_names
from transfusion_tf.data import manifest as manifests
from transfusion_tf.stores import archives

_EXPECTED = "Expected <split>/<class>/<file> or <class>/<file>"


def manifest(
    *,
    input,
    name=None,
    task="multiclass",
    classes=None,
    patient_pattern=None,
    split_folders=None,
    encoding=None,
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
        split_folders: FOLDER:SPLIT for each of the upper folders, or ["none"]
            where they are classes; None: as their names say.
        encoding: of file names that are not UTF-8.

    Raises:
        FileNotFoundError: there is nothing at `input`.
        ValueError: there are no images, or they do not lie in the folders of
            at least two classes.
    """
    if task == "multilabel":
        raise ValueError(
            "In folders an image has one class, so --task=multilabel needs "
            "another source: --source=csv."
        )
    store = archives.open_files(input, encoding)
    table = _table(store, input, split_folders)
    images, labels = list(table["image"]), list(table["label"])
    if classes is None and len(set(labels)) < 2:
        raise ValueError(
            f"{input} has images of one class only: {labels[0]!r}. {_EXPECTED}."
            " --classes names those that are known but have no image here."
        )
    spellings.warn_variants(labels, "classes")
    if patient_pattern is not None:
        table["patient"] = fields.patients(images, patient_pattern)
        spellings.warn_variants(table["patient"], "patients")
    return manifests.Manifest(
        name or fields.default_name(input),
        task,
        fields.classes_of(labels, task, classes),
        table,
        store,
        source=members.source("image_folder", store),
        bad=_unreachable(store, images),
    )


def _table(store, place, split_folders):
    """Returns the columns image, label and maybe split."""
    import pandas as pd

    images = [n for n in store.names() if fields.is_image_name(n)]
    if not images:
        raise ValueError(
            f"{place} has no image files (.jpeg, .png, .dcm, ...). {_EXPECTED}."
        )
    splits, labels = _splits_and_classes(images, place, split_folders)
    table = pd.DataFrame({"image": images, "label": labels})
    return table.assign(split=splits) if splits else table


def _unreachable(store, images):
    """Returns pairs (image, reason) of images that are names and no files."""
    images = set(images)
    return tuple(
        (name, reason)
        for name, reason in dict(store.left_out).items()
        if fields.is_image_name(name) and name not in images
    )


def _splits_and_classes(images, place, split_folders):
    """Returns the split (or None) and the class of each image."""
    paths = [pathlib.PurePosixPath(n).parts for n in images]
    if split_folders is None:
        paths = _unwrapped(paths, split_names.split_of)
        at, split_of = _recognised(paths, place)
    else:
        given = split_names.given(split_folders)
        paths = _unwrapped(paths, given.get)
        at, split_of = 0 if given else None, given
        others = {path[0] for path in paths if len(path) > 1} - given.keys()
        if given and others:
            raise ValueError(
                f"--split_folders has no split for {_listed(others)} of "
                f"{place}; it has {_listed(given)}."
            )
    depth = 1 if at is None else 2
    loose = [
        image
        for image, path in zip(images, paths, strict=True)
        if len(path) <= depth
    ]
    if loose:
        raise ValueError(
            f"{place} has images outside of the folders of classes: "
            f"{manifests.examples(loose)}. {_EXPECTED}."
        )
    if at is None:
        return None, [path[0].strip() for path in paths]
    return (
        [split_of[path[at]] for path in paths],
        [path[1 - at].strip() for path in paths],
    )


def _recognised(paths, place):
    """Returns where the split stands in `paths`, 0, 1 or None, and {its name:
    split}.
    """
    folders = {}
    for path in paths:
        if len(path) > 1:
            inner = folders.setdefault(path[0], set())
            if len(path) > 2:
                inner.add(path[1])
    top = _splits_among(folders, place)
    if top:
        return 0, top
    inner = set().union(*folders.values())
    if all(len(path) > 2 for path in paths):
        below = {name: split_names.split_of(name) for name in inner}
        if None not in below.values() and len(set(below.values())) > 1:
            return 1, below
        _ask(folders, place)
    return None, {}


def _splits_among(folders, place):
    """Returns {folder: split} if all are splits, {} if none is."""
    found = {name: split_names.split_of(name) for name in folders}
    splits = {name: split for name, split in found.items() if split}
    if splits and len(splits) < len(found):
        raise ValueError(
            f"{place} has folders of splits ({_listed(splits)}) beside "
            f"others ({_listed(found.keys() - splits.keys())}). {_EXPECTED} "
            "throughout; --split_folders says which folder is which split, or "
            "none where all are classes."
        )
    if len(set(splits.values())) < len(splits):
        raise ValueError(
            f"{place} has several folders for one split: {_listed(splits)}. "
            "--split_folders=FOLDER:SPLIT,... says which is which."
        )
    return splits


def _ask(folders, place):
    """Raises ValueError for folders that may be splits of other names.

    All have the same folders in them, or one has those of all.
    """
    most = max(folders.values(), key=len)
    are_alike = all(inner <= most for inner in folders.values())
    if are_alike and len(folders) > 1 and len(most) > 1:
        shown = [f"{name}:SPLIT" for name in sorted(folders)]
        shown = [*shown[:3], "..."] if len(shown) > 3 else shown
        raise ValueError(
            f"{place} has the same folders ({_listed(most)}) in each of "
            f"{_listed(folders)}. If the latter are splits (train, val, test), "
            f"give --split_folders={','.join(shown)}; if they are classes, "
            "--split_folders=none."
        )


def _unwrapped(paths, split_of):
    """Drops leading folders that all `paths` share and that mean nothing."""
    while (
        len({path[0] for path in paths}) == 1
        and not split_of(paths[0][0])
        and all(len(path) > 2 for path in paths)
    ):
        paths = [path[1:] for path in paths]
    return paths


def _listed(folders):
    return manifests.examples(sorted(folders))
