"""Batches whose images are all of one group, for a delete-a-group jackknife."""

import hashlib
import itertools

import numpy as np

# With fewer images than this in a group, its images would meet each other again
# and again in the null floors.
MIN_IMAGES_PER_GROUP = 8


def batches(images, *, num_groups, batch_size, seed):
    """Yields (group, batch) with every image of `images` once.

    All images of a patient (where there is none: of an id) are in one group,
    which is a function of `seed` and that name alone. At most
    `num_groups` x `batch_size` images wait at a time.

    Args:
      images: iterable of batches {name: array with one row an image}, `image`
        among them, `patient` and `id` if known.
      num_groups: groups at most; fewer where there are fewer than 8 images
        for each.
      batch_size: images of a batch; the last one of a group may have fewer.
      seed: seed of the groups.
    """
    singles = _singles(images)
    first = list(itertools.islice(singles, num_groups * MIN_IMAGES_PER_GROUP))
    num_groups = max(1, len(first) // MIN_IMAGES_PER_GROUP)
    waiting = [[] for _ in range(num_groups)]
    for index, image in enumerate(itertools.chain(first, singles)):
        group = _group(image, index, num_groups, seed)
        waiting[group].append(image)
        if len(waiting[group]) == batch_size:
            yield group, _stacked(waiting[group])
            waiting[group] = []
    for group, left in enumerate(waiting):
        if left:
            yield group, _stacked(left)


def _singles(images):
    for batch in images:
        batch = {name: np.asarray(rows) for name, rows in batch.items()}
        for index in range(len(batch["image"])):
            yield {name: rows[index] for name, rows in batch.items()}


def _group(image, index, num_groups, seed):
    """Equally likely groups, from what names the patient or else the image."""
    if num_groups == 1:
        return 0
    name = image.get("patient", "") or image.get("id", index)
    digest = hashlib.blake2b(f"{seed}/{name}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % num_groups


def _stacked(images):
    return {name: np.stack([i[name] for i in images]) for name in images[0]}
