"""Simulated studies with a known truth: scores of arms on one test set.

A network's score of an image is normal: how hard the image (and its patient)
is for every network, how hard it is for the arm, and noise of the network's
own; positives are shifted by what gives the AUC that is asked for, and each
seed's shift differs. The expected AUC is Phi(shift / sqrt 2) over the seeds.

Many studies are drawn and ranked at once; what is concluded from one is left
to the functions that users call.
"""

import dataclasses

import numpy as np
import scipy.stats

from transfusion_tf.metrics import components, seed_auc

# Share of the image's part that all images of a patient have in common.
PATIENT = 0.6
# Numbers that are drawn at once.
_CHUNK = 1_000_000


@dataclasses.dataclass(frozen=True, kw_only=True)
class Truth:
    """What is simulated.

    Attributes:
        num_positive, num_negative: images.
        auc, other_auc: of the two arms, at the middle of their seeds.
        num_seeds: of each arm.
        seed_sd: of the shift between seeds, in units of the scores' deviation.
        images_per_patient: of one class.
        image, arm: shares of a score's variance that are the image's, for all
            networks, and the arm's; the rest is the network's own noise.
    """

    num_positive: int
    num_negative: int
    auc: float
    other_auc: float
    num_seeds: int = 1
    seed_sd: float = 0.0
    images_per_patient: int = 1
    image: float = 0.5
    arm: float = 0.2

    @property
    def counts(self):
        """(positive, negative) images."""
        return self.num_positive, self.num_negative

    @property
    def unit_counts(self):
        """(positive, negative) patients."""
        return tuple(-(-n // self.images_per_patient) for n in self.counts)

    @property
    def labels(self):
        """(num_images,) 1 for positives, then 0."""
        return np.repeat([1, 0], self.counts)

    @property
    def patients(self):
        """(num_images,) ints."""
        parts = [np.arange(n) // self.images_per_patient for n in self.counts]
        return np.concatenate([parts[0], parts[1] + self.unit_counts[0]])

    def expected(self, auc):
        """The mean AUC over seeds of an arm."""
        spread = np.sqrt(2 + self.seed_sd**2)
        return float(scipy.stats.norm.cdf(_shift(auc) / spread))

    @property
    def difference(self):
        """The true difference of the arms' mean AUCs, other minus first."""
        return self.expected(self.other_auc) - self.expected(self.auc)

    @property
    def seed_variance(self):
        """Variance of the difference of the arms' means, from the seeds."""
        nodes, weights = np.polynomial.hermite_e.hermegauss(40)
        weights = weights / weights.sum()
        variance = 0.0
        for auc in (self.auc, self.other_auc):
            values = _shift(auc) + self.seed_sd * nodes
            of_seed = scipy.stats.norm.cdf(values / np.sqrt(2))
            variance += weights @ (of_seed - weights @ of_seed) ** 2
        return float(variance / self.num_seeds)


def _shift(auc):
    return np.sqrt(2) * scipy.stats.norm.ppf(auc)


def scores(truth, num_studies, rng):
    """Two arrays (num_studies, num_seeds, num_images): scores of the arms."""
    labels, patients = truth.labels, truth.patients
    size = (num_studies, 1, len(labels))
    image = rng.normal(size=size)
    if truth.images_per_patient > 1:
        common = rng.normal(size=(num_studies, 1, patients.max() + 1))
        image *= np.sqrt(1 - PATIENT)
        image += np.sqrt(PATIENT) * common[..., patients]
    arms, seeds = [], (num_studies, truth.num_seeds, 1)
    for auc in (truth.auc, truth.other_auc):
        found = rng.normal(size=(num_studies, truth.num_seeds, len(labels)))
        found *= np.sqrt(1 - truth.image - truth.arm)
        found += np.sqrt(truth.image) * image
        found += np.sqrt(truth.arm) * rng.normal(size=size)
        shifts = _shift(auc) + truth.seed_sd * rng.normal(size=seeds)
        arms.append(found + shifts * labels)
    return arms


def studies(truth, num_studies, rng):
    """Yields the seed_auc.Arms (first, other) of each study."""
    each = len(truth.labels) * truth.num_seeds
    left = num_studies
    while left:
        now = min(left, max(1, _CHUNK // each))
        arms = [_arms(truth, found) for found in scores(truth, now, rng)]
        yield from zip(*arms, strict=True)
        left -= now


def _arms(truth, found):
    """The Arms of (num_studies, num_seeds, num_images) scores, by ranks."""
    num_positive, num_negative = truth.counts
    order = np.argsort(found, axis=-1)
    is_positive = order < num_positive
    ranks = np.empty(found.shape, np.int32)
    beaten = np.cumsum(~is_positive, axis=-1, dtype=np.int32)
    np.put_along_axis(ranks, order, beaten, -1)
    wins = ranks[..., :num_positive] / num_negative
    beaten = np.cumsum(is_positive, axis=-1, dtype=np.int32)
    np.put_along_axis(ranks, order, beaten, -1)
    losses = 1 - ranks[..., num_positive:] / num_positive
    values = wins.mean(axis=-1)
    positive, negative = (
        _unit_sums(truth, (shares - values[..., None]) / shares.shape[-1])
        for shares in (wins, losses)
    )
    # Its counts are those of every study.
    one = seed_auc.scored(truth.labels, found[0], truth.patients)
    none = [np.zeros((truth.num_seeds, count)) for count in truth.unit_counts]
    for number in range(len(found)):
        yield dataclasses.replace(
            one,
            values=values[number],
            positive=np.hstack([positive[number], none[1]]),
            negative=np.hstack([none[0], negative[number]]),
        )


def _unit_sums(truth, deviations):
    """Sums over the images of each patient, corrected for their number."""
    starts = np.arange(0, deviations.shape[-1], truth.images_per_patient)
    sums = np.add.reduceat(deviations, starts, axis=-1)
    count = len(starts)
    return sums * np.sqrt(count / (count - 1))


def first_network(truth, arm):
    """The value and components.GroupSums of an Arm's first network."""
    positive, negative = (
        sums / np.sqrt(count / (count - 1))
        for sums, count in zip(
            (arm.positive[0], arm.negative[0]), truth.unit_counts, strict=True
        )
    )
    labels = truth.labels
    one = components.sum_by_group(
        components.compare(labels, labels), truth.patients
    )
    return float(arm.values[0]), dataclasses.replace(
        one, positive=positive, negative=negative
    )
