"""Scores of a network on a split, and the CSV that keeps them."""

import csv
import dataclasses

import numpy as np

from transfusion_tf import files


@dataclasses.dataclass(frozen=True)
class Predictions:
    """What a network says of a split.

    Attributes:
      ids: (N,) str.
      patients: (N,) str, or None where the records have no patients.
      labels: (N,) int64, or (N, num_labels) in {1, 0, -1}.
      scores: (N, num_outputs) float32 probabilities.
    """

    ids: np.ndarray
    patients: np.ndarray | None
    labels: np.ndarray
    scores: np.ndarray

    def __len__(self):
        return len(self.ids)


def known_patients(patients):
    """`patients` (N,) str, or None where one is empty: not known."""
    return patients if (patients != "").all() else None


def write(path, predictions, classes):
    """Writes id, patient, label(s) and a score for each of `classes`.

    Args:
      path: the CSV.
      predictions: Predictions.
      classes: names of the outputs, in order.
    """
    labels = predictions.labels.reshape(len(predictions), -1)
    patients = predictions.patients
    if patients is None:
        patients = [""] * len(predictions)
    with files.atomic_write(path) as temporary:
        with temporary.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream)
            names = ["label"]
            if predictions.labels.ndim == 2:
                names = [f"label_{name}" for name in classes]
            scores = [f"score_{name}" for name in classes]
            writer.writerow(["id", "patient", *names, *scores])
            for name, patient, label, score in zip(
                predictions.ids,
                patients,
                labels,
                predictions.scores,
                strict=True,
            ):
                # Nine digits tell any two float32 apart.
                row = (format(value, ".9g") for value in score)
                writer.writerow([name, patient, *label, *row])


def read(path):
    """Returns (Predictions, classes) of a CSV that `write` has written.

    Raises:
      ValueError: columns are missing, or the file is damaged.
    """
    try:
        return _read(path)
    # A file that is no table, or no numbers where they should be.
    except (ValueError, csv.Error) as error:
        raise ValueError(f"{path} holds no predictions: {error}") from None


def _read(path):
    with open(path, newline="", encoding="utf-8") as stream:
        header, *rows = csv.reader(stream, strict=True) or [[]]
    table = np.array(rows, dtype=str).reshape(len(rows), len(header))
    of_scores = [c for c in header if c.startswith("score_")]
    of_labels = [c for c in header if c.split("_")[0] == "label"]
    if header[:2] != ["id", "patient"] or not of_scores or not of_labels:
        raise ValueError(
            f"{path} has the columns {', '.join(header)}; predictions have id, "
            "patient, label(s) and score_<class>."
        )

    def columns(names):
        return table[:, [header.index(name) for name in names]]

    labels = columns(of_labels).astype(np.int64)
    predictions = Predictions(
        ids=table[:, 0],
        patients=known_patients(table[:, 1]),
        labels=labels[:, 0] if of_labels == ["label"] else labels,
        scores=columns(of_scores).astype(np.float32),
    )
    return predictions, tuple(c.removeprefix("score_") for c in of_scores)
