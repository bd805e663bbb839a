"""Simulated studies with a known truth: scores of arms on one test set.

A network's score of an image is normal: how hard the image (and its patient)
is for every network, how hard it is for the arm, and noise of the network's
own; positives are shifted by what gives the AUC that is asked for, and each
seed's shift differs. The expected AUC is Phi(shift / sqrt 2) over the seeds.
"""

import dataclasses

import numpy as np
import scipy.stats

# Shares of a score's variance: of the image for all, for the arm, and noise.
IMAGE, ARM, NOISE = 0.5, 0.2, 0.3
# Share of the image's part that all images of a patient have in common.
PATIENT = 0.6


@dataclasses.dataclass(frozen=True, kw_only=True)
class Truth:
    """What is simulated.

    Attributes:
        num_positive, num_negative: images.
        auc, other_auc: of the two arms, at the middle of their seeds.
        num_seeds: of each arm.
        seed_sd: of the shift between seeds, in units of the scores' deviation.
        images_per_patient: of one class.
    """

    num_positive: int
    num_negative: int
    auc: float
    other_auc: float
    num_seeds: int = 1
    seed_sd: float = 0.0
    images_per_patient: int = 1

    @property
    def labels(self):
        """(num_images,) 1 for positives, then 0."""
        return np.repeat([1, 0], [self.num_positive, self.num_negative])

    @property
    def patients(self):
        """(num_images,) ints."""
        parts = [
            np.arange(count) // self.images_per_patient
            for count in (self.num_positive, self.num_negative)
        ]
        return np.concatenate([parts[0], parts[1] + parts[0].max() + 1])

    def expected(self, auc):
        """The mean AUC over seeds of an arm."""
        spread = np.sqrt(2 + self.seed_sd**2)
        return float(scipy.stats.norm.cdf(_shift(auc) / spread))

    @property
    def difference(self):
        """The true difference of the arms' mean AUCs, other minus first."""
        return self.expected(self.other_auc) - self.expected(self.auc)


def _shift(auc):
    return np.sqrt(2) * scipy.stats.norm.ppf(auc)


def scores(truth, rng):
    """Two arrays (num_seeds, num_images): the scores of the two arms."""
    count, patients = len(truth.labels), truth.patients
    image = np.sqrt(1 - PATIENT) * rng.normal(size=count)
    image += np.sqrt(PATIENT) * rng.normal(size=patients.max() + 1)[patients]
    if truth.images_per_patient == 1:
        image = rng.normal(size=count)
    arms = []
    for auc in (truth.auc, truth.other_auc):
        arm = rng.normal(size=count)
        noise = rng.normal(size=(truth.num_seeds, count))
        shifts = _shift(auc) + truth.seed_sd * rng.normal(
            size=(truth.num_seeds, 1)
        )
        arms.append(
            np.sqrt(IMAGE) * image
            + np.sqrt(ARM) * arm
            + np.sqrt(NOISE) * noise
            + shifts * truth.labels
        )
    return arms
