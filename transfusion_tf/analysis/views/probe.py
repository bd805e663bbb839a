"""Linear probes: how well a stage's features alone separate the classes.

Alain and Bengio 2016 (arXiv:1610.01644): a linear classifier on the features of
a stage that is itself not trained. Features are means over positions.
"""

import numpy as np

from transfusion_tf.metrics import problems, summary

# Of the logistic regression, on standardized features: scikit-learn's default.
INVERSE_PENALTY = 1.0
_MAX_ITERATIONS = 1000


def pooled(backbones, stages, batches):
    """Returns ({key: {stage: (num_images, neurons)}}, columns of the batches).

    Args:
      backbones: {key: Backbone}.
      stages: names of stages that all of them have.
      batches: iterable of {"image": (n, size, size, 3), "label": ..., ...}.

    Returns:
      The features, and {name: array} of all that is in the batches but the
      images, both in the order of the batches.
    """
    extractors = {
        key: backbone.feature_extractor() for key, backbone in backbones.items()
    }
    features = {key: {stage: [] for stage in stages} for key in backbones}
    columns = {}
    for batch in batches:
        for name in batch.keys() - {"image"}:
            columns.setdefault(name, []).append(np.asarray(batch[name]))
        for key, extract in extractors.items():
            found = dict(
                zip(
                    backbones[key].stage_names,
                    extract(batch["image"], training=False),
                    strict=True,
                )
            )
            for stage in stages:
                maps = np.asarray(found[stage], np.float64)
                features[key][stage].append(maps.mean(axis=(1, 2)))
    return (
        {
            key: {s: np.concatenate(parts) for s, parts in of.items()}
            for key, of in features.items()
        },
        {name: np.concatenate(parts) for name, parts in columns.items()},
    )


def score(train, test, *, train_labels, test_labels, task, classes, groups):
    """Fits a probe on `train` and returns summary.summarize of `test`.

    A class, label or threshold of which the training images have only one side
    cannot be learned, so its AUC is undefined, and not that of equal scores.

    Args:
      train, test: (num_images, neurons) features.
      train_labels, test_labels: class indices, or (num_images, num_labels).
      task: one of names.TASKS.
      classes: names of the classes or labels.
      groups: (num_images,) patients of the test images, or None.
    """
    fit = _fit_labels if task == "multilabel" else _fit_classes
    scores = fit(train, train_labels, test, len(classes))
    return summary.summarize(
        task,
        classes,
        test_labels,
        scores,
        groups=groups,
        unanswerable=_unlearnable(task, train_labels, len(classes)),
    )


def _unlearnable(task, labels, num_classes):
    """Indices of the problems that these training labels do not pose."""
    equal = np.full((len(labels), num_classes), 1 / num_classes)
    return [
        problem.index
        for problem in problems.split(task, labels, equal)
        if len(np.unique(problem.labels[problem.keep])) < 2
    ]


def _fit_classes(train, labels, test, num_classes):
    """(num_images, num_classes) probabilities; 0 for classes never seen."""
    seen = np.unique(labels)
    scores = np.zeros((len(test), num_classes))
    if len(seen) < 2:
        scores[:, seen] = 1.0
        return scores
    model = _model().fit(train, labels)
    scores[:, model.classes_] = model.predict_proba(test)
    return scores


def _fit_labels(train, labels, test, num_labels):
    """(num_images, num_labels) probabilities, each label on its own."""
    scores = np.empty((len(test), num_labels))
    for label in range(num_labels):
        known = labels[:, label] != problems.MISSING
        of_label = _fit_classes(train[known], labels[known, label], test, 2)
        scores[:, label] = of_label[:, 1]
    return scores


def _model():
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(
        StandardScaler(),
        LogisticRegression(C=INVERSE_PENALTY, max_iter=_MAX_ITERATIONS),
    )
