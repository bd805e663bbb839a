"""A stand-in for an object store: no directories, no renames of many files."""

import contextlib

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem


class Bucket(MemoryFileSystem):
    """What is written to s3://... in this process; empty at the start."""

    protocol = "s3"
    store: dict = {}
    pseudo_dirs: list = [""]

    @classmethod
    def _strip_protocol(cls, path):
        path = path.removeprefix("s3://").strip("/")
        return f"/{path}" if path else ""

    def mkdir(self, path, create_parents=True, **options):
        """Does nothing: a directory is there when something is in it."""

    def makedirs(self, path, exist_ok=False):
        """Does nothing, as `mkdir`."""

    def mv(self, path1, path2, recursive=False, maxdepth=None, **options):
        """Copies and deletes one file; refuses what is no file."""
        if not self.isfile(path1):
            raise IsADirectoryError(path1)
        super().mv(path1, path2, **options)

    rename = mv


@contextlib.contextmanager
def bucket():
    """Makes s3:// an empty Bucket for as long."""
    Bucket.store.clear()
    fsspec.register_implementation("s3", Bucket, clobber=True)
    with pytest.MonkeyPatch.context() as patch:
        # TensorFlow would be asked, which does not know this scheme.
        patch.setattr("etils.epath.gpath._is_tf_installed", lambda: False)
        yield Bucket()
