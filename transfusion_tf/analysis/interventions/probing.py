"""Probes: how well features alone separate the classes.

    questions = probing.Questions("ordinal", grades, train_columns, columns)
    probed = questions.ask(probing.Linear(), train, test)
    probed.numbers["auc"]["value"], probed.setting

A linear probe is a linear classifier on features that are not trained (Alain
and Bengio 2016, arXiv:1610.01644); a k-NN probe lets the most similar training
images vote (Matsoukas et al. 2022, arXiv:2203.01825).
"""

import dataclasses
import warnings

import numpy as np

from transfusion_tf.data import folds
from transfusion_tf.metrics import problems, summary
from transfusion_tf.runs import predictions

# Of the sum of the losses (scikit-learn's 1 / C), the strongest first.
PENALTIES = (1e4, 1e3, 1e2, 1e1, 1.0, 0.1)
# Where there are too few patients to choose another one: scikit-learn's.
DEFAULT_PENALTY = 1.0
NUM_FOLDS = 3
MAX_NEIGHBOURS = 200  # Matsoukas et al. 2022.
NEIGHBOUR_SHARE = 0.1  # Of the training images, where they are few.
# Of the votes, as Wu et al. 2018 (arXiv:1805.01978) weigh them.
TEMPERATURE = 0.07
_MAX_ITERATIONS = 1000
_TEST_IMAGES_AT_ONCE = 1024


@dataclasses.dataclass(frozen=True, kw_only=True)
class Linear:
    """Logistic regression on standardized features, multinomial, by L-BFGS.

    The L2 penalty is the one of `penalties` with the smallest cross-entropy on
    folds of the training images that it was not fitted on; images of a patient
    are in one fold.

    Attributes:
      penalties: lambda of sum(losses) + lambda / 2 |weights|^2, strongest
        first; a single one is taken as it is.
    """

    penalties: tuple[float, ...] = PENALTIES
    name = "linear"

    def predict(self, train, labels, test, *, fold_of):
        """Fits on `train`, and predicts `test`.

        Args:
          train, test: (num_images, neurons) features.
          labels: (num_images,) classes of `train`, two or more.
          fold_of: (num_images,) number of the fold of each training image, or
            None where there are too few patients for folds.

        Returns:
          ((num_images, num_seen) probabilities of the classes that `labels`
          has, in ascending order; the setting in words).
        """
        penalty, how = self._chosen(train, labels, fold_of)
        (scores, converged), *_ = _path(train, labels, test, [penalty])
        late = "" if converged else f", stopped at {_MAX_ITERATIONS} iterations"
        return scores, f"penalty {penalty:g}{how}{late}"

    def _chosen(self, train, labels, fold_of):
        """(penalty, how it was chosen in words)."""
        if len(self.penalties) == 1:
            return self.penalties[0], ""
        losses = None
        if fold_of is not None:
            losses = self._losses(train, labels, fold_of)
        if losses is None:
            return DEFAULT_PENALTY, " (too few patients to choose)"
        return self.penalties[int(np.argmin(losses))], ""

    def _losses(self, train, labels, fold_of):
        """Cross-entropy under each penalty, over the folds; None: no fold."""
        losses = []
        for fold in np.unique(fold_of):
            fitted, held = fold_of != fold, fold_of == fold
            seen, place = np.unique(labels[fitted], return_inverse=True)
            held &= np.isin(labels, seen)
            if len(seen) < 2 or not held.any():
                continue
            right = np.searchsorted(seen, labels[held])
            path = _path(train[fitted], place, train[held], self.penalties)
            losses.append([_cross_entropy(p, right) for p, _ in path])
        return np.sum(losses, axis=0) if losses else None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Neighbours:
    """The k training images with the greatest cosine similarity vote.

    A vote weighs exp(similarity / 0.07); a score is a class's share of them.

    Attributes:
      k: number of neighbours; None: 200, or a tenth of the training images
        where that is less. Never more than there are.
    """

    k: int | None = None
    name = "knn"

    def predict(self, train, labels, test, *, fold_of):
        """As Linear.predict; there is nothing to choose on folds."""
        del fold_of
        seen, place = np.unique(labels, return_inverse=True)
        k = min(self.k or default_neighbours(len(train)), len(train))
        train, test = _unit_length(train), _unit_length(test)
        parts = []
        for start in range(0, len(test), _TEST_IMAGES_AT_ONCE):
            part = test[start : start + _TEST_IMAGES_AT_ONCE]
            parts.append(_votes(part @ train.T, place, len(seen), k))
        return np.concatenate(parts), f"k = {k}"


def default_neighbours(num_images):
    """The smaller of 200 and a tenth of the training images, at least 1."""
    return max(1, min(MAX_NEIGHBOURS, int(num_images * NEIGHBOUR_SHARE)))


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
        split = folds.cut(
            columns["id"],
            columns["label"],
            columns["patient"],
            num_folds=NUM_FOLDS,
            fold=fold,
        )
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


def _path(train, labels, test, penalties):
    """Yields (probabilities of `test`, whether converged), by penalty.

    Each fit begins where the one before has ended.
    """
    from sklearn import exceptions
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler().fit(train)
    train, test = scaler.transform(train), scaler.transform(test)
    model = LogisticRegression(max_iter=_MAX_ITERATIONS, warm_start=True)
    for penalty in penalties:
        model.set_params(C=1 / penalty)
        with warnings.catch_warnings():  # What is not said by `converged`.
            warnings.simplefilter("ignore", exceptions.ConvergenceWarning)
            model.fit(train, labels)
        converged = model.n_iter_.max() < _MAX_ITERATIONS
        yield model.predict_proba(test), converged


def _cross_entropy(probabilities, right):
    """Sum over images of -log of the probability of the right class."""
    found = probabilities[np.arange(len(right)), right]
    return -np.log(np.maximum(found, np.finfo(float).tiny)).sum()


def _unit_length(features):
    """Rows of length 1; those that are all zero stay so."""
    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    return features / np.where(lengths == 0, 1, lengths)


def _votes(similarities, labels, num_classes, k):
    """(num_test, num_classes) shares of the k nearest training images."""
    nearest = np.argpartition(-similarities, k - 1, axis=1)[:, :k]
    weights = np.exp(
        np.take_along_axis(similarities, nearest, axis=1) / TEMPERATURE
    )
    votes = np.stack(
        [
            np.where(labels[nearest] == label, weights, 0).sum(axis=1)
            for label in range(num_classes)
        ],
        axis=1,
    )
    return votes / weights.sum(axis=1, keepdims=True)
