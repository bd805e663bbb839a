"""Points on the line between two networks, and the line of their numbers."""

import dataclasses

import numpy as np

from transfusion_tf.analysis.interventions import losses
from transfusion_tf.metrics import components, paired_auc
from transfusion_tf.statistics import jackknife


@dataclasses.dataclass(frozen=True)
class Line:
    """What the networks on a line say of the same images.

    Attributes:
      alphas: (num_points,) from 0, the first network, to 1, the second.
      labels, patients: of the images, as in scoring.Scores.
      scores: (num_points, num_images, num_outputs).
      losses: (num_points, num_images).
      subject: subjects.Subject, for task and classes.
    """

    alphas: tuple
    labels: np.ndarray
    patients: np.ndarray | None
    scores: np.ndarray
    losses: np.ndarray
    subject: object

    def points(self):
        """A dict for each point: its loss and AUC, and how far off the line.

        `excess_loss` is the loss minus that of the straight line between the
        ends, `auc_lost` the AUC of that line minus the AUC, each with its
        interval over other patients.
        """
        name, arms = self._arms()
        return [
            {
                "alpha": alpha,
                "metric": name,
                **self._loss(index, alpha),
                **_auc(arms[0], arms[-1], arms[index], alpha),
            }
            for index, alpha in enumerate(self.alphas)
        ]

    def _arms(self):
        """(name of the AUC, its seed_auc.Arm of each point)."""
        found = [
            losses.metric([self.subject], self.labels, self.patients, one[None])
            for one in self.scores
        ]
        return found[0][0], [arm for _, arm in found]

    def _loss(self, index, alpha):
        first, last = self.losses[0], self.losses[-1]
        excess = self.losses[index] - ((1 - alpha) * first + alpha * last)
        codes = components.group_codes(self.patients, len(excess))
        interval = mean_interval(excess, codes)
        return {
            "loss": float(self.losses[index].mean()),
            "excess_loss": float(excess.mean()),
            "excess_low": interval and interval.low,
            "excess_high": interval and interval.high,
        }


def mean_interval(values, codes):
    """jackknife.Interval of the mean of values, by group; None for one group.

    Args:
      values: (num_images,).
      codes: (num_images,) number of each image's group, from 0.
    """
    sums, sizes = np.bincount(codes, values), np.bincount(codes)
    if len(sizes) < 2:
        return None
    left_out = (sums.sum() - sums) / (sizes.sum() - sizes)
    return jackknife.delete_a_group(values.mean(), left_out, sizes)


def _auc(first, last, here, alpha):
    """AUC of a point, and what it has less than the line between the ends.

    A weighted mean of AUCs is an AUC as any other: what an image adds to its
    error is the mean of what it adds to theirs.
    """
    if first.values is None:
        return dict.fromkeys(("auc", "auc_lost", "auc_low", "auc_high"))
    names = ("values", "positive", "negative")
    line = dataclasses.replace(
        first,
        **{
            name: (1 - alpha) * getattr(first, name)
            + alpha * getattr(last, name)
            for name in names
        },
    )
    found = paired_auc.between(
        line, here, paired_seeds=True, level=jackknife.LEVEL
    )
    return {
        "auc": found.other,
        "auc_lost": losses.negated(found.value),
        "auc_low": losses.negated(found.high),
        "auc_high": losses.negated(found.low),
    }
