"""Images in the arrays of an .npz file, read in place."""

import pathlib
import zipfile

from transfusion_tf import files
from transfusion_tf.stores import archives, npy


class NpzStore:
    """Images in the arrays of an .npz; a name is `<key>/<index>`."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self._key, self._array = None, None

    def __reduce__(self):
        return type(self), (self.path,)  # Without the array.

    def read(self, name):
        """Returns the array (H, W) or (H, W, 3) called `name`."""
        key, _, index = name.rpartition("/")
        return self.array(key)[int(index)]

    def array(self, key):
        """Returns the array `key` whole; keeps only the last one in memory."""
        if key != self._key:
            with (
                archives.refusing_damage(
                    f"{self.path}: the array {key} is damaged"
                ),
                zipfile.ZipFile(self.path) as archive,
            ):
                self._key, self._array = key, npy.read_member(archive, key)
        return self._array

    def head(self, key):
        """Returns shape and dtype of the array `key` without reading it."""
        with zipfile.ZipFile(self.path) as archive:
            return npy.member_head(archive, key)

    def checksum(self):
        """Returns the SHA-256 of the archive."""
        return files.file_sha256(self.path)
