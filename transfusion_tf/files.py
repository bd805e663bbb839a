"""Files that readers see whole, old or new, and that one process writes."""

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import pathlib
import shutil
import uuid

from absl import logging

from transfusion_tf import paths
from transfusion_tf.process.errors import one_line

TEMPORARY_GLOB = ".tmp-*"
# The data card of 100,000 shards has a third of this. Empty lists take twenty
# times as much in memory.
MAX_JSON_BYTES = 2**26
_READ_AT_ONCE = 2**20
# What a directory answers on disks that cannot flush directories.
_NOT_FLUSHED = (errno.EINVAL, errno.ENOTSUP, errno.EBADF)


@contextlib.contextmanager
def atomic_write(path, *, flushed=True):
    """Yields a temporary path beside `path`, which takes its place on success.

    The suffix is kept, because some writers choose the format by it. If the
    block raises, the temporary file is removed and `path` is as it was.

    Unless `flushed` is False, that holds after a power failure, too, and
    `path` is the new file if the block had ended. To be left out only where a
    file is checked when it is read, and cheap to make again. In an object
    store a file is there once it is closed.
    """
    path = paths.path(path)
    # Machines that share a disk give their processes the same numbers.
    unique = uuid.uuid4().hex[:12]
    temporary = path.with_name(f".tmp-{unique}-{path.name}")
    try:
        yield temporary
        if flushed:
            # A disk may keep the new name and lose the content.
            flush(temporary)
        temporary.replace(path)
        if flushed:
            flush(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def flush(path):
    """Has the disk keep a file, or the names in a directory, by now."""
    if paths.is_remote(path):
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if not (path.is_dir() and error.errno in _NOT_FLUSHED):
            raise
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def locked(path, busy=None):
    """Holds the lock `path`, a file that is there for as long as it is held.

    The system lets go of a lock when its process ends, however that ends; a
    file that is left then locks nothing. A disk without locks is warned of.

    Args:
      path: file, made and removed here; its directory exists.
      busy: what to say where another process holds the lock; None: wait.

    Raises:
      ValueError: `busy`.
      OSError: the file cannot be made.
    """
    descriptor = _lock(pathlib.Path(path), busy)
    try:
        yield
    finally:
        # First: who waits for it sees by its absence that it is a lock no more.
        with contextlib.suppress(OSError):
            pathlib.Path(path).unlink()
        os.close(descriptor)


def _lock(path, busy):
    """Returns the descriptor of the file that is at `path`, locked."""
    kind = fcntl.LOCK_EX | (fcntl.LOCK_NB if busy else 0)
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.flock(descriptor, kind)
        except BlockingIOError:
            os.close(descriptor)
            raise ValueError(busy) from None
        except OSError as error:
            logging.warning(
                "%s cannot be locked (%s); see to it that one process at a "
                "time writes there.",
                path.parent,
                error.strerror,
            )
            return descriptor
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(descriptor), path.stat()):
                return descriptor
        os.close(descriptor)  # Its last holder has removed it meanwhile.


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


def write_text(path, text, *, flushed=True):
    """Writes `text` (UTF-8), see `atomic_write`."""
    with atomic_write(path, flushed=flushed) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_bytes(path, data, *, flushed=True):
    """Writes `data`, see `atomic_write`; an OSError names `path`."""
    with (
        naming_failures(path),
        atomic_write(path, flushed=flushed) as temporary,
    ):
        temporary.write_bytes(data)


def write_json(path, value, *, flushed=True):
    """Writes `value` as JSON with sorted keys, see `atomic_write`."""
    text = json.dumps(value, indent=1, sort_keys=True, allow_nan=False)
    write_text(path, text + "\n", flushed=flushed)


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


def read_object(path, advice, **kinds):
    """Returns the JSON object in `path`, a dict.

    Args:
      path: the file.
      advice: a sentence on what to do where it is damaged.
      **kinds: type of each key that must be in it.

    Raises:
      FileNotFoundError: there is no such file.
      ValueError: it is no JSON object, or not one of this content.
    """
    try:
        found = read_json(path)
    except ValueError as error:
        raise ValueError(f"{error} {advice}") from None
    reason = "no JSON object" if not isinstance(found, dict) else None
    for key, kind in kinds.items() if not reason else ():
        # By `type`, as `True` is an instance of int.
        if type(found.get(key)) is not kind:
            reason = f"its {key!r} is not of type {kind.__name__}"
    if reason:
        raise ValueError(f"{path} is damaged ({reason}). {advice}")
    return found


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
