"""Opaque names of images and patients, and the shards that follow from them.

An id is the beginning of the SHA-256 of the raw image, so it says nothing
about the file's name or place, and everything derived from it is the same
whatever order the images come in.
"""

import hashlib

import numpy as np

HASH_DIGITS = 16  # Hexadecimal: 64 bits.
EXAMPLES_PER_SHARD = 1_000


def content_hash(raw):
    """Returns the first 16 hex digits of the SHA-256 of `raw`.

    `raw` is the bytes of a file, or an array, of which the values count.
    """
    if isinstance(raw, np.ndarray):
        raw = raw.tobytes()
    return hashlib.sha256(raw).hexdigest()[:HASH_DIGITS]


def assign(table):
    """Returns `table` sorted by its new column `id`, unique for every row.

    Needs the column `hash`. Identical images are told apart by `-2`, `-3` in
    the order of all their other columns: rows that agree in these too are
    interchangeable. `patient`, where there is one, becomes the smallest id
    among the patient's images.
    """
    ties = [column for column in sorted(table) if column != "hash"]
    # The image's place comes last: it is all that tells equal rows apart.
    ties.sort(key=lambda column: column == "image")
    ordered = table.sort_values(
        ["hash", *ties],
        key=lambda column: column.astype(str),
        ignore_index=True,
    )
    repeat = ordered.groupby("hash").cumcount()
    suffix = ("-" + (repeat + 1).astype(str)).where(repeat > 0, "")
    ordered["id"] = ordered["hash"] + suffix
    if "patient" in ordered:
        ordered["patient"] = ordered.groupby("patient")["id"].transform("min")
    return ordered.sort_values("id", ignore_index=True)


def num_shards(num_examples):
    """Returns how many shards a split of `num_examples` has."""
    return max(1, round(num_examples / EXAMPLES_PER_SHARD))


def shard_of(image_id, count):
    """Returns the shard 0..count-1 of an image.

    Shards are equal ranges of hashes, so that all shards of a split, read one
    after the other, hold its examples in the order of their ids.
    """
    return int(image_id[:HASH_DIGITS], 16) * count >> 4 * HASH_DIGITS
