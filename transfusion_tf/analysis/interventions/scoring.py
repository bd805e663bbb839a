"""Scores of networks that are variants of one, in one pass over the images."""

import dataclasses

import numpy as np

from transfusion_tf.analysis.interventions import batch_moments
from transfusion_tf.runs import predictions
from transfusion_tf.training import tasks


@dataclasses.dataclass(frozen=True)
class Scores:
    """What several networks say of the same images.

    Attributes:
      labels: (num_images,) or (num_images, num_labels).
      patients: (num_images,) str, or None.
      scores: (num_networks, num_images, num_outputs) probabilities.
      losses: (num_networks, num_images).
    """

    labels: np.ndarray
    patients: np.ndarray | None
    scores: np.ndarray
    losses: np.ndarray

    def take(self, places):
        """The Scores of some of the networks, a copy.

        Args:
          places: indices of the networks.
        """
        places = list(places)
        return dataclasses.replace(
            self, scores=self.scores[places], losses=self.losses[places]
        )


def estimated(network, base, variants, batches):
    """Networks with batch norm estimated anew.

    Statistics below the stage that a variant changes are the base's, estimated
    anew likewise. Batches of fewer images than the first are left out, where
    there is another.

    Args:
      network: staged.StagedNetwork.
      base: staged.Variant, whose values all variants have below what they
        change.
      variants: staged.Variants.
      batches: iterable of {"image": (n, size, size, 3), ...}, of training
        images; not read where the network has no batch norm.

    Returns:
      (the base, list of the variants, number of images), the Variants with
      their statistics.
    """
    if not network.has_batch_norm:
        return base, variants, 0
    averages = [batch_moments.Averages() for _ in (base, *variants)]
    size, count = None, 0
    for batch in batches:
        images = batch["image"]
        size = size or len(images)
        if len(images) < size:
            break
        found = network.moments(images, base, variants)
        for average, moments in zip(averages, found, strict=True):
            average.add(moments, len(images))
        count += len(images)
    anew = [
        variant.with_values(average.values())
        for variant, average in zip((base, *variants), averages, strict=True)
    ]
    return anew[0], anew[1:], count


def score(network, base, variants, batches, task):
    """The Scores of the base and of each variant, in this order.

    Args:
      network: staged.StagedNetwork.
      base: staged.Variant, whose values all variants have below what they
        change.
      variants: staged.Variants.
      batches: iterable of {"image", "label", "patient"}.
      task: one of names.TASKS.
    """
    labels, patients, scores, losses = [], [], [], []
    for batch in batches:
        logits = network.outputs(batch["image"], base, variants)
        labels.append(batch["label"])
        patients.append(batch["patient"])
        scores.append([tasks.scores(task, one).numpy() for one in logits])
        losses.append(
            [tasks.losses(task, batch["label"], x).numpy() for x in logits]
        )
    return Scores(
        labels=np.concatenate(labels),
        patients=predictions.known_patients(np.concatenate(patients)),
        scores=np.concatenate(scores, axis=1),
        losses=np.concatenate(losses, axis=1),
    )
