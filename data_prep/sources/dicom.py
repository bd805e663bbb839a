"""DICOM files in a tree, and a CSV file that gives their labels.

The table is that of --source=csv, with the columns path, label and, if known,
patient and split. Without a column patient and without --patient_pattern the
files' headers say which images are of one patient; what a header says groups
the images, and does not reach the records. Files that the table does not name
are left alone; one that it names and that is no DICOM file is left out and
reported.
"""

import dataclasses

from absl import logging

from data_prep.sources import csv_table
from data_prep.sources.common import table_options
from transfusion_tf import progress


@table_options.taken_by
def manifest(options):
    """Returns the manifest of the DICOM files that `labels` names.

    Reads all of them where neither table nor pattern gives the patients.

    Args:
        options: TableOptions, whose fields are the keyword arguments.

    Raises:
        FileNotFoundError: there is nothing at `input` or `labels`.
        ValueError: as `csv_table.manifest`; or no file can be read.
    """
    manifest = csv_table.manifest(**vars(options))
    manifest = dataclasses.replace(
        manifest, source={**manifest.source, "kind": "dicom"}
    )
    if manifest.has_patients:
        return manifest
    return _with_patients(manifest, options.input)


def _with_patients(manifest, place):
    """Reads all headers for the column patient."""
    found, bad = {}, []
    images = manifest.table["image"]
    with progress.bar("Reading headers", len(images), unit="images") as bar:
        for image in images:
            try:
                found[image] = _patient(manifest.store.read(image))
            except ValueError as error:
                bad.append((image, str(error)))
            bar.update()
    if not found:
        raise ValueError(
            f"None of the {len(bad):,} files of {place} that the table names "
            f"can be read. {bad[0][0]!r}: {bad[0][1]}"
        )
    if without := sum(not patient for patient in found.values()):
        logging.warning(
            "%d of %d headers name no patient; such an image counts as a "
            "patient of its own.",
            without,
            len(found),
        )
    table = manifest.table[images.isin(found.keys())].reset_index(drop=True)
    # A prefix each: no name of a file can be that of a patient.
    patients = [
        f"patient {found[image]}" if found[image] else f"image {image}"
        for image in table["image"]
    ]
    return dataclasses.replace(
        manifest,
        table=table.assign(patient=patients),
        bad=(*manifest.bad, *bad),
    )


def _patient(raw):
    """Returns what identifies the patient in a file's bytes, or None.

    Raises ValueError if they are no DICOM file, or damaged.
    """
    from transfusion_tf.images import dicom

    return dicom.patient_of(raw)
