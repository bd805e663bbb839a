"""Probes: how well features alone separate the classes.

    questions = probing.Questions("ordinal", grades, train_columns, columns)
    probed = questions.ask(probing.Linear(), train, test)
    probed.numbers["auc"]["value"], probed.setting

A linear probe is a linear classifier on features that are not trained (Alain
and Bengio 2016, arXiv:1610.01644); a k-NN probe lets the most similar training
images vote (Matsoukas et al. 2022, arXiv:2203.01825).
"""

import dataclasses

import numpy as np

from transfusion_tf.analysis.interventions.linear import Linear as Linear
from transfusion_tf.analysis.interventions.neighbours import (
    Neighbours as Neighbours,
)
from transfusion_tf.data import folds
from transfusion_tf.metrics import components, problems, seed_auc, summary
from transfusion_tf.runs import predictions

NUM_FOLDS = 3
PROBES = (Linear(), Neighbours())


@dataclasses.dataclass(frozen=True)
class Probed:
    """What a probe makes of the features of the test images.

    Attributes:
      scores: (num_images, num_classes) probabilities.
      numbers: the dict of metrics.summary.summarize.
      setting: penalty or number of neighbours, in words.
    """

    scores: np.ndarray
    numbers: dict
    setting: str


class Questions:
    """The labels that probes are fitted to, and scored on.

    Args:
      task: one of names.TASKS.
      classes: names of the classes or labels.
      train_columns, columns: {"id", "patient": (num_images,) str, "label":
        (num_images,) class indices or (num_images, num_labels) of 1, 0 and -1}
        of training and test images; patients are "" where not known.
    """

    def __init__(self, task, classes, train_columns, columns):
        self.task, self.classes = task, tuple(classes)
        self.train_labels = np.asarray(train_columns["label"])
        self.labels = np.asarray(columns["label"])
        self.patients = predictions.known_patients(columns["patient"])
        self.unanswerable = _unlearnable(
            task, self.train_labels, len(self.classes)
        )
        self._fold_of = folds_of(train_columns)

    def ask(self, probe, train, test):
        """Fits a probe to training images, and scores the test images.

        A class, label or threshold of which the training images have only one
        side cannot be learned, so its AUC is undefined, and not that of equal
        scores. Missing labels are left out, each label's on its own.

        Args:
          probe: Linear or Neighbours.
          train, test: (num_images, neurons) features of the images whose
            columns were given.

        Returns:
          Probed.
        """
        fit = self._labels if self.task == "multilabel" else self._classes
        scores, setting = fit(probe, train, test)
        numbers = summary.summarize(
            self.task,
            self.classes,
            self.labels,
            scores,
            groups=self.patients,
            unanswerable=self.unanswerable,
        )
        return Probed(scores, numbers, setting)

    @property
    def metric(self):
        """What the AUC of `arm` is called, as in comparisons of runs."""
        if len(self.classes) == 2 and self.task != "multilabel":
            name = summary.name_of(self.task, self.classes, 1)
            return f"AUC of {name}"
        num = len(self.classes) - (self.task == "ordinal")
        return f"mean AUC of {num}" if num > 1 else f"AUC of {self.classes[0]}"

    def arm(self, scores):
        """The seed_auc.Arm of several networks: the mean of what was learned.

        Args:
          scores: (num_networks, num_images, num_classes), of Probed.
        """
        codes = components.group_codes(self.patients, len(self.labels))
        every, mean = seed_auc.of_task(
            self.task, self.labels, np.asarray(scores), codes
        )
        learned = [a for index, a in every if index not in self.unanswerable]
        if not learned:
            return dataclasses.replace(mean, values=None)
        return seed_auc.mean(learned)

    def counts(self):
        """{column: number} of images and patients; None of unknown ones."""
        patients = self.patients
        return {
            "num_train_images": len(self.train_labels),
            "num_images": len(self.labels),
            "num_patients": None if patients is None else len(set(patients)),
        }

    def _classes(self, probe, train, test):
        every = np.ones(len(train), bool)
        num_classes = len(self.classes)
        return self._fit(
            probe, train, self.train_labels, every, test, num_classes
        )

    def _labels(self, probe, train, test):
        """Each label on its own, over the images in which it is known."""
        scores, settings = [], []
        for labels in self.train_labels.T:
            known = labels != problems.MISSING
            found, setting = self._fit(probe, train, labels, known, test, 2)
            scores.append(found[:, 1])
            settings.append(setting)
        return np.stack(scores, axis=1), "; ".join(dict.fromkeys(settings))

    def _fit(self, probe, train, labels, known, test, num_classes):
        """((num_images, num_classes) scores, 0 of classes never seen, words)"""
        scores = np.zeros((len(test), num_classes))
        seen = np.unique(labels[known])
        if len(seen) < 2:
            scores[:, seen] = 1.0
            return scores, "nothing to learn"
        fold_of = None if self._fold_of is None else self._fold_of[known]
        scores[:, seen], setting = probe.predict(
            train[known], labels[known], test, fold_of=fold_of
        )
        return scores, setting


def folds_of(columns):
    """(num_images,) 1..NUM_FOLDS of training images, or None if too few.

    A patient's images are in one fold, and labels are spread evenly.

    Args:
      columns: as of Questions.
    """
    units = np.where(
        columns["patient"] == "", columns["id"], columns["patient"]
    )
    if len(np.unique(units)) <= NUM_FOLDS:
        return None
    fold_of = np.zeros(len(units), int)
    for fold in range(1, NUM_FOLDS + 1):
        try:
            split = folds.cut(
                columns["id"],
                columns["label"],
                columns["patient"],
                num_folds=NUM_FOLDS,
                fold=fold,
            )
        except ValueError:  # Too few for the val split that it draws as well.
            return None
        fold_of[np.asarray(split) == "test"] = fold
    return fold_of


def _unlearnable(task, labels, num_classes):
    """Indices of the problems that these training labels do not pose."""
    equal = np.full((len(labels), num_classes), 1 / num_classes)
    return [
        problem.index
        for problem in problems.split(task, labels, equal)
        if len(np.unique(problem.labels[problem.keep])) < 2
    ]
