"""Images in the rows of HDF5 files, read one by one."""

import dataclasses
import functools
import math
import pathlib

import numpy as np

from transfusion_tf import files
from transfusion_tf.images import limits
from transfusion_tf.stores import archives, checked_hdf5


@dataclasses.dataclass(frozen=True)
class Hdf5Store:
    """The rows of one array in each of several files; `<file>/<index>`.

    Attributes:
        files: {what a name calls the file: its path}.
        key: name of the array (N, H, W) or (N, H, W, 3) in each of them.
    """

    files: dict[str, str]
    key: str

    def __reduce__(self):
        return type(self), (self.files, self.key)  # Without open files.

    @functools.cached_property
    def _arrays(self):
        return {}  # Of each process its own: h5py's files cannot be shared.

    def read(self, name):
        """Returns the array (H, W) or (H, W, 3) called `name`.

        Raises ReadError if it is damaged.
        """
        file, _, index = name.rpartition("/")
        if file not in self._arrays:
            self._arrays[file] = open_array(self.files[file], self.key)
        with archives.refusing_damage("damaged row", archives.ReadError):
            return np.asarray(self._arrays[file][int(index)])


def open_array(path, key):
    """Returns the h5py.Dataset `key` of the file at `path`.

    Raises FileNotFoundError where there is none, and ValueError for one that
    is no HDF5 file, is cut off, has no array of numbers of that name, keeps it
    in another file, or declares rows of an absurd size.
    """
    path = pathlib.Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"There is no file {path}.")
    with archives.refusing_damage(f"{path} is not a whole HDF5 file"):
        file = checked_hdf5.opened(path)
    try:
        return _rows(file, key, path)
    except BaseException:
        file.close()  # Whoever holds the error would hold the file.
        raise


def _rows(file, key, path):
    try:
        rows = checked_hdf5.array(file, key)
    except (KeyError, checked_hdf5.NoArray):
        raise ValueError(
            f"{path} has no array {key!r}; it has {', '.join(file) or 'none'}."
        ) from None
    except checked_hdf5.Refused as reason:
        raise ValueError(f"{path} is not read: {reason}.") from None
    except checked_hdf5.DAMAGE as error:
        reason = files.one_line(error)
        raise ValueError(f"{path} is a damaged HDF5 file ({reason}).") from None
    size = math.prod(rows.shape[1:]) * rows.dtype.itemsize
    if not rows.ndim or size > limits.HARMLESS_BYTES:
        raise ValueError(
            f"{path}: {key} must be rows of images. Received: {rows.shape}."
        )
    try:
        checked_hdf5.check_chunks(
            rows.shape[1:], rows.chunks and rows.chunks[1:]
        )
    except limits.TooLarge as reason:
        raise ValueError(
            f"{path} is not read: a row of {key} is {reason}."
        ) from None
    return rows


def read_whole(rows):
    """Returns all of an h5py.Dataset of `open_array`.

    Raises ValueError if it is damaged or declares far more than there is.
    """
    path = rows.file.filename
    try:
        checked_hdf5.check_whole(rows)
    except limits.TooLarge as reason:
        raise ValueError(f"{path} is not read: {rows.name} is {reason}.") from (
            None
        )
    with archives.refusing_damage(f"{path} is damaged"):
        return rows[()]
