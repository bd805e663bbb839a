"""Checksums of the files that the results of a run rest on.

checksums.json of a run has the SHA-256 of its weights and predictions: of a
damaged disk or a broken copy nothing else shows, and the numbers are others.
What has no checksum (a run of an earlier release) is not checked.
"""

import contextlib

from transfusion_tf import files

_ADVICE = "Delete this file to use what it vouches for unchecked."


@contextlib.contextmanager
def recorded(run, path):
    """Keeps the checksum of a file of a run, which the block writes.

    At no moment has a file the checksum of what it held before or will hold.
    """
    forget(run, path)
    yield
    _save(run, {**_load(run), _key(run, path): files.file_sha256(path)})


def forget(run, path):
    """Removes the checksum of a file that is to be replaced or deleted."""
    known = _load(run)
    if known.pop(_key(run, path), None):
        _save(run, known)


def check(run, path):
    """Raises ValueError unless a file is what the run has written."""
    expected = _load(run).get(_key(run, path))
    if expected is not None and files.file_sha256(path) != expected:
        raise ValueError(
            f"{path} is damaged: it is not what the run has written (another "
            f"SHA-256 than in {run.checksums.name}). Restore it from a copy, "
            "or repeat the run with --overwrite."
        )


def _load(run):
    if not run.checksums.is_file():
        return {}
    return files.read_object(run.checksums, _ADVICE)


def _save(run, known):
    files.write_json(run.checksums, known)


def _key(run, path):
    return path.relative_to(run.root).as_posix()
