"""The options of sources whose labels are in a CSV file of the user's own."""

import collections.abc
import dataclasses
import functools
import inspect


@dataclasses.dataclass(frozen=True, kw_only=True)
class TableOptions:
    """Which images, and what the columns of their table mean.

    Attributes:
        input: path of a directory, .zip or .tar; archives are read in place.
        labels: path of the CSV file.
        name: of the data set; None: that of the directory or archive.
        task: "multiclass"; "ordinal", label is one of 0, 1, ... k; or
            "multilabel", values are 1, 0 and -1 or empty (missing).
        classes: names in their order, which no label may be outside of; for
            multilabel the columns that are labels. None: the labels found,
            sorted; for multilabel every column that has no other meaning.
        path_column: None: path.
        label_column: None: label. Not for multilabel.
        patient_column: None: patient, if the table has it.
        split_column: None: split, if the table has it.
        patient_pattern: regular expression that finds the patient in the text
            of `patient_column` where that is given, else in the file's name;
            see `fields.patients`.
        extra_columns: names of further columns that the records shall carry.
        encoding: of the table and of file names where they are not UTF-8.
    """

    input: str
    labels: str
    name: str | None = None
    task: str = "multiclass"
    classes: collections.abc.Sequence | None = None
    path_column: str | None = None
    label_column: str | None = None
    patient_column: str | None = None
    split_column: str | None = None
    patient_pattern: str | None = None
    extra_columns: collections.abc.Sequence = ()
    encoding: str | None = None

    @property
    def is_multilabel(self):
        """Whether an image has several labels, a column for each."""
        return self.task == "multilabel"

    @property
    def given_columns(self):
        """{role: column, or None where its name is the role's}."""
        return {
            "path": self.path_column,
            "label": self.label_column,
            "patient": self.patient_column,
            "split": self.split_column,
        }


def taken_by(read):
    """Returns `read(options)` as a function of the options' fields.

    Its signature lists them, so that the flags of its source are known.
    """

    @functools.wraps(read)
    def manifest(**given):
        return read(TableOptions(**given))

    manifest.__signature__ = inspect.signature(TableOptions)
    return manifest
