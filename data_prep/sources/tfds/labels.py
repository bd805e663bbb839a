"""Labels of a data set of tensorflow_datasets, for its manifest."""

import typing

import numpy as np

from data_prep.sources.common import fields, uncertain_labels
from transfusion_tf.data import manifest as manifests


class Labels(typing.NamedTuple):
    """What becomes of the labels of a data set.

    Attributes:
        task: task kind.
        classes: names of the classes.
        columns: {column of the manifest's table: array (num_images,)}.
        are_there: bool (num_images,), which images have a label.
        for_card: {name: what the data card says of it}.
    """

    task: str
    classes: tuple
    columns: dict
    are_there: np.ndarray
    for_card: dict


def check(reader, task, uncertain, blank):
    """Refuses a task or policies that a reader has no use for.

    Raises:
        ValueError: one of them.
    """
    for flag, value in (("uncertain", uncertain), ("blank", blank)):
        if value is not None and reader.kind != "coded":
            raise ValueError(
                f"--{flag} goes with labels that are positive, negative, "
                f"uncertain or unmentioned; the feature {reader.key!r} is not "
                "of these."
            )
    if reader.kind != "coded":
        _checked_task(task, reader)


def of_images(reader, values, task, classes, uncertain, blank):
    """Returns the Labels of images.

    Args:
        reader: of `tfds_features.label_reader`.
        values: of the labels' feature, one list of int an image.
        task: that of the manifest, or None.
        classes: names of classes, or None, see `tfds_records.manifest`.
        uncertain: see there.
        blank: see there.

    Raises:
        ValueError: they do not go together.
    """
    if reader.kind == "coded":
        labels, states = reader.columns(values, classes)
        policy = uncertain_labels.policy(labels, uncertain, blank or "missing")
        task = _checked_task(task, reader, policy.task)
        of_codes = policy.columns(states)
        return Labels(task, policy.classes, *of_codes, policy.for_card())
    task = _checked_task(task, reader)
    if reader.several:
        classes, codes = reader.columns(values, classes)
        of_class = dict(zip(classes, codes.T, strict=True))
        return Labels(task, classes, of_class, (codes != -1).any(axis=1), {})
    label, classes, labelled = _classes(reader, values, task, classes)
    return Labels(task, classes, label, labelled, {})


def _classes(reader, values, task, classes):
    """Returns the column label, the classes, and which rows have a label."""
    labels, labelled = reader.names(values)
    if classes is None:
        is_grade = task == "ordinal"
        grades = manifests.grade_classes
        classes = grades(reader.classes) if is_grade else reader.classes
    classes = fields.classes_of(labels[labelled], task, classes)
    return {"label": labels}, classes, labelled


def _checked_task(task, reader, of_codes=None):
    """Returns the task; `of_codes` is that of a policy for codes."""
    allowed = ("multilabel",) if reader.several else ("multiclass", "ordinal")
    if of_codes:
        allowed = (of_codes,)
    if task is not None and task not in allowed:
        raise ValueError(
            f"--task={task} does not go with the feature {reader.key!r}, "
            f"which is for {' or '.join(allowed)}."
        )
    return task or allowed[0]
