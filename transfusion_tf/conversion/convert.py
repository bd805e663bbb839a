"""Conversion: a manifest of raw images becomes a records directory.

Two passes over the images: the first hashes them, from which ids, splits and
shards follow; the second writes the shards. Both run over a process pool. An
audit for leakage may then take images out of finished shards. The bytes
written do not depend on the order of the rows, on the number of workers or on
interruptions: finished shards wait in a hidden work folder, and the directory
appears under its name when all is done.
"""

import contextlib
import dataclasses
import hashlib
import json

import numpy as np
import PIL
from absl import logging

from transfusion_tf import paths
from transfusion_tf.audit import audit as audits
from transfusion_tf.conversion import (
    data_card,
    hashing,
    identify,
    near_grouping,
    quarantine,
    report,
    work_folder,
    write_shards,
)
from transfusion_tf.conversion import plan as shards
from transfusion_tf.data import manifest as manifests
from transfusion_tf.data import official_splits, records
from transfusion_tf.data import splits as split_rules
from transfusion_tf.images import prepare
from transfusion_tf.process import pool
from transfusion_tf.stores import archives

MAX_BAD_FRACTION = 0.01
# Below this much work, counted in raw bytes, processes take longer to start
# than they save. An image takes what this many bytes do, however small.
_SMALL_WORK = 3e7
_WORK_OF_AN_IMAGE = 1e4


def convert(
    manifest,
    output_dir,
    *,
    image_options=prepare.DEFAULTS,
    split_options=split_rules.DEFAULTS,
    on_leak="drop",
    near_duplicates="report",
    max_bad_fraction=MAX_BAD_FRACTION,
    num_workers=None,
    engine=None,
    overwrite=False,
    patient_salt=None,
):
    """Writes the records of `manifest` to `output_dir`/1.0.0.

    A conversion that is there already is kept if it must come out the same;
    one that was interrupted, or failed because of some images, goes on with
    what is missing.

    Args:
        manifest: a Manifest.
        output_dir: the directory above the version directory.
        image_options: an images.Options.
        split_options: a splits.Options. Whether official splits share
            patients is asked of unusable images, too, so that their repair
            changes nothing.
        on_leak: what becomes of a training image with the pixels of a
            validation or test image, one of audit.ON_LEAK.
        near_duplicates: what becomes of images that look like others, one of
            audit.NEAR_DUPLICATES.
        max_bad_fraction: share of the images that may be unusable; they are
            listed in quarantine.csv and in no shard.
        num_workers: processes; None: one a core, or none for small data.
        engine: function (store, output_dir) that returns what runs tasks as a
            pool.Pool does, in the place of one with `num_workers`.
        overwrite: whether to replace other records in `output_dir`.
        patient_salt: bytes; `patient` in the records is then a keyed hash, by
            which data sets with the same salt can be linked.

    Returns:
        path of the version directory.

    Raises:
        ValueError: the manifest or too many images are not usable, images
            leak and `on_leak` is "error", or `output_dir` has other records
            and `overwrite` is not set.
        OSError: reading or writing failed.
    """
    policies = {"on_leak": on_leak, "near_duplicates": near_duplicates}
    settings = {
        "images": dataclasses.asdict(image_options),
        "splits": split_options.decisive(),
        **policies,
    }
    audits.check_policies(**policies)
    _check_settings(num_workers, max_bad_fraction)
    manifest.check()
    identify.check_salt(patient_salt, manifest)
    manifest = _with_splits(manifest, split_options)
    output_dir = paths.path(output_dir)
    root = output_dir / records.VERSION
    limit = quarantine.Limit(
        len(manifest.table) + len(manifest.bad), max_bad_fraction
    )
    engine = engine or _pool_of(num_workers or _num_workers(manifest))
    with (
        work_folder.output_folder(output_dir),
        engine(manifest.store, output_dir) as workers,
    ):
        work_folder.require_records(root)
        found = identify.identify(manifest, workers, patient_salt)
        if limit.exceeded(len(found.bad)):
            raise limit.refusal(found.bad, "Nothing has been written yet.")
        configuration = hashing.fingerprint(found.manifest, settings)
        if overwrite or not _is_there(root, configuration, limit):
            if near_duplicates == "group":
                grouped = near_grouping.grouped(
                    found.manifest,
                    workers,
                    image_options=image_options,
                    split_options=split_options,
                )
                found = found._replace(manifest=grouped)
            plan = shards.plan(
                found.manifest,
                found.num_bytes,
                image_options=image_options,
                split_options=split_options,
            )
            folder = work_folder.WorkFolder(
                output_dir / f".work-{_preparation(image_options)}"
            )
            folder.restore()
            done, bad = write_shards.run(
                plan, folder, workers, found.bad, limit
            )
            del found, plan  # Memory for TensorFlow, which comes last.
            card = _audited(
                done, bad, manifest.rows, workers, policies, configuration
            )
            del done
            records.write_metadata(folder.ready, card)
            folder.publish(root)
        for rest in output_dir.glob(".work-*"):
            paths.remove_tree(rest)  # Of this conversion and of abandoned ones.
    return root


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


def _pool_of(num_workers):
    return lambda store, output_dir: pool.Pool(
        store, num_workers, continues=True
    )


def _num_workers(manifest):
    """Chooses the number of processes from a few images."""
    images_ = manifest.table["image"]
    places = np.linspace(0, len(images_) - 1, 16, dtype=int)
    sizes = []
    for image in images_.iloc[places]:
        with contextlib.suppress(archives.ReadError):  # Will be met again.
            raw = archives.read(manifest.store, image)
            sizes.append(memoryview(raw).nbytes)
    work = len(images_) * (np.mean(sizes or [0]) + _WORK_OF_AN_IMAGE)
    return 1 if work < _SMALL_WORK else pool.num_cores()


def _is_there(root, configuration, limit):
    """Whether `root` has the records of `configuration`, undamaged.

    Records that left out more images than `limit` allows do not count.
    """
    if not work_folder.is_published(root):
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
    if limit.exceeded(card.quarantined):
        return False
    try:
        records.open_records(root, verify=True)
    except (FileNotFoundError, ValueError) as error:
        logging.warning("%s It is made anew.", error)
        return False
    return True


def _preparation(image_options):
    """Returns a name for what is done to images, which a work folder has."""
    what = [
        hashing.FORMAT,
        dataclasses.asdict(image_options),
        PIL.__version__,
    ]
    return hashlib.sha256(json.dumps(what).encode()).hexdigest()[:16]


def _audited(done, bad, rows, workers, policies, configuration):
    """Puts together all but the metadata; returns the DataCard.

    Args:
        done: a Written.
        bad: list of quarantine.Bad.
        rows: see Manifest.
        workers: a pool.Pool.
        policies: what audits.audit takes of `convert`.
        configuration: see DataCard.
    """
    data_card.bit_depth(done)  # Before longer work.
    audit = audits.audit(done.for_audit(), **policies)
    left = done.without(audit.dropped, workers)
    folder = done.folder
    folder.keep_only({*done.digests, *left.digests})
    card = data_card.card(
        left,
        audit=audit.summary,
        configuration=configuration,
        quarantined=len(bad),
    )
    report.tell(card, bad)
    audits.write(audit, folder.ready, done.image)
    quarantine.write(folder.ready, bad, rows)
    report.write_notes(folder.ready, left.notes)
    file_names = [shard.file for shard in done.plan.shards]
    folder.assemble(dict(zip(left.digests, file_names, strict=True)))
    return card
