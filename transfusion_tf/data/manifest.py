"""The manifest: a table with one row per image of a raw data set.

Columns of the table:
  image    what the manifest's store reads: a path, an archive member, ...
  label    class name; multilabel has instead one column for each label, with
           1, 0 and -1 (missing)
  patient  optional; any text that is the same for one patient's images
  split    optional: train, val or test
Further columns reach the records only when `extra_columns` names them.
"""

import collections.abc
import dataclasses
import re
import typing

import numpy as np
import pandas as pd

from transfusion_tf import names
from transfusion_tf.data import member_names

RESERVED = ("image", "label", "labels", "id", "patient", "split")
MULTILABEL_VALUES = names.MULTILABEL_VALUES
_NAMED = 3  # Values that a message shows.
# A grade: Python's \d has the digits of all scripts, and int() takes 4,300.
_GRADE = re.compile(r"[0-9]{1,18}")


@dataclasses.dataclass(frozen=True)
class Manifest:
    """A raw data set: what it is called, its labels, its rows, its images.

    Attributes:
        name: of the data set; lower-case letters, digits and underscores.
        task: one of `names.TASKS`.
        classes: class names, or label names of multilabel, in their order.
        table: pandas.DataFrame as the module describes.
        store: picklable; `read(image)` returns the bytes of an image file or
            an array (H, W) or (H, W, 3) of uint8 or uint16.
        extra_columns: columns of the table that the records carry as text.
        source: what the images came from (kind, checksums), and what was
            chosen of them; never a path.
        bad: pairs (image, reason) of images that the source knows not to be
            usable, and that the table does not have: without a label, absent.
        rows: {image: row} of the user's own table of labels, counted as
            spreadsheets do; mapping or pandas.Series. For quarantine.csv.
    """

    name: str
    task: str
    classes: tuple[str, ...]
    table: pd.DataFrame
    store: typing.Any
    extra_columns: tuple[str, ...] = ()
    source: collections.abc.Mapping = dataclasses.field(default_factory=dict)
    bad: tuple[tuple[str, str], ...] = ()
    rows: typing.Any = dataclasses.field(default_factory=dict)

    @property
    def label_columns(self):
        """The column `label`, or one column for each label of multilabel."""
        return self.classes if self.task == "multilabel" else ("label",)

    @property
    def has_patients(self):
        """Whether the patient of every image is known."""
        return "patient" in self.table

    def check(self):
        """Raises ValueError unless the manifest is complete and consistent."""
        _check_name(self.name)
        names.check("task", self.task, names.TASKS)
        _check_columns(self)
        _check_classes(self)
        _check_labels(self)
        if "split" in self.table:
            _check_splits(self.table)
        if self.has_patients:
            _check_filled(self.table, "patient")

    def label_codes(self):
        """Returns labels as int64: class indices (N,), or (N, num_labels)."""
        if self.task == "multilabel":
            return self.table[list(self.classes)].to_numpy(np.int64)
        return pd.Index(self.classes).get_indexer(self.table["label"])


def default_name(text):
    """Turns `text` (a file's stem, say) into a name that a manifest takes."""
    name = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
    return (
        name if names.DATA_SET.fullmatch(name) else f"data_{name}".rstrip("_")
    )


def grade_classes(labels):
    """Returns the names of ordinal classes, "0" to the highest of `labels`.

    Raises ValueError unless `labels` (text) are the integers 0..k, all used.
    """
    found = sorted(set(labels))
    wrong = [label for label in found if not _GRADE.fullmatch(label)]
    if wrong:
        raise ValueError(
            f"Task 'ordinal' takes the grades 0, 1, ... k as labels. Received "
            f"{examples(wrong)}. Change them, or use --task=multiclass."
        )
    highest = max(map(int, found))
    # Few more than there are labels: the highest may be any number.
    most = min(highest + 1, len(found) + _NAMED)
    grades = tuple(str(grade) for grade in range(most))
    unused = [grade for grade in grades if grade not in found][:_NAMED]
    if unused:
        raise ValueError(
            f"Task 'ordinal' takes the grades 0 to k without a gap. No image "
            f"has {examples(unused)}; the highest is {highest}. Renumber them, "
            "or use --task=multiclass."
        )
    return grades


def sorted_classes(labels):
    """Returns the different `labels` sorted, as numbers where all are."""
    found = sorted(set(labels))
    if all(_GRADE.fullmatch(label) for label in found):
        found.sort(key=int)
    return tuple(found)


def counts(manifest):
    """Returns {split: {class: number of images}}; of a label, its ones.

    Needs the column `split`; splits come in the order of `names.SPLITS`.
    """
    codes = manifest.label_codes()
    if manifest.task != "multilabel":
        codes = codes[:, None] == np.arange(len(manifest.classes))
    ones = pd.DataFrame(codes == 1, columns=list(manifest.classes))
    sums = ones.groupby(manifest.table["split"].to_numpy()).sum()
    return {
        split: {name: int(n) for name, n in sums.loc[split].items()}
        for split in names.SPLITS
        if split in sums.index
    }


def check_classes_of_train(manifest):
    """Raises ValueError if val or test have a class that train lacks.

    Such a class cannot be learned. Needs the column `split`.
    """
    found = counts(manifest)
    learned = found.pop("train", None)
    if learned is None:
        return  # A test split alone; or reported where splits are completed.
    for split, numbers in found.items():
        unknown = [n for n in numbers if numbers[n] and not learned[n]]
        if unknown:
            raise ValueError(
                f"The {split} split has images of classes that the train "
                f"split lacks: {examples(unknown)}. Take them out, or draw "
                "new splits (--splits=grouped where patients are known, else "
                "without the given splits)."
            )


def examples(values, *, most=_NAMED):
    """Returns the first of `values` as text, and how many more there are."""
    values = list(values)
    shown = ", ".join(repr(str(value)) for value in values[:most])
    more = len(values) - most
    return f"{shown} and {more:,} more" if more > 0 else shown


def _check_name(name):
    if not names.DATA_SET.fullmatch(name):
        raise ValueError(
            f"A data set's name is made of a-z, 0-9 and _, and starts with a "
            f"letter. Received {name!r}; give another with --name."
        )


def _check_columns(manifest):
    wanted = ("image", *manifest.label_columns, *manifest.extra_columns)
    missing = [column for column in wanted if column not in manifest.table]
    if missing:
        raise ValueError(
            f"The manifest has no column {examples(missing)}; it has "
            f"{', '.join(map(str, manifest.table.columns))}."
        )
    taken = set(manifest.extra_columns) & {*RESERVED, *manifest.classes}
    if taken:
        raise ValueError(
            f"Extra columns cannot be called {examples(sorted(taken))}: the "
            "records use these names. Rename them."
        )
    if manifest.table.empty:
        raise ValueError("The manifest names no image.")
    image = manifest.table["image"]
    if image.duplicated().any():
        raise ValueError(
            "Images stand in the manifest more than once: "
            f"{examples(image[image.duplicated()].unique())}."
        )
    both = image[image.isin([name for name, _ in manifest.bad])]
    if len(both):
        raise ValueError(
            f"Images are in the table and among the bad ones: {examples(both)}."
        )


def _check_classes(manifest):
    _check_words((*manifest.classes, *manifest.extra_columns))
    fewest = 1 if manifest.task == "multilabel" else 2
    if len(set(manifest.classes)) != len(manifest.classes):
        raise ValueError(f"Classes repeat: {', '.join(manifest.classes)}.")
    if len(manifest.classes) < fewest:
        raise ValueError(
            f"Task {manifest.task!r} needs at least {fewest} classes. "
            f"Received {examples(manifest.classes) or 'none'}."
        )
    taken = set(manifest.classes) & set(RESERVED)
    if manifest.task == "multilabel" and taken:
        raise ValueError(
            f"Labels cannot be called {examples(sorted(taken))}: the records "
            "use these names. Rename them."
        )


def _check_words(words):
    """Raises ValueError for names that label.labels.txt cannot hold.

    It has one on each line, and tensorflow_datasets strips them.
    """
    wrong = member_names.control_characters(words)
    wrong += [word for word in words if word != word.strip() or not word]
    if wrong:
        raise ValueError(
            "Names of classes and columns have no control characters, no line "
            "ends and no spaces around them, and are not empty. Received: "
            f"{examples(map(repr, wrong))}. Rename them."
        )


def _check_labels(manifest):
    codes = manifest.label_codes()
    if manifest.task == "multilabel":
        bad = ~np.isin(codes, MULTILABEL_VALUES).all(axis=1)
        allowed = "1, 0 or -1 (missing)"
    else:
        bad = codes < 0
        allowed = ", ".join(manifest.classes)
    if bad.any():
        rows = manifest.table[["image", *manifest.label_columns]][bad]
        shown = [
            f"{image}: {', '.join(map(str, labels))}"
            for image, *labels in rows.to_numpy()
        ]
        raise ValueError(
            f"{bad.sum():,} images have a label that task {manifest.task!r} "
            f"does not allow: {examples(shown)}. "
            f"Allowed: {allowed}."
        )


def _check_splits(table):
    bad = ~table["split"].isin(names.SPLITS)
    if bad.any():
        raise ValueError(
            f"A split is one of {', '.join(names.SPLITS)}. Received "
            f"{examples(table.loc[bad, 'split'].unique())}."
        )


def _check_filled(table, column):
    empty = table[column].isna() | (table[column].astype(str).str.strip() == "")
    if empty.any():
        raise ValueError(
            f"{empty.sum():,} images have no {column}: "
            f"{examples(table.loc[empty, 'image'])}. Fill all rows, or leave "
            "the column out."
        )
