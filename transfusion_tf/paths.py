"""Paths on disks and in object stores, used alike.

A place with a scheme (gs://, s3://, az://) becomes an epath.Path, the file
layer of tensorflow-datasets; anything else a pathlib.Path. The two differ in
little: what code needs of both and they do not share is here.
"""

import contextlib
import os
import pathlib
import shutil

SCHEMES = ("gs://", "s3://", "az://")
# What TensorFlow itself reads and writes; epath knows the others by fsspec.
TENSORFLOW_SCHEME = "gs://"


def cache_dir():
    """Where made data sets are kept: $TRANSFUSION_CACHE or ~/.cache/..."""
    chosen = os.environ.get("TRANSFUSION_CACHE")
    return pathlib.Path(chosen or "~/.cache/transfusion_tf").expanduser()


def path(place):
    """Returns the path of `place`, text or a path of either kind."""
    text = os.fspath(place)
    if not text.startswith(SCHEMES):
        return pathlib.Path(place)
    if not text.startswith(TENSORFLOW_SCHEME):
        _use_fsspec(text.partition("://")[0])
    from etils import epath

    return epath.Path(text)


def _use_fsspec(scheme):
    """Has epath ask fsspec, not TensorFlow, which knows one scheme only."""
    import fsspec

    os.environ.setdefault("EPATH_USE_TF", "false")
    # What was listed once would hide the files that other machines write.
    options = fsspec.config.conf.setdefault(scheme, {})
    options.setdefault("use_listings_cache", False)


def is_remote(place):
    """Whether `place` is in an object store, where a rename is a copy."""
    return os.fspath(place).startswith(SCHEMES)


def is_read_by_tensorflow(place):
    """Whether tf.data can read the file or directory `place`."""
    return is_in_tensorflow_store(place) or not is_remote(place)


def is_in_tensorflow_store(place):
    """Whether it takes TensorFlow to read or write anything at `place`."""
    return os.fspath(place).startswith(TENSORFLOW_SCHEME)


def size(path):
    """Returns the bytes of a file."""
    found = path.stat()
    return found.length if is_remote(path) else found.st_size


def remove_tree(path):
    """Removes the directory `path` if it is there."""
    if not is_remote(path):
        shutil.rmtree(path, ignore_errors=True)
    elif path.exists():
        path.rmtree(missing_ok=True)


@contextlib.contextmanager
def reaching(place):
    """Turns what client libraries of object stores raise into an OSError."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 (each library has its own)
        if not is_remote(place):
            raise
        raise OSError(f"Cannot reach {os.fspath(place)}: {error}") from None


def check_output_dir(directory):
    """Raises ValueError unless files can be written into a local directory.

    It need not be there. To be asked before the work is done, not after it.

    Args:
      directory: what --output_dir says.
    """
    wanted = pathlib.Path(directory).absolute()
    there = next(x for x in (wanted, *wanted.parents) if x.exists())
    if not there.is_dir():
        raise ValueError(
            f"--output_dir={directory}: {there} is no directory; give another."
        )
    if not os.access(there, os.W_OK | os.X_OK):
        raise ValueError(
            f"--output_dir={directory}: nothing can be written into {there}; "
            "give another directory, or change its permissions."
        )
