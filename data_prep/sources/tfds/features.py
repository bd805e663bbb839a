"""Splits and features of a data set that tensorflow_datasets has prepared."""

import dataclasses
import pathlib

import numpy as np

from data_prep.sources.common import fields, uncertain_labels
from data_prep.sources.tfds import guard
from transfusion_tf.data import manifest as manifests


@dataclasses.dataclass(frozen=True)
class Info:
    """A prepared data set: {split: (paths of files, number of examples)}."""

    name: str
    version: str
    features: dict
    splits: dict[str, tuple[list[str], int]]


@dataclasses.dataclass(frozen=True)
class LabelReader:
    """How labels are kept.

    Attributes:
        key: the feature.
        kind: "class"; "listed", the classes of an image; "coded", a code for
            each label; "values", a value for each label.
        classes: names of the classes (class, listed), of the codes (coded),
            or None.
        labels: names of the labels (coded, values) if known, else None.
    """

    key: str
    kind: str
    classes: tuple[str, ...] | None
    labels: tuple[str, ...] | None

    @property
    def several(self):
        """Whether an image has several labels."""
        return self.kind != "class"

    def names(self, values):
        """Returns class names (N,) of numbers, and whether there is one."""
        if any(len(value) != 1 for value in values):
            raise ValueError(
                f"The feature {self.key!r} must have one class for each image."
            )
        numbers = np.array([value[0] for value in values])
        self._check_codes(numbers, lowest=-1)
        # -1 is what ClassLabel keeps where there is no label.
        return np.array(self.classes)[numbers], numbers >= 0

    def columns(self, values, chosen):
        """Returns names of labels, and their values as int8 (N, num_labels).

        Values are 1, 0 or -1; for "coded" indices into
        `uncertain_labels.STATES`.

        Args:
            values: lists of int, as they are kept.
            chosen: names to take, in order; or all names where the data set
                has none; None: all, called label_0, ... if need be.

        Raises:
            ValueError: numbers of labels, or names, do not fit.
        """
        codes = self._codes(values)
        labels = self.classes if self.kind == "listed" else self.labels
        if labels is None:
            labels = chosen or [f"label_{i}" for i in range(codes.shape[1])]
        if len(labels) != codes.shape[1]:
            raise ValueError(
                f"The feature {self.key!r} has {codes.shape[1]} labels for "
                f"each image, and there are {len(labels)} names for them: "
                f"{', '.join(labels)}. Give all with --classes."
            )
        chosen = fields.chosen_labels(chosen or labels, labels)
        return chosen, codes[:, [labels.index(name) for name in chosen]]

    def _codes(self, values):
        if self.kind == "listed":
            codes = np.zeros((len(values), len(self.classes)), np.int8)
            for row, listed in zip(codes, values, strict=True):
                self._check_codes(np.array(listed, np.int64))
                row[listed] = 1
            return codes
        widths = sorted({len(value) for value in values})
        if len(widths) > 1:
            raise ValueError(
                f"The feature {self.key!r} has different numbers of labels: "
                f"{widths[0]} to {widths[-1]}."
            )
        codes = np.array(values)
        if self.kind == "coded":
            # By name: chexpert.py has uncertain 0, positive 1, negative 2.
            self._check_codes(codes)
            states = [uncertain_labels.STATES.index(n) for n in self.classes]
            return np.array(states, np.int8)[codes]
        wrong = ~np.isin(codes, manifests.MULTILABEL_VALUES)
        if wrong.any():
            raise ValueError(
                f"The feature {self.key!r} must have 1, 0 or -1 (missing) for "
                f"each label. Received: {codes[wrong][0]}."
            )
        return codes.astype(np.int8)

    def _check_codes(self, codes, lowest=0):
        """Raises ValueError for numbers that stand for no class."""
        wrong = codes[(codes < lowest) | (codes >= len(self.classes))]
        if len(wrong):
            raise ValueError(
                f"The feature {self.key!r} has the number {wrong[0]}, and "
                f"classes from 0 to {len(self.classes) - 1}."
            )


def info(place, data_dir):
    """Returns the Info of the data set at `place`, or so called in data_dir.

    Raises:
        FileNotFoundError: there is none.
        ValueError: there are several, or it is not kept as TFRecord.
    """
    folder = _version_dir(place, data_dir)
    guard.check_features(folder / guard.FEATURES)
    import tensorflow_datasets as tfds
    from google.protobuf import json_format

    # What it raises for a damaged description is not documented.
    of_damage = ValueError, LookupError, TypeError, AttributeError, OSError
    try:
        found = tfds.builder_from_directory(folder).info
    except (json_format.ParseError, *of_damage) as error:
        reason = " ".join(str(error).split())
        raise ValueError(
            f"{folder} is not a data set of tensorflow_datasets ({reason})."
        ) from None
    if found.file_format is not tfds.core.FileFormat.TFRECORD:
        raise ValueError(
            f"{folder} is kept as {found.file_format.value}. Prepare it as "
            "tfrecord, which is the default of tensorflow_datasets."
        )
    splits = {
        name: (guard.files_of(split, folder), split.num_examples)
        for name, split in found.splits.items()
    }
    features = dict(sorted(found.features.items()))
    return Info(found.name, str(found.version), features, splits)


def image_key(features):
    """Returns the name of the feature that is the image."""
    import tensorflow_datasets as tfds

    found = [
        key
        for key, feature in features.items()
        if isinstance(feature, tfds.features.Image)
    ]
    if "image" in found:
        found = ["image"]
    if len(found) != 1:
        raise ValueError(
            f"There must be one feature that is an image, or one called "
            f"image. Received {manifests.examples(found) or 'none'} of "
            f"{', '.join(features)}."
        )
    dtype = np.dtype(features[found[0]].np_dtype)
    if dtype not in (np.uint8, np.uint16):
        raise ValueError(
            f"The image {found[0]!r} must have 8 or 16 bits. Received: {dtype}."
        )
    return found[0]


def label_reader(features, key, labels):
    """Returns the LabelReader of the feature `key`.

    Args:
        features: {name: feature}.
        key: None: label, or labels.
        labels: names of the labels where the data set has codes, or None.

    Raises:
        ValueError: there is no such feature, or it has no labels.
    """
    import tensorflow_datasets as tfds

    if key is None:
        key = next((k for k in ("label", "labels") if k in features), "label")
    check_is_there(features, key, "label")
    feature = features[key]
    one = getattr(feature, "feature", None)
    if isinstance(feature, tfds.features.ClassLabel):
        return LabelReader(key, "class", guard.class_names(feature), None)
    if isinstance(one, tfds.features.ClassLabel):
        names = guard.class_names(one)
        is_coded = set(names) <= set(uncertain_labels.STATES)
        kind = "coded" if is_coded else "listed"
        return LabelReader(key, kind, names, labels)
    is_array = feature.shape is not None and len(feature.shape) == 1
    if is_array and np.dtype(feature.np_dtype).kind in "iub":
        return LabelReader(key, "values", None, labels)
    raise ValueError(
        f"The feature {key!r} must be a ClassLabel, a Sequence of it, or a "
        f"row of integers. Received: {feature}. --label_column names another."
    )


def check_is_there(features, key, role):
    """Raises ValueError unless there is a feature `key`."""
    if key not in features:
        raise ValueError(
            f"There is no feature {key!r}, as --{role}_column has it; there "
            f"are {', '.join(features)}."
        )


def _version_dir(place, data_dir):
    """Returns the directory with features.json at or below `place`."""
    top = pathlib.Path(place)
    if data_dir is not None:
        if top.is_absolute() or ".." in top.parts:
            raise ValueError(
                f"With --data_dir the --input is a name. Received: {place}."
            )
        top = pathlib.Path(data_dir, str(place).replace(":", "/"))
    if not top.is_dir():
        raise FileNotFoundError(
            f"There is no directory {top}. A data set's name needs --data_dir, "
            "the directory of prepared data sets."
        )
    # Above a version there may be a configuration, and the name.
    for depth in ("", "*/", "*/*/"):
        found = sorted(top.glob(f"{depth}{guard.FEATURES}"))
        if len(found) > 1:
            raise ValueError(
                f"{top} has several versions of a data set: "
                f"{manifests.examples(path.parent for path in found)}. Give "
                "one of them."
            )
        if found:
            return found[0].parent
    raise FileNotFoundError(
        f"{top} has no data set of tensorflow_datasets: no features.json. "
        "Prepare it with builder.download_and_prepare()."
    )
