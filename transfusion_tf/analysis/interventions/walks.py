"""Networks on the lines between runs: what they say of the same images."""

import dataclasses

import numpy as np

from transfusion_tf.analysis.interventions import (
    channels,
    lines,
    scoring,
    staged,
    weights,
)
from transfusion_tf.analysis.interventions.subjects import Subject

# What the channels of the second run are, in tables.
AS_TRAINED, MATCHED = "as trained", "matched"


@dataclasses.dataclass(frozen=True)
class End:
    """A run at an end of lines.

    Attributes:
      subject: subjects.Subject.
      values: {variable path: value} of all its weights.
      scores, losses: with batch norm estimated anew.
    """

    subject: Subject
    values: dict
    scores: np.ndarray
    losses: np.ndarray


class Walk:
    """Networks on the lines between runs, each end looked at once.

    All weights of all runs are kept in memory, and one network.
    """

    def __init__(self, subjects, options):
        self._subjects, self._options = subjects, options
        self._backbone = subjects.backbone(subjects.runs[0])
        self._network = staged.StagedNetwork(self._backbone)
        self._ends = {}
        self.num_batch_norm_images = 0

    def lines(self, first, second):
        """Yields (AS_TRAINED or MATCHED, share of channels moved, Line).

        Args:
          first, second: Subjects at the ends.
        """
        ends = [self._end(first), self._end(second)]
        yield AS_TRAINED, None, self._line(*ends)
        if channels.can_match(first.config.model.name):
            order_of = channels.orders(
                *(
                    self._subjects.backbone(one, place=place)
                    for place, one in enumerate((first, second), start=1)
                ),
                self._training(first),
            )
            values = channels.reordered(
                self._backbone, ends[1].values, order_of
            )
            moved = np.concatenate(
                [order != np.arange(len(order)) for order in order_of]
            )
            # The same function, so that its scores need not be computed again.
            second_end = dataclasses.replace(ends[1], values=values)
            line = self._line(ends[0], second_end)
            yield MATCHED, float(moved.mean()), line

    def _training(self, subject):
        return self._subjects.training_images(
            subject, self._options.batch_norm_images, "Training images"
        )

    def _end(self, subject):
        """The End of a run, computed on first use."""
        if subject.name not in self._ends:
            backbone = self._subjects.backbone(subject)
            self._check_alike(subject, backbone)
            values = weights.values(backbone)
            scores = self._scores(subject, [staged.Variant(0, values)])
            self._ends[subject.name] = End(
                subject, values, scores.scores[0], scores.losses[0]
            )
            self._about = scores.labels, scores.patients
        return self._ends[subject.name]

    def _check_alike(self, subject, backbone):
        """Raises ValueError unless a network is as that of the first run."""
        ours, theirs = (
            {"input scaling": one.scaling}
            | {v.path: tuple(v.shape) for v in one.weights}
            for one in (self._backbone, backbone)
        )
        wrong = [
            key
            for key in ours.keys() | theirs.keys()
            if ours.get(key) != theirs.get(key)
        ]
        if wrong:
            raise ValueError(
                "Lines are between runs of one network. "
                f"{self._subjects.runs[0].name} and {subject.name} differ in "
                f"{sorted(wrong)[0]}: {ours.get(sorted(wrong)[0])} and "
                f"{theirs.get(sorted(wrong)[0])}."
            )

    def _line(self, first, second):
        """The Line between two Ends."""
        inner = [alpha for alpha in self._options.alphas if alpha > 0]
        scores = self._scores(
            first.subject,
            [
                staged.Variant(
                    0, weights.between(first.values, second.values, alpha)
                )
                for alpha in inner
            ],
        )
        labels, patients = self._about
        return lines.Line(
            (0.0, *inner, 1.0),
            labels,
            patients,
            np.stack([first.scores, *scores.scores, second.scores]),
            np.stack([first.losses, *scores.losses, second.losses]),
            first.subject,
        )

    def _scores(self, subject, variants):
        """Scores of whole networks, batch norm on a run's training images."""
        base, others, self.num_batch_norm_images = scoring.estimated(
            self._network, variants[0], variants[1:], self._training(subject)
        )
        images = self._subjects.test_images()
        return scoring.score(
            self._network, base, others, images, self._subjects.task
        )
