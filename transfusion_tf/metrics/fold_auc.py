"""AUCs over folds: networks that are each tested on a part of the patients.

The AUC of cross-validation is the mean over folds of the AUC within each, not
that of all predictions pooled: scores of networks that were trained on
different folds need not be comparable (Airola et al. 2011, Computational
Statistics and Data Analysis 55, 1828-1844). With A(k, s) the AUC of seed s in
fold k, of K folds and S seeds,

    A = mean over s of A(s),    A(s) = mean over k of A(k, s).

A patient's images are in one fold only. So what a patient of fold k adds to
the error of A(s) is what it adds to that of A(k, s), over K, and the patients'
part of the variance is the sum over folds of that within each, over K^2
(LeDell, Petersen and van der Laan 2015, Electronic Journal of Statistics 9,
1583-1607, whose influence curves these are for large samples). The part of the
seeds is that between the A(s), as of networks without folds
(statistics.variance_components), with Student's t. So an arm of folds is a
seed_auc.Arm of all patients with one network a seed, and intervals, and paired
differences of arms with the same folds, are those of any other Arm.

It is about the networks that were trained: how much other training images would
move the mean is in it only as far as the seeds show it. No unbiased estimate of
that exists with one set of folds (Bengio and Grandvalet 2004, Journal of
Machine Learning Research 5, 1089-1105).
"""

import numpy as np

from transfusion_tf.metrics import seed_auc


def of_task(task, labels, scores, codes, folds):
    """The Arms of the problems of a task, and of their mean, over folds.

    Args:
        task, labels, scores, codes: as for seed_auc.of_task, of the images of
            all folds.
        folds: (num_images,) number of the fold whose networks have scored an
            image; images of one unit have one fold.

    Returns:
        As seed_auc.of_task.
    """
    by_fold = []
    for fold in np.unique(folds):
        inside = folds == fold
        # Units are numbered anew, within the fold.
        codes_inside = np.unique(codes[inside], return_inverse=True)[1]
        parts, _ = seed_auc.of_task(
            task, labels[inside], scores[:, inside], codes_inside
        )
        by_fold.append(parts)
    arms = [
        (parts[0][0], over_folds([arm for _, arm in parts]))
        for parts in zip(*by_fold, strict=True)
    ]
    return arms, seed_auc.mean([arm for _, arm in arms])


def over_folds(arms):
    """The Arm of the mean over folds.

    Undefined where one fold has no AUC: to leave it out would be another mean.

    Args:
        arms: Arms of one problem, one for each fold, with as many seeds.
    """
    num, values = len(arms), None
    if all(arm.values is not None for arm in arms):
        values = np.mean([arm.values for arm in arms], axis=0)
    totals = {
        name: sum(getattr(arm, name) for arm in arms)
        for name in (*seed_auc.COUNTS, "num_units")
    }
    return seed_auc.Arm(
        values=values,
        positive=np.concatenate([arm.positive for arm in arms], axis=1) / num,
        negative=np.concatenate([arm.negative for arm in arms], axis=1) / num,
        least_units=min(arm.least_units for arm in arms),
        num_folds=num,
        **totals,
    )
