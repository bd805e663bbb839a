"""Which images of a batch stand in for each other in the null floors."""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class Pairing:
    """Partners inside one batch, of another image and another patient.

    Images without a partner (there is none for a lone image, nor for all
    images of a patient who has more than half of the batch) come last in
    `order` and are left out of the floors. The others meet one-to-one, so both
    sides of a floor see the same images.

    Attributes:
      order: (num_images,) int, the batch as it is to be rearranged.
      layout: (num_paired,) int, partner of each of the first `num_paired`
        images of the rearranged batch: (place + step) modulo num_paired.
      chance: (num_paired,) int, likewise, by another draw.
      offsets: (num_paired, 2) in [0, 1), circular shift of the partner's
        positions as a share of height and width.
    """

    order: np.ndarray
    layout: np.ndarray
    chance: np.ndarray
    offsets: np.ndarray

    @property
    def num_paired(self):
        """Number of images that have a partner."""
        return len(self.layout)


def pair_images(num_images, *, patients=None, rng):
    """Returns the Pairing of a batch.

    Images are lined up on a circle, patient by patient, in random order. With
    at most m images a patient among n >= 2m images, a step of m to n - m along
    the circle always ends at another patient.

    Args:
      num_images: number of images in the batch.
      patients: (num_images,) str, patient of each image; "" where unknown, and
        None where no patient is: such images are taken for different patients.
      rng: numpy Generator.
    """
    known = np.full(num_images, "") if patients is None else patients
    _, patient = np.unique(
        [name or f"\0{index}" for index, name in enumerate(known)],
        return_inverse=True,
    )
    sizes = np.bincount(patient)
    rank = rng.permutation(len(sizes))[patient]
    order = np.lexsort((rng.random(num_images), rank))
    step = min(sizes.max(), num_images - sizes.max())
    surplus = sizes.max() - step
    if surplus:
        biggest = patient[order] == sizes.argmax()
        order = np.concatenate(
            [
                np.delete(order, np.flatnonzero(biggest)[:surplus]),
                order[biggest][:surplus],
            ]
        )
    num_paired = num_images - surplus
    layout, chance = (
        (np.arange(num_paired) + rng.integers(step, num_paired - step + 1))
        % max(num_paired, 1)
        for _ in range(2)
    )
    offsets = rng.random((num_paired, 2))
    return Pairing(order, layout, chance, offsets)
