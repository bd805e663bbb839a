"""Conversion: a manifest of raw images becomes a records directory.

Two passes over the images: the first hashes them, from which ids, splits and
shards follow; the second writes the shards. Both run over a process pool. An
audit for leakage may then take images out of finished shards. The bytes
written do not depend on the order of the rows, on the number of workers or on
interruptions: finished shards wait in a hidden work folder, and the directory
appears under its name when all is done.
"""

import dataclasses
import hashlib
import json
import typing

import PIL
from absl import logging

from transfusion_tf import paths
from transfusion_tf.audit import audit as audits
from transfusion_tf.conversion import (
    data_card,
    id_table,
    identify,
    near_grouping,
    quarantine,
    report,
    work_folder,
    write_shards,
)
from transfusion_tf.conversion import engine as engines
from transfusion_tf.conversion import plan as shards
from transfusion_tf.data import carried, official_splits, records
from transfusion_tf.data import manifest as manifests
from transfusion_tf.data import splits as split_rules
from transfusion_tf.images import prepare

MAX_BAD_FRACTION = 0.01


@dataclasses.dataclass(frozen=True, kw_only=True)
class ConvertOptions:
    """How a conversion is done.

    Attributes:
        image_options: an ImageOptions.
        split_options: a SplitOptions. Whether official splits share patients
            is asked of unusable images, too, so that their repair changes
            nothing.
        on_leak: what becomes of a training image with the pixels of a
            validation or test image, one of audit.ON_LEAK.
        near_duplicates: what becomes of near-duplicates, one of
            audit.NEAR_DUPLICATES.
        max_bad_fraction: share of the images that may be unusable; they are
            listed in quarantine.csv and in no shard.
        num_workers: processes; None: one a core, or none for small data.
        engine: function (store, output_dir) that returns an Engine, in place
            of `num_workers` processes.
        overwrite: whether to replace other records in the output directory.
        patient_salt: bytes; `patient` in the records is then a keyed hash, by
            which data sets with the same salt can be linked.
        id_table: path of a private table of which file is which id, outside
            of the output directory, see `id_table`; None: none is written.
    """

    image_options: prepare.ImageOptions = prepare.DEFAULTS
    split_options: split_rules.SplitOptions = split_rules.DEFAULTS
    on_leak: str = "drop"
    near_duplicates: str = "report"
    max_bad_fraction: float = MAX_BAD_FRACTION
    num_workers: int | None = None
    engine: typing.Callable[..., engines.Engine] | None = None
    overwrite: bool = False
    patient_salt: bytes | None = None
    id_table: str | None = None

    def __post_init__(self):
        audits.check_policies(**self.policies)
        if self.num_workers is not None and self.num_workers < 1:
            raise ValueError(
                f"num_workers must be at least 1. Received: {self.num_workers}."
            )
        if not 0 <= self.max_bad_fraction < 1:
            raise ValueError(
                "max_bad_fraction must be at least 0 and below 1. "
                f"Received: {self.max_bad_fraction}."
            )

    @property
    def policies(self):
        """What becomes of leaks and near-duplicates, as audit.audit takes."""
        return {
            "on_leak": self.on_leak,
            "near_duplicates": self.near_duplicates,
        }

    @property
    def settings(self):
        """All that changes the records, as plain values."""
        return {
            "images": dataclasses.asdict(self.image_options),
            "splits": self.split_options.fingerprint_settings(),
            **self.policies,
        }


DEFAULTS = ConvertOptions()


def convert(manifest, output_dir, options=DEFAULTS):
    """Writes the records of `manifest` to `output_dir`/1.0.0.

    A conversion that is there already is kept if it must come out the same;
    one that was interrupted, or failed because of some images, goes on with
    what is missing.

    Args:
        manifest: a Manifest.
        output_dir: the directory above the version directory.
        options: a ConvertOptions.

    Returns:
        path of the version directory.

    Raises:
        ValueError: the manifest or too many images are not usable, images
            leak and `on_leak` is "error", or `output_dir` has other records
            and `overwrite` is not set; or the table of ids has a wrong place.
        OSError: reading or writing failed.
    """
    manifest = _checked(manifest, output_dir, options)
    output_dir = paths.path(output_dir)
    root = output_dir / records.VERSION
    limit = quarantine.Limit(
        len(manifest.table) + len(manifest.bad), options.max_bad_fraction
    )
    engine = _engine(manifest, options)
    with (
        work_folder.output_folder(output_dir),
        engine(manifest.store, output_dir) as workers,
    ):
        work_folder.require_records(root)
        found = identify.identify(manifest, workers, options.patient_salt)
        limit.check(found.bad, "Nothing has been written yet.")
        configuration = shards.fingerprint(found.manifest, options.settings)
        is_needed = options.overwrite or not _is_up_to_date(
            root, configuration, limit
        )
        if options.id_table is not None:  # Also of records that are there.
            id_table.write(options.id_table, found)
        if is_needed:
            plan = _plan(found, workers, options)
            folder = _work_folder(output_dir, options.image_options)
            converted, bad = write_shards.write_shards(
                plan, folder, workers, found.bad, limit
            )
            del found, plan  # The audit needs memory, and not these.
            card = _finish(
                converted, bad, manifest.rows, workers, options, configuration
            )
            del converted
            records.write_metadata(folder.ready, card)
            folder.publish(root)
        for abandoned in output_dir.glob(".work-*"):
            paths.remove_tree(abandoned)  # This conversion's is among them.
    return root


def _checked(manifest, output_dir, options):
    """The manifest with its splits, where it can be converted so."""
    manifest.check()
    carried.check(manifest)
    identify.check_salt(options.patient_salt, manifest)
    manifest = _with_splits(manifest, options.split_options)
    if options.id_table is not None:
        id_table.check(options.id_table, output_dir)
    return manifest


def _engine(manifest, options):
    return options.engine or engines.of_processes(options.num_workers, manifest)


def _work_folder(output_dir, image_options):
    """The WorkFolder of images that are prepared so, as it was left."""
    name = f".work-{_preparation(image_options)}"
    folder = work_folder.WorkFolder(output_dir / name)
    folder.restore()
    return folder


def _plan(found, workers, options):
    """Returns the ShardPlan of a HashedManifest."""
    manifest = found.manifest
    kinds = {
        "image_options": options.image_options,
        "split_options": options.split_options,
    }
    if options.near_duplicates == "group":
        manifest = near_grouping.grouped(manifest, workers, **kinds)
    return shards.plan(manifest, found.num_bytes, **kinds)


def _with_splits(manifest, options):
    """Returns the manifest without its splits where they are not kept."""
    table, note = official_splits.resolve(manifest.table, options)
    source = manifest.source
    if note:
        source = {**source, "official_splits": note}
    manifest = dataclasses.replace(manifest, table=table, source=source)
    if "split" in table:
        manifests.check_classes_of_train(manifest)
    return manifest


def _is_up_to_date(root, configuration, limit):
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
        shards.FORMAT,
        dataclasses.asdict(image_options),
        PIL.__version__,
    ]
    return hashlib.sha256(json.dumps(what).encode()).hexdigest()[:16]


def _finish(converted, bad, rows, workers, options, configuration):
    """Audits the shards, and puts together all files but the metadata.

    Args:
        converted: the ConvertedShards.
        bad: list of quarantine.Bad.
        rows: see Manifest.
        workers: an Engine.
        options: the ConvertOptions.
        configuration: see DataCard.

    Returns:
        The DataCard.
    """
    data_card.bit_depth(converted)  # Before longer work.
    audit = audits.audit(converted.for_audit(), **options.policies)
    left = converted.without(audit.dropped, workers)
    folder = converted.folder
    folder.keep_only({*converted.digests, *left.digests})
    card = data_card.card(
        left,
        audit=audit.summary,
        configuration=configuration,
        quarantined=len(bad),
    )
    report.log_findings(card, bad)
    audits.write(audit, folder.ready, converted.image)
    quarantine.write(folder.ready, bad, rows)
    report.write_notes(folder.ready, left.notes)
    file_names = [shard.file for shard in converted.plan.shards]
    folder.assemble(dict(zip(left.digests, file_names, strict=True)))
    return card
