"""Reading raw images where they lie: a directory, a .zip, a .tar, an .npz.

Archives are read in place and never unpacked. A store can be pickled: each
process opens the file for itself when it first reads.
"""

import contextlib
import errno
import functools
import lzma
import os
import pathlib
import posixpath
import re
import struct
import tarfile
import zipfile
import zlib

import numpy as np

from transfusion_tf import files

# More than an uncompressed image of the size that decoders take. A member can
# claim, and be, a million times what it takes in the archive.
MAX_MEMBER_BYTES = 2**30
# What damage in a .zip or .npz leads to, beside OSError.
_DAMAGE = (
    EOFError,
    NotImplementedError,
    OverflowError,
    RuntimeError,
    ValueError,
    lzma.LZMAError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)
ABSENT = "absent"  # The reason where there is nothing to read.


class ReadError(ValueError):
    """One image cannot be read; the others may be fine."""


@contextlib.contextmanager
def refusing_damage(what, error_type=ValueError):
    """Turns what damaged .zip and .npz files lead to into an `error_type`.

    `what` is the beginning of its message; the reason follows in brackets.
    """
    try:
        yield
    except _DAMAGE as error:
        reason = files.one_line(error)
    except OSError as error:
        if error.errno not in (None, errno.EINVAL):
            raise  # The disk's. A decoder's has no number, and to be sent
            # to a place before the start of the file is an invalid argument.
        reason = files.one_line(error)
    else:
        return
    raise error_type(f"{what} ({reason})")


def open_files(path):
    """Returns the store of the image files in `path`.

    Raises FileNotFoundError where there is nothing, and ValueError for a file
    that is neither a .zip nor a .tar.
    """
    path = pathlib.Path(path)
    if not path.exists():
        raise FileNotFoundError(f"There is no file or directory {path}.")
    if path.is_dir():
        return DirectoryStore(path)
    if zipfile.is_zipfile(path):
        return ZipStore(path)
    try:
        return TarStore(path)
    except tarfile.TarError:
        raise ValueError(
            f"{path} is not a directory, a .zip or an uncompressed .tar. "
            "Decompress a .tar.gz (or .tar.xz, ...) to a .tar first."
        ) from None


def check_inside(paths, owner):
    """Raises ValueError if relative `paths` lead out of their root.

    `owner` is what has them, at the beginning of the message.
    """
    wrong = [path for path in paths if _leaves(path.replace("\\", "/"))]
    if wrong:
        more = f" and {len(wrong) - 1:,} more" if len(wrong) > 1 else ""
        raise ValueError(
            f"{owner} has paths that leave the directory or archive they "
            f"belong to: {wrong[0]!r}{more}. Paths must be relative, and stay "
            "inside."
        )


def _leaves(path):
    """Whether a path with / is absolute or climbs above its beginning."""
    is_absolute = path.startswith("/") or re.match("[A-Za-z]:/", path)
    return is_absolute or posixpath.normpath(path).split("/")[0] == ".."


class DirectoryStore:
    """The files below a directory; a name is a path relative to it."""

    def __init__(self, root):
        self.root = pathlib.Path(root)

    def names(self):
        """Returns the relative path of every file, with /, sorted."""
        # Links are followed, also out of the directory: whoever made it
        # assembled it so, while a table names only what is in it.
        walk = os.walk(self.root, followlinks=True)
        paths = (
            pathlib.Path(folder, file)
            for folder, _, names in walk
            for file in names
        )
        return sorted(path.relative_to(self.root).as_posix() for path in paths)

    def read(self, name):
        """Returns the bytes of the file `name`; ReadError if there is none."""
        try:
            return (self.root / name).read_bytes()
        except FileNotFoundError:
            raise ReadError(ABSENT) from None

    def checksum(self):
        """None: a directory has no bytes of its own."""
        return None


class ZipStore:
    """The members of a .zip file."""

    def __init__(self, path):
        self.path = pathlib.Path(path)

    def __reduce__(self):
        return type(self), (self.path,)  # Without the open file.

    @functools.cached_property
    def _zip(self):
        with refusing_damage(f"{self.path} is not a whole .zip file"):
            return zipfile.ZipFile(self.path)

    def names(self):
        """Returns the name of every member that is a file, sorted."""
        members = [m for m in self._zip.infolist() if not m.is_dir()]
        if any(member.flag_bits & 1 for member in members):
            raise ValueError(
                f"{self.path} is encrypted; decrypt it before converting it."
            )
        names = sorted(member.filename for member in members)
        check_inside(names, self.path)
        return names

    def read(self, name):
        """Returns the bytes of the member `name`; ReadError if damaged."""
        try:
            member = self._zip.getinfo(name)
        except KeyError:
            raise ReadError(ABSENT) from None
        if member.file_size > MAX_MEMBER_BYTES:
            raise ReadError("absurdly large")
        with refusing_damage("damaged archive member", ReadError):
            return self._zip.read(member)

    def checksum(self):
        """Returns the SHA-256 of the archive."""
        return files.file_sha256(self.path)


class TarStore:
    """The regular files in an uncompressed .tar."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        # "r:" refuses compressed archives, where reading one member in the
        # middle means decompressing everything before it.
        with tarfile.open(self.path, "r:") as tar:
            members = [member for member in tar if member.isreg()]
        self._places = {
            member.name.removeprefix("./"): (member.offset_data, member.size)
            for member in members
        }

    def __getstate__(self):
        return {"path": self.path, "_places": self._places}

    @functools.cached_property
    def _file(self):
        return open(self.path, "rb")

    def names(self):
        """Returns the name of every regular file, sorted."""
        names = sorted(self._places)
        check_inside(names, self.path)
        return names

    def read(self, name):
        """Returns the bytes of the member `name`; ReadError if cut off."""
        if name not in self._places:
            raise ReadError(ABSENT)
        offset, size = self._places[name]
        self._file.seek(offset)
        data = self._file.read(size)
        if len(data) != size:
            raise ReadError("the archive ends in the middle of this member")
        return data

    def checksum(self):
        """Returns the SHA-256 of the archive."""
        return files.file_sha256(self.path)


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
                refusing_damage(f"{self.path}: the array {key} is damaged"),
                open(self.path, "rb") as file,  # Damaged, NumPy leaves it open.
                np.load(file, allow_pickle=False) as archive,
            ):
                self._key, self._array = key, archive[key]
        return self._array

    def head(self, key):
        """Returns shape and dtype of the array `key` without reading it."""
        npy = np.lib.format
        with (
            zipfile.ZipFile(self.path) as archive,
            archive.open(f"{key}.npy") as file,
        ):
            version = npy.read_magic(file)
            read = (
                npy.read_array_header_1_0
                if version == (1, 0)
                else npy.read_array_header_2_0
            )
            shape, _, dtype = read(file)
        return shape, dtype

    def checksum(self):
        """Returns the SHA-256 of the archive."""
        return files.file_sha256(self.path)
