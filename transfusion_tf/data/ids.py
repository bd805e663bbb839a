"""Opaque names of images and patients, and the shards that follow from them.

An id is the beginning of the SHA-256 of the raw image, so it says nothing
about the file's name or place, and everything derived from it is the same
whatever order the images come in.
"""

import hmac

import numpy as np

from transfusion_tf.images import fingerprints

HASH_DIGITS = fingerprints.CONTENT_DIGITS
EXAMPLES_PER_SHARD = 1_000
# A few hundred large images take minutes: they make more shards, so that all
# cores have work, but no more than this, so that no split is fragmented.
RAW_BYTES_PER_SHARD = 2**24
MOST_SHARDS_BY_BYTES = 64


def text(content, repeat=0):
    """Returns the id of an image: its hash (int), and which of several."""
    suffix = f"-{repeat + 1}" if repeat else ""
    return f"{content:0{HASH_DIGITS}x}{suffix}"


def hash_of(image_id):
    """Returns the content hash in an id: equal for identical images."""
    return image_id[:HASH_DIGITS]


def keyed(patient, salt):
    """Returns the keyed hash of a patient's text, 16 hex digits.

    The first 64 bits of HMAC-SHA-256 (RFC 2104): whoever has the same salt
    can link data sets by it, and nobody can guess names without the salt.
    """
    text = str(patient).encode()
    return hmac.digest(salt, text, "sha256").hex()[:HASH_DIGITS]


def assign(table):
    """Returns `table` sorted by its new column `id`, unique for every row.

    Needs the column `hash`, uint64, whose 16 hex digits are the id.
    Identical images are distinguished by `-2`, `-3` in the order of all their
    other columns: rows that agree in these too are interchangeable.
    `patient`, where there is one, becomes the smallest id among the patient's
    images. The index keeps the place of a row in `table`.
    """
    table = table.reset_index(drop=True)
    ordered = table.iloc[_order(table)]
    repeat = ordered.groupby("hash").cumcount().to_numpy()
    numbered = zip(ordered["hash"].tolist(), repeat.tolist(), strict=True)
    ordered = ordered.assign(id=[text(*number) for number in numbered])
    if repeat.max(initial=0) >= 9:  # As text, -10 comes before -2.
        ordered = ordered.sort_values("id")
    if "patient" in ordered:
        by_patient = ordered.groupby("patient", sort=False)["id"]
        ordered["patient"] = by_patient.transform("first")
    return ordered


def _order(table):
    """Returns the places of the rows by hash, equal ones by other columns."""
    content = table["hash"].to_numpy()
    order = np.argsort(content, kind="stable")
    sorted_content = content[order]
    same = sorted_content[1:] == sorted_content[:-1]
    is_repeated = np.append(same, False) | np.append(False, same)
    ties = [column for column in sorted(table) if column != "hash"]
    # The image's place comes last: it alone distinguishes equal rows.
    ties.sort(key=lambda column: column == "image")
    repeated = table.iloc[order[is_repeated]].sort_values(
        ["hash", *ties],
        key=lambda column: (
            column if column.name == "hash" else column.astype(str)
        ),
    )
    order[is_repeated] = repeated.index
    return order


def num_shards(num_examples, num_bytes):
    """Returns how many shards a split has: about one for 1,000 examples.

    Args:
        num_examples: of the split.
        num_bytes: of its raw images.
    """
    # Of NumPy's integers, which come from tables, 64 bits would overflow.
    num_examples, num_bytes = int(num_examples), int(num_bytes)
    by_bytes = min(MOST_SHARDS_BY_BYTES, num_bytes // RAW_BYTES_PER_SHARD)
    by_examples = round(num_examples / EXAMPLES_PER_SHARD)
    return max(1, by_examples, min(by_bytes, num_examples))


def shard_starts(hashes, count):
    """Returns where each of `count` shards begins, and the end: (count + 1,).

    Shards are equal ranges of hashes, so that all shards of a split, read one
    after the other, hold its examples in the order of their ids.

    Args:
        hashes: uint64 (N,), ascending.
        count: number of shards.
    """
    space, count = 1 << 4 * HASH_DIGITS, int(count)
    first = np.array([-(-i * space // count) for i in range(count)], np.uint64)
    return np.append(np.searchsorted(hashes, first), len(hashes))
