"""Fingerprints of images as records hold them, taken in worker processes.

Of the pixels that the records decode to, as a conversion takes them (see
Prepared.decoded), so that the audit of records, that of raw data and groups of
near-duplicates see the same pairs at the same distance.
"""

import numpy as np

from transfusion_tf import progress
from transfusion_tf.images import fingerprints, prepare
from transfusion_tf.stores import archives

PRINTS = np.dtype(
    [
        ("is_read", "?"),  # All else is zero where it is not.
        ("hash", "<u8"),  # The 16 hex digits of fingerprints.content_hash.
        ("pixels", "S32"),  # fingerprints.pixel_hash
        ("perceptual", "<u8"),  # fingerprints.perceptual_hash
    ]
)
_IMAGES_PER_TASK = 100


def of_images(names, image_options, workers):
    """Returns PRINTS (N,) of images, in their order.

    Args:
        names: what a store reads, N of them.
        image_options: an ImageOptions.
        workers: a pool.Pool, or another engine, that holds the store.
    """
    tasks = (
        (start, names[start : start + _IMAGES_PER_TASK], image_options)
        for start in range(0, len(names), _IMAGES_PER_TASK)
    )
    prints = np.zeros(len(names), PRINTS)
    with progress.bar("Looking", len(names), unit="images") as bar:
        for (start, part, _), rows in workers.run(_of_task, tasks):
            for place, row in enumerate(rows, start):
                if row:
                    prints[place] = (True, *row)
            bar.update(len(part))
    return prints


def _of_task(store, task):
    """Returns a list for JSON: of each image of a task, its prints or None."""
    _, names, image_options = task
    return [_of_image(store, name, image_options) for name in names]


def _of_image(store, name, image_options):
    try:
        raw = archives.read(store, name)
        image = prepare.prepare(raw, image_options)
    except (prepare.ImageError, archives.ReadError):
        return None
    return [
        int(fingerprints.content_hash(raw), 16),
        *fingerprints.of_pixels(image.decoded),
    ]
