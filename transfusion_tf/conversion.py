"""Conversion: a manifest of raw images becomes a records directory.

Two passes over the images: the first hashes them, from which ids, splits and
shards follow; the second writes the shards. Both run over a process pool. The
bytes written do not depend on the order of the rows, on the number of workers
or on interruptions: finished shards wait in a hidden work folder, and the
directory appears under its name when all is done.
"""

import contextlib
import dataclasses
import os
import pathlib
import shutil
import tempfile

import numpy as np
import pandas as pd
from absl import logging

from transfusion_tf import hashing, pool, shards
from transfusion_tf.data import images, official_splits, records, stores
from transfusion_tf.data import manifest as manifests
from transfusion_tf.data import splits as split_rules


def convert(
    manifest,
    output_dir,
    *,
    image_options=images.DEFAULTS,
    split_options=split_rules.DEFAULTS,
    num_workers=None,
    max_bad_fraction=0.0,
    overwrite=False,
):
    """Writes the records of `manifest` to `output_dir`/1.0.0.

    A conversion that is there already is kept if it must come out the same;
    one that was interrupted goes on with the missing shards.

    Args:
        manifest: a Manifest.
        output_dir: the directory above the version directory.
        image_options: an images.Options.
        split_options: a splits.Options. Whether official splits share
            patients is asked of unusable images, too, so that their repair
            changes nothing.
        num_workers: processes; None: one a core, or none for small data.
        max_bad_fraction: share of the images that may be unusable; they are
            listed in quarantine.csv and otherwise as if they did not exist.
        overwrite: whether to replace other records in `output_dir`.

    Returns:
        pathlib.Path of the version directory.

    Raises:
        ValueError: the manifest or too many images are not usable, or
            `output_dir` has other records and `overwrite` is not set.
        OSError: reading or writing failed.
    """
    settings = {
        "images": dataclasses.asdict(image_options),
        "splits": split_options.decisive(),
    }
    _check_settings(num_workers, max_bad_fraction)
    manifest.check()
    manifest = _with_splits(manifest, split_options)
    output_dir = pathlib.Path(output_dir)
    root = output_dir / records.VERSION
    num_workers = num_workers or _num_workers(manifest)
    with _made(output_dir), pool.Pool(manifest.store, num_workers) as workers:
        table, bad = hashing.hashed(manifest, workers)
        configuration = hashing.fingerprint(manifest, table, settings)
        if not overwrite and _is_there(
            root, configuration, max_bad_fraction * len(table)
        ):
            return root
        work = output_dir / f".work-{configuration[:16]}"
        try:
            plan, results, bad = _written(
                dataclasses.replace(manifest, table=table),
                bad,
                work,
                workers,
                image_options=image_options,
                split_options=split_options,
                max_bad_fraction=max_bad_fraction,
            )
            card = shards.card(
                plan, results, configuration=configuration, quarantined=len(bad)
            )
        except ValueError:
            # Such data have to change, and then other shards are needed.
            shutil.rmtree(work, ignore_errors=True)
            raise
        _publish(plan, card, bad, root)
        for left in output_dir.glob(".work-*"):
            shutil.rmtree(left)  # Of this conversion and of abandoned ones.
    return root


def _with_splits(manifest, options):
    """Returns the manifest without its splits where they are not kept."""
    table, note = official_splits.settle(manifest.table, options)
    source = manifest.source
    if note:
        source = {**source, "official_splits": note}
    manifest = dataclasses.replace(manifest, table=table, source=source)
    if "split" in table:
        manifests.check_classes_of_train(manifest)
    return manifest


def _check_settings(num_workers, max_bad_fraction):
    if num_workers is not None and num_workers < 1:
        raise ValueError(
            f"num_workers must be at least 1. Received: {num_workers}."
        )
    if not 0 <= max_bad_fraction < 1:
        raise ValueError(
            "max_bad_fraction must be at least 0 and below 1. "
            f"Received: {max_bad_fraction}."
        )


def _num_workers(manifest):
    """Chooses the number of processes from a few images.

    Each process takes seconds to import TensorFlow.
    """
    table = manifest.table
    sample = table["image"].iloc[np.linspace(0, len(table) - 1, 16, dtype=int)]
    sizes = []
    for image in sample:
        try:
            raw = manifest.store.read(image)
        except stores.ReadError:
            continue  # Will be met, and told, again.
        sizes.append(raw.nbytes if isinstance(raw, np.ndarray) else len(raw))
    is_small = len(table) < 20_000 and np.mean(sizes or 0) * len(table) < 5e7
    return 1 if is_small else pool.num_cores()


@contextlib.contextmanager
def _made(output_dir):
    """Makes `output_dir`, and takes it away if nothing has come into it."""
    output_dir.mkdir(parents=True, exist_ok=True)
    try:
        tempfile.TemporaryFile(dir=output_dir).close()  # Before hours of work.
        yield
    finally:
        with contextlib.suppress(OSError):
            output_dir.rmdir()


def _is_there(root, configuration, most_bad):
    """Whether `root` has the records of `configuration`, undamaged.

    Records that left out more than `most_bad` images do not count.
    """
    if not root.exists():
        return False
    try:
        card = records.read_card(root)
    except (FileNotFoundError, ValueError):
        card = None
    if card is None or card.configuration != configuration:
        raise ValueError(
            f"{root} is there already and was made from other images, labels "
            "or settings. Give --overwrite to replace it, or another "
            "--output_dir."
        )
    if card.quarantined > most_bad:
        return False
    try:
        records.open_records(root, verify=True)
    except (FileNotFoundError, ValueError) as error:
        logging.warning("%s It is made anew.", error)
        return False
    return True


def _written(manifest, bad, work, workers, *, max_bad_fraction, **options):
    """Writes all shards; returns the plan, the results and all bad images.

    Where bad images are found and allowed, everything is planned again
    without them, so that they leave no trace in ids, splits and shards.
    """
    table = manifest.table
    while True:
        _check_bad(bad, len(table), max_bad_fraction)
        good = ~table["image"].isin([image for _, image, _ in bad])
        plan = shards.plan(
            dataclasses.replace(manifest, table=table[good]),
            work=work,
            **options,
        )
        plan.shards.mkdir(parents=True, exist_ok=True)
        plan.done.mkdir(exist_ok=True)
        results, new = [], []
        with hashing.progress("Writing", int(good.sum())) as bar:
            for task, result in workers.run(shards.write, shards.tasks(plan)):
                image_of = {row["id"]: row["image"] for row in task["rows"]}
                new += [(i, image_of[i], why) for i, why in result["bad"]]
                _check_bad(bad + new, len(table), max_bad_fraction)
                results.append(result)
                bar.update(len(task["rows"]))
        if not new:
            return plan, results, bad
        bad = bad + new


def _check_bad(bad, num_images, max_fraction):
    """Raises ValueError, naming images, if more are bad than allowed."""
    if len(bad) <= max_fraction * num_images:
        return
    _, image, reason = bad[0]
    others = [image for _, image, _ in bad[1:]]
    also = f" So are {manifests.examples(others)}." if others else ""
    raise ValueError(
        f"Image {image!r} cannot be used: {reason}.{also} Repair or remove "
        "it, or let such images be left out with --max_bad_fraction=0.01."
    )


def _publish(plan, card, bad, root):
    """Completes the folder of shards and gives it its final name."""
    whole = {
        shard["file"] for entries in card.shards.values() for shard in entries
    }
    for path in plan.shards.iterdir():
        if path.name not in whole:
            path.unlink()  # What a killed process was writing.
    quarantine = pd.DataFrame(
        [(image_id, reason) for image_id, _, reason in sorted(bad, key=str)],
        columns=["id", "reason"],
    )
    # No file name: it may tell who the patient is.
    quarantine.to_csv(plan.shards / records.QUARANTINE, index=False)
    records.write_metadata(plan.shards, card)
    if root.exists():
        os.replace(root, plan.folder / "replaced")
    os.replace(plan.shards, root)
