"""The first pass of a conversion: what the images are, by their content.

It returns the rows of a manifest with what stands for images and patients.
"""

import dataclasses
import typing

import numpy as np

from transfusion_tf.conversion import hash_task, quarantine
from transfusion_tf.data import ids
from transfusion_tf.data import manifest as manifests


class HashedManifest(typing.NamedTuple):
    """What the first pass over the images finds.

    Attributes:
        manifest: its table is as ids.assign returns it, without the images
            that cannot be read, and has only the columns that count; with a
            salt, `patient_key` is the keyed hash of each patient.
        num_bytes: uint64 (N,), size of raw images by the table's index.
        bad: list of quarantine.Bad: images that cannot be read, and those
            that the source knows to be bad.
    """

    manifest: manifests.Manifest
    num_bytes: np.ndarray
    bad: list


def check_salt(salt, manifest):
    """Raises ValueError unless `salt` is None, or bytes that can be used."""
    if salt is None:
        return
    if not isinstance(salt, bytes) or not salt:
        raise ValueError(
            "The salt of patients must be bytes, at least one. Received: "
            f"{'none' if salt == b'' else type(salt).__name__}."
        )
    if not manifest.has_patients:
        raise ValueError(
            "A salt is for the hashes of patients, which are not known here. "
            "Name a column with --patient_column, give --patient_pattern, or "
            "leave --patient_salt_file out."
        )


def identify(manifest, workers, salt):
    """Reads all images; returns the HashedManifest.

    Args:
        manifest: a Manifest.
        workers: an Engine that holds its store.
        salt: bytes or None.
    """
    # Only what goes into the records may decide on their order.
    table = manifest.table[_columns(manifest)].reset_index(drop=True)
    found = hash_task.hashed(table["image"].array, workers)
    bad = [
        quarantine.Bad("", table["image"].iloc[place], reason)
        for place, reason in found.reasons.items()
    ]
    bad += _known_to_be_bad(manifest, workers)
    table["hash"] = found.content
    if salt:
        table["patient_key"] = _keyed(table["patient"], salt)
    is_good = ~np.isin(np.arange(len(table)), list(found.reasons))
    table = ids.assign(table[is_good])
    return HashedManifest(
        dataclasses.replace(manifest, table=table),
        found.num_bytes[is_good],
        bad,
    )


def _columns(manifest):
    optional = [c for c in ("patient", "split") if c in manifest.table]
    return [
        "image",
        *manifest.label_columns,
        *optional,
        *manifest.extra_columns,
    ]


def _known_to_be_bad(manifest, workers):
    """Returns the Bad of the source, with ids of those that can be read."""
    if not manifest.bad:
        return []
    names, reasons = zip(*manifest.bad, strict=True)
    found = hash_task.hashed(names, workers)
    return [
        quarantine.Bad(
            "" if i in found.reasons else ids.text(int(found.content[i])),
            names[i],
            reasons[i],
        )
        for i in range(len(names))
    ]


def _keyed(patients, salt):
    of = {patient: ids.keyed(patient, salt) for patient in patients.unique()}
    return patients.map(of)
