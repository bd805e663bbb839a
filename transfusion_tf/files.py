"""Writing files so that a reader sees the old one or the new one, whole."""

import contextlib
import csv
import errno
import hashlib
import io
import json
import os
import pathlib
import shutil
import uuid

from transfusion_tf import paths

TEMPORARY_GLOB = ".tmp-*"
# The data card of 100,000 shards has a third of this. Empty lists take twenty
# times as much in memory.
MAX_JSON_BYTES = 2**26
_READ_AT_ONCE = 2**20


@contextlib.contextmanager
def atomic_write(path):
    """Yields a temporary path beside `path`, which takes its place on success.

    The suffix is kept, because some writers choose the format by it. If the
    block raises, the temporary file is removed and `path` is as it was. In an
    object store, where a file is there once it is closed, that is so, too.
    """
    path = paths.path(path)
    # Machines that share a disk give their processes the same numbers.
    unique = uuid.uuid4().hex[:12]
    temporary = path.with_name(f".tmp-{unique}-{path.name}")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def naming_failures(path):
    """Turns an OSError of the block into one whose one line names `path`."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or error
        raise OSError(f"Cannot write {path}: {reason}.") from None


def require_space(path, num_bytes):
    """Raises OSError unless the disk of `path` has `num_bytes` left.

    For writers that do not survive a full disk: HDF5 ends the whole process.
    """
    free = shutil.disk_usage(pathlib.Path(path).parent).free
    if free < num_bytes:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))


def write_text(path, text):
    """Writes `text` (UTF-8) atomically."""
    with atomic_write(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_bytes(path, data):
    """Writes `data` atomically; an OSError names `path`."""
    with naming_failures(path), atomic_write(path) as temporary:
        temporary.write_bytes(data)


def write_json(path, value):
    """Writes `value` as indented JSON with sorted keys, atomically."""
    text = json.dumps(value, indent=1, sort_keys=True, allow_nan=False)
    write_text(path, text + "\n")


def write_csv(path, rows):
    """Writes tuples as CSV, whole or not at all."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    write_bytes(path, text.getvalue().encode())


def read_json(path):
    """Returns the JSON value in `path`; ValueError names a damaged file.

    NaN and infinity, which are no JSON, are refused.
    """
    place = paths.path(path)
    try:
        if paths.size(place) > MAX_JSON_BYTES:
            raise ValueError(f"it has more than {MAX_JSON_BYTES:,} bytes")
        return json.loads(place.read_bytes(), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise ValueError(
            f"{path} is not readable as JSON ({one_line(error)})."
        ) from None


def _refuse_constant(name):
    raise ValueError(f"{name} is no number of JSON")


def plain(value):
    """`value` as it would come back from JSON: lists for tuples, and so on."""
    return json.loads(json.dumps(value))


def file_sha256(path):
    """SHA-256 of a file, in hex."""
    digest = hashlib.sha256()
    with paths.path(path).open("rb") as file:
        while part := file.read(_READ_AT_ONCE):
            digest.update(part)
    return digest.hexdigest()


def one_line(error, length=200):
    """Returns what an exception says on one line of at most `length`."""
    text = " ".join(str(error).split())
    return text if len(text) <= length else text[: length - 3] + "..."
