"""Linear probes: a linear classifier on features that are not trained.

Alain and Bengio 2016 (arXiv:1610.01644).
"""

import dataclasses
import warnings

import numpy as np

# Of the sum of the losses (scikit-learn's 1 / C), the strongest first.
PENALTIES = (1e4, 1e3, 1e2, 1e1, 1.0, 0.1)
# Where there are too few patients to choose another one: scikit-learn's.
DEFAULT_PENALTY = 1.0
_MAX_ITERATIONS = 1000


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
