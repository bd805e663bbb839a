"""The data card of a conversion."""

import collections
import dataclasses
import hashlib

import numpy as np
import PIL

from transfusion_tf.audit import label_columns
from transfusion_tf.data import carried, records, splits
from transfusion_tf.data import manifest as manifests


def card(written, *, audit, configuration, quarantined):
    """Returns the DataCard.

    Args:
        written: a ConvertedShards.
        audit: the summary of an Audit.
        configuration: see DataCard.
        quarantined: number of images left out.

    Raises:
        ValueError: some images have 8 bits and others 16.
    """
    plan, facts, manifest = written.plan, written.facts, written.manifest
    entries = {split: [] for split in plan.made}
    for shard, result in zip(plan.shards, written.results, strict=True):
        entries[shard.split].append(result["entry"])
    checksums = [e["sha256"] for part in entries.values() for e in part]
    patients_in_common, by_pair = _patients_in_common(manifest)
    kept = int(facts["kept"].sum())
    return records.DataCard(
        name=manifest.name,
        task=manifest.task,
        classes=manifest.classes,
        channels=int(facts["channels"].max()),
        bit_depth=bit_depth(written),
        image_size=_only_side(facts),
        has_patients=manifest.has_patients,
        counts=manifests.counts(manifest),
        num_examples={
            split: sum(entry["examples"] for entry in part)
            for split, part in entries.items()
        },
        shards=entries,
        splits=plan.made,
        grouped_by="patient" if manifest.has_patients else "none",
        patients_in_common=patients_in_common,
        patients_in_common_by_pair=by_pair,
        images_by_channels=_counts(facts["channels"]),
        notes=dict(
            sorted(collections.Counter(n for _, n in written.notes).items())
        ),
        audit=audit,
        preprocessing={
            **dataclasses.asdict(plan.image_options),
            "kept": kept,
            "encoded_anew": len(facts) - kept,
            "pillow": PIL.__version__,
        },
        source=_source(plan.manifest),
        quarantined=quarantined,
        fingerprint=hashlib.sha256("".join(checksums).encode()).hexdigest(),
        configuration=configuration,
        extra_columns=manifest.extra_columns,
        extra_values=carried.counts(manifest),
        tells_label=label_columns.of_manifest(manifest),
    )


def _patients_in_common(manifest):
    """Returns how many patients are in several splits, and that by pair."""
    if not manifest.has_patients:
        return 0, {}
    columns = manifest.table["patient"], manifest.table["split"]
    return splits.patients_in_common(*columns), splits.in_common(*columns)


def _counts(values):
    """Returns {value as text: how often}, as JSON has it."""
    found, counts = np.unique(values, return_counts=True)
    return {str(v): int(n) for v, n in zip(found, counts, strict=True)}


def bit_depth(written):
    """Returns the bit depth, 8 or 16, of all images.

    Raises ValueError, which names images, if they have not all the same.
    """
    depths = written.facts["bit_depth"]
    counts = _counts(depths)
    if len(counts) > 1:
        rare = min(counts, key=counts.get)
        places = written.rows[depths == int(rare)]
        named = written.plan.manifest.table["image"].iloc[places]
        raise ValueError(
            f"{counts['8']:,} images have 8 bits and {counts['16']:,} have 16 "
            f"({rare} bits: {manifests.examples(named)}); a data set has one "
            "of the two. Convert the others beforehand, or make two data sets."
        )
    return int(depths[0])


def _only_side(facts):
    sides = {*np.unique(facts["width"]), *np.unique(facts["height"])}
    return int(sides.pop()) if len(sides) == 1 else None


def _source(manifest):
    if "sha256" in manifest.source:
        return dict(manifest.source)
    # A directory has no bytes of its own: its images stand for it.
    digest = hashlib.sha256()
    for image_id in manifest.table["id"]:
        digest.update(image_id.encode())
    return {**manifest.source, "sha256_of_ids": digest.hexdigest()}
