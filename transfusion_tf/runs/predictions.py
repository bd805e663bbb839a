"""Scores of a network on a split, and the CSV that keeps them."""

import collections.abc
import dataclasses

import numpy as np
import pandas as pd

from transfusion_tf import tables
from transfusion_tf.data.carried import EXTRA


@dataclasses.dataclass(frozen=True)
class Predictions:
    """What a network says of a split.

    Attributes:
      ids: (N,) str.
      patients: (N,) str, or None where the records have no patients.
      labels: (N,) int64, or (N, num_labels) in {1, 0, -1}.
      scores: (N, num_outputs) float32 probabilities.
      extra: {column that the records carry: (N,) str}.
    """

    ids: np.ndarray
    patients: np.ndarray | None
    labels: np.ndarray
    scores: np.ndarray
    extra: collections.abc.Mapping = dataclasses.field(default_factory=dict)

    def __len__(self):
        return len(self.ids)

    def taken(self, chosen):
        """The Predictions of some images.

        Args:
          chosen: (N,) bool, or indices in the order wanted.
        """
        patients = self.patients
        return Predictions(
            ids=self.ids[chosen],
            patients=None if patients is None else patients[chosen],
            labels=self.labels[chosen],
            scores=self.scores[chosen],
            extra={name: part[chosen] for name, part in self.extra.items()},
        )


def known_patients(patients):
    """`patients` (N,) str, or None where one is empty: not known."""
    return patients if (patients != "").all() else None


def write(path, predictions, classes):
    """Writes id, patient, label(s), a score for each of `classes`, the rest.

    Args:
      path: the CSV.
      predictions: Predictions.
      classes: names of the outputs, in order.
    """
    count, patients = len(predictions), predictions.patients
    names = ["label"]
    if predictions.labels.ndim == 2:
        names = [f"label_{name}" for name in classes]
    table = pd.DataFrame(
        {
            "id": predictions.ids,
            "patient": [""] * count if patients is None else patients,
        },
        dtype=object,
    )
    table[names] = predictions.labels.reshape(count, -1)
    for name, scores in zip(classes, predictions.scores.T, strict=True):
        # Nine digits distinguish any two float32.
        table[f"score_{name}"] = [format(value, ".9g") for value in scores]
    for name, values in predictions.extra.items():
        table[EXTRA + name] = values.astype(object)
    tables.write(path, table, line_end="\r\n")


def read(path):
    """Returns (Predictions, classes) of a CSV that `write` has written.

    Raises:
      ValueError: columns are missing, or the file is damaged.
    """
    try:
        return _read(path)
    # A file that is no table, or no numbers where they should be.
    except ValueError as error:
        raise ValueError(f"{path} holds no predictions: {error}") from None


def _read(path):
    table = tables.read_text(path)
    header = list(table)
    of_scores = [c for c in header if c.startswith("score_")]
    of_labels = [c for c in header if c.split("_")[0] == "label"]
    if header[:2] != ["id", "patient"] or not of_scores or not of_labels:
        raise ValueError(
            f"{path} has the columns {', '.join(header)}; predictions have id, "
            "patient, label(s) and score_<class>."
        )
    labels = table[of_labels].to_numpy(str).astype(np.int64)
    predictions = Predictions(
        ids=table["id"].to_numpy(str),
        patients=known_patients(table["patient"].to_numpy(str)),
        labels=labels[:, 0] if of_labels == ["label"] else labels,
        scores=table[of_scores].to_numpy(str).astype(np.float32),
        extra={
            name.removeprefix(EXTRA): table[name].to_numpy(str)
            for name in header
            if name.startswith(EXTRA)
        },
    )
    return predictions, tuple(c.removeprefix("score_") for c in of_scores)
