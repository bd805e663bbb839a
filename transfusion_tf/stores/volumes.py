"""Slices of volumes that are .npy files among the files of another store."""

import io
import typing

import numpy as np

from transfusion_tf.stores import archives, npy


class VolumeStore:
    """The slices of .npy files (slices, H, W); `<name of file>/<index>`.

    Keeps the last volume, because slices of one are mostly read in a row.
    """

    def __init__(self, files: typing.Any):
        """`files` is a store that reads the files as bytes."""
        self.files = files
        self._name, self._volume = None, None

    def __reduce__(self):
        return type(self), (self.files,)  # Without the volume.

    def read(self, name):
        """Returns the slice (H, W) called `name`; ReadError if damaged."""
        file, _, index = name.rpartition("/")
        return self.volume(file)[int(index)]

    def volume(self, file):
        """Returns the array (slices, H, W) of a file.

        Raises ReadError if the file cannot be read, or is no array of uint8 or
        uint16 with three axes. Pickled objects are never loaded.
        """
        if file != self._name:
            data = self.files.read(file)
            with archives.refusing_damage(
                "damaged .npy file", archives.ReadError
            ):
                volume = npy.read(io.BytesIO(data), len(data))
            is_grey = volume.dtype in (np.uint8, np.uint16)
            if volume.ndim != 3 or not volume.size or not is_grey:
                raise archives.ReadError(
                    "not a volume (slices, H, W) of uint8 or uint16 but "
                    f"{volume.dtype} {volume.shape}"
                )
            self._name, self._volume = file, volume
        return self._volume
