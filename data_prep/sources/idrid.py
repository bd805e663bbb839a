"""Fundus photographs with grades of retinopathy: IDRiD (Porwal et al. 2018).

The folder "B. Disease Grading" of the Indian Diabetic Retinopathy Image
Dataset (doi:10.21227/H25W98): the photographs, and a table of grades 0-4 for
each of the two official splits.

The data set names no patients. Two thirds of its JPEG files carry a number in
their comment, which is taken as the patient: images that share one mostly
show the two eyes of a person. It is the number of an examination and not of a
person, so it is a lower bound of what belongs together: who came twice has
two. An image without a number is taken as a patient of its own, for want of
knowledge. The records hold neither the number nor the file's name.
"""

import re

from data_prep.sources.common import fields, members, tables
from transfusion_tf.data import manifest as manifests
from transfusion_tf.images import jpeg_parts
from transfusion_tf.stores import archives

CLASSES = ("0", "1", "2", "3", "4")
_TABLES = {
    "train": "2. Groundtruths/a. IDRiD_Disease Grading_Training Labels.csv",
    "test": "2. Groundtruths/b. IDRiD_Disease Grading_Testing Labels.csv",
}
_FOLDERS = {
    "train": "1. Original Images/a. Training Set/",
    "test": "1. Original Images/b. Testing Set/",
}
_NAME, _GRADE = "Image name", "Retinopathy grade"
# In the archive the numbers have 7 to 12 digits.
_NUMBER = re.compile(rb"(?<!\d)\d{7,12}(?!\d)")


def manifest(*, input, name="idrid"):
    """Returns the manifest of the directory or archive `input`.

    Reads all images for the numbers in their comments.

    Args:
        input: path of a directory, .zip or .tar, read in place, that has the
            folder "B. Disease Grading" or what is in it, at any depth.
        name: of the data set.

    Raises:
        FileNotFoundError: there is nothing at `input`.
        ValueError: a table is missing, or its rows, images and grades do not
            go together.
    """
    import pandas as pd

    store = archives.open_files(input)
    names = members.names_in(store)
    root = _root(names, input)
    parts = [_split(split, names, root, store, input) for split in _TABLES]
    table = pd.concat(parts, ignore_index=True)
    table["patient"] = [_patient(image, store) for image in table["image"]]
    source = members.source("idrid", store)
    return manifests.Manifest(
        name, "ordinal", CLASSES, table, store, source=source
    )


def _root(names, place):
    """Returns the folder (with /, or "") that has both tables."""
    roots = {
        split: [
            n.removesuffix(end) for n in names if f"/{n}".endswith(f"/{end}")
        ]
        for split, end in _TABLES.items()
    }
    for split, found in roots.items():
        if len(found) != 1 or found != roots["train"]:
            raise ValueError(
                f"{place} must have one table {_TABLES[split]!r}, beside the "
                f"other one. Received: {len(found)}. Give the folder "
                '"B. Disease Grading" of IDRiD, or its archive.'
            )
    return roots["train"][0]


def _split(split, names, root, store, place):
    """Returns the rows of one official split: image, label, split."""
    rows = _read(root + _TABLES[split], store)
    folder = root + _FOLDERS[split]
    images = {
        n.removeprefix(folder).rpartition(".")[0]: n
        for n in names
        if n.startswith(folder) and fields.is_image_name(n)
    }
    pairs = {
        "rows without an image": [n for n in rows[_NAME] if n not in images],
        "images without a row": sorted(images.keys() - set(rows[_NAME])),
        "rows with a name that stood before": rows[_NAME][
            rows[_NAME].duplicated()
        ].tolist(),
    }
    for what, wrong in pairs.items():
        if wrong:
            raise ValueError(
                f"{place}: {folder!r} and {root + _TABLES[split]!r} do not go "
                f"together, there are {len(wrong):,} {what}: "
                f"{manifests.examples(wrong)}."
            )
    rows = rows.rename(columns={_GRADE: "label"})
    rows["image"] = rows[_NAME].map(images)
    return rows[["image", "label"]].assign(split=split)


def _read(table, store):
    """Returns the columns of name and grade, as text, of a table."""
    found = tables.parse(table, tables.data_of(table, store))
    rows = tables.columns(found, _NAME, _GRADE)
    wrong = ~rows[_GRADE].isin(CLASSES)
    if wrong.any():
        shown = [": ".join(row) for row in rows[wrong].to_numpy()]
        raise ValueError(
            f"{table} has grades that are not allowed in {wrong.sum():,} "
            f"rows: {manifests.examples(shown)}. Allowed: "
            f"{', '.join(CLASSES)}."
        )
    return rows


def _patient(image, store):
    """Returns the number in the comments of `image`, else its own name."""
    try:
        comments = jpeg_parts.comments(store.read(image))
    except ValueError:
        return image  # Damaged: the conversion itself reports it.
    numbers = [m[0].decode() for c in comments if (m := _NUMBER.search(c))]
    return numbers[0] if numbers else image
