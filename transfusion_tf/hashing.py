"""The first pass of a conversion: what the images are, by their content."""

import hashlib
import json

import numpy as np
import tqdm

from transfusion_tf.data import ids, stores

# Goes up when the same raw data and settings give other records.
FORMAT = 1
_HASHES_PER_TASK = 500


def hashed(manifest, workers):
    """Returns the table of the images with their `hash`, and bad images.

    A bad image is a triple (id, image, reason); here the id is unknown.

    Args:
        manifest: a Manifest.
        workers: a pool.Pool that holds the manifest's store.
    """
    # Only what goes into the records may decide on their order.
    table = manifest.table[_columns(manifest)].reset_index(drop=True)
    places = np.arange(len(table))
    tasks = [
        table["image"].iloc[chunk].tolist()
        for chunk in np.array_split(places, -(-len(table) // _HASHES_PER_TASK))
    ]
    found, bad = {}, []
    with progress("Reading", len(table)) as bar:
        for task, hashes in workers.run(_hash, tasks):
            for image, (content_hash, reason) in zip(task, hashes, strict=True):
                found[image] = content_hash
                if reason:
                    bad.append(("", image, reason))
            bar.update(len(task))
    return table.assign(hash=table["image"].map(found)), bad


def _hash(store, task):
    """Returns (hash, None) for each image of `task`, or ("", reason)."""
    result = []
    for image in task:
        try:
            result.append((ids.content_hash(store.read(image)), None))
        except stores.ReadError as error:
            result.append(("", str(error)))
    return result


def fingerprint(manifest, table, settings):
    """Returns a SHA-256 that tells apart all that changes the records.

    Args:
        manifest: a Manifest.
        table: what `hashed` returned for it.
        settings: dict of plain values.
    """
    head = [
        FORMAT,
        manifest.name,
        manifest.task,
        manifest.classes,
        manifest.extra_columns,
        settings,
    ]
    rows = ids.assign(table).drop(columns="image")
    text = json.dumps(head) + rows.to_csv(index=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _columns(manifest):
    optional = [c for c in ("patient", "split") if c in manifest.table]
    return [
        "image",
        *manifest.label_columns,
        *optional,
        *manifest.extra_columns,
    ]


def progress(what, num_images):
    """A progress bar on a terminal; nothing in logs and pipes."""
    return tqdm.tqdm(desc=what, total=num_images, unit=" images", disable=None)
