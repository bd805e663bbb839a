"""A private table that says which raw file is behind each id.

Records, and all that is made of them, name images by ids alone. Who owns the
raw data may want to look an image up; names of files may name a patient, so
the table is written only where it is asked for, never among the records, and
for its owner's eyes: mode 0600.
"""

import csv
import os
import pathlib

from transfusion_tf import files, paths

COLUMNS = ("id", "private_file")
_MODE = 0o600  # Read and written by its owner, and by nobody else.
_HEADER = ",".join(COLUMNS)


def check(path, output_dir):
    """Raises ValueError unless a table can be written to `path`.

    Args:
        path: of the table, on a disk.
        output_dir: of the records; outside of which `path` has to be, also
            where links lead into it.
    """
    if paths.is_remote(path):
        raise ValueError(
            f"--id_table={path} is not on a disk, where a file can be kept "
            "from others. Give a path on one."
        )
    place = _resolved(path)
    if not paths.is_remote(output_dir) and place.is_relative_to(
        _resolved(output_dir)
    ):
        raise ValueError(
            f"--id_table={path} is in the directory of the records "
            f"({output_dir}), which may be handed on. Give a path outside."
        )
    if not place.parent.is_dir():
        raise ValueError(
            f"--id_table={path}: there is no directory {place.parent}. Make it."
        )
    if place.exists() and not _is_table(place):
        raise ValueError(
            f"--id_table={path} is there already, and is no table of ids, "
            "which alone is replaced. Give another path."
        )


def write(path, hashed):
    """Writes the table whole or not at all, sorted by id.

    It has all images whose bytes can be read, also those that the records
    leave out: quarantine.csv and audit.csv name them by these ids.

    Args:
        path: that `check` has passed.
        hashed: an identify.HashedManifest.

    Raises:
        OSError: it cannot be written.
    """
    place = _resolved(path)
    table = hashed.manifest.table
    rows = list(zip(table["id"], map(str, table["image"]), strict=True))
    rows += [(bad.id, str(bad.image)) for bad in hashed.bad if bad.id]
    rows.sort()
    with files.naming_failures(path), files.atomic_write(place) as temporary:
        # Private from its first byte on.
        descriptor = os.open(
            temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MODE
        )
        with open(
            descriptor,
            "w",
            encoding="utf-8",
            errors="surrogateescape",
            newline="",
        ) as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(COLUMNS)
            writer.writerows(rows)


def _resolved(path):
    """The absolute path that links lead to."""
    return pathlib.Path(path).resolve()


def _is_table(place):
    """Whether a file begins as those that `write` has written."""
    if not place.is_file():
        return False
    with place.open("rb") as stream:
        return stream.readline(100).decode("latin-1").strip() == _HEADER
