"""Hashing some images, the unit of work of the first pass of a conversion.

As in `shard_task`, what worker processes import here is little: no pandas.
"""

import typing

import numpy as np

from transfusion_tf import progress
from transfusion_tf.images import fingerprints
from transfusion_tf.stores import archives

# Few enough that a handful of large images keeps all workers busy.
_MOST_PER_TASK = 500
_FEWEST_TASKS = 64


class Hashes(typing.NamedTuple):
    """Of each image, in order.

    Attributes:
        content: uint64 (N,), the 16 hex digits of fingerprints.content_hash.
        num_bytes: uint64 (N,), of the raw image.
        reasons: {place: why it cannot be read}.
    """

    content: np.ndarray
    num_bytes: np.ndarray
    reasons: dict


def hashed(images, workers):
    """Returns the Hashes of `images`, a sequence of what a store reads.

    `workers` is an Engine that holds the store.
    """
    count = len(images)
    found = Hashes(np.zeros(count, np.uint64), np.zeros(count, np.uint64), {})
    step = min(_MOST_PER_TASK, max(1, count // _FEWEST_TASKS))
    tasks = (
        (start, list(images[start : start + step]))
        for start in range(0, count, step)
    )
    with progress.bar("Reading", count, unit="images") as bar:
        for (start, task), part in workers.run(_hash, tasks):
            place = slice(start, start + len(task))
            found.content[place] = np.array(part["content"], np.uint64)
            found.num_bytes[place] = part["num_bytes"]
            for index, reason in part["reasons"]:
                found.reasons[start + index] = reason
            bar.update(len(task))
    return found


def _hash(store, task):
    """Returns a dict for JSON, of a task: (place of the first, its images).

    It has the lists `content`, `num_bytes` and `reasons`, pairs of place in
    the task and reason.
    """
    _, names = task
    content, num_bytes, reasons = [], [], []
    for index, image in enumerate(names):
        try:
            raw = archives.read(store, image)
        except archives.ReadError as error:
            raw = b""
            reasons.append([index, str(error)])
        content.append(int(fingerprints.content_hash(raw), 16))
        num_bytes.append(memoryview(raw).nbytes)
    return {"content": content, "num_bytes": num_bytes, "reasons": reasons}
