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
import stat
import struct
import tarfile
import zipfile
import zlib

from transfusion_tf import files
from transfusion_tf.data import limits, npy

# More than an uncompressed image of the size that decoders take: what one file
# or member may be. A member can claim, and be, a million times what it takes
# in the archive, and a file on a disk can have holes of any size.
MAX_MEMBER_BYTES = 2**30
# What damage in a .zip, .tar or .npz leads to, beside OSError.
_DAMAGE = (
    EOFError,
    NotImplementedError,
    OverflowError,
    RuntimeError,
    ValueError,
    lzma.LZMAError,
    struct.error,
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
)
ABSENT = "absent"  # The reason where there is nothing to read.


class ReadError(ValueError):
    """One image cannot be read; the others may be fine."""


@contextlib.contextmanager
def refusing_damage(what, error_type=ValueError):
    """Turns what damaged archives and arrays lead to into an `error_type`.

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


class _Bounded:
    """A file that never makes room for more than is left of it.

    Python's files do so before they read, and headers of a .tar say how much.
    """

    def __init__(self, file):
        self._file = file
        self._size = os.fstat(file.fileno()).st_size
        self.seek, self.tell, self.name = file.seek, file.tell, file.name

    def read(self, size=-1):
        """Returns `size` bytes, or those that are left."""
        left = max(0, self._size - self._file.tell())
        return self._file.read(left if size < 0 else min(size, left))


def _check_size(size):
    """Raises limits.TooLarge for a file that is none of one image."""
    if size > MAX_MEMBER_BYTES:
        raise limits.TooLarge(
            f"absurdly large: {size:,} bytes, {MAX_MEMBER_BYTES:,} are allowed"
        )


def _bounded(file, size):
    """Returns the next `size` bytes of an open file, if they are not many."""
    try:
        _check_size(size)
    except limits.TooLarge as reason:
        raise ReadError(str(reason)) from None
    return file.read(size)


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
        path = self.root / name
        try:
            found = path.stat()
            # To open a pipe is to wait for who writes to it.
            if not stat.S_ISREG(found.st_mode):
                raise ReadError("no file, but a pipe or device")
            with path.open("rb") as file:
                return _bounded(file, found.st_size)
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
        try:
            _check_size(member.file_size)
            limits.check_member(member)
        except limits.TooLarge as reason:
            raise ReadError(str(reason)) from None
        with refusing_damage("damaged archive member", ReadError):
            if member.compress_size > self.path.stat().st_size:
                raise ValueError("larger than the archive")
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
        with (
            open(self.path, "rb") as file,
            tarfile.open(fileobj=_Bounded(file), mode="r:") as tar,
            refusing_damage(f"{self.path} is a damaged .tar"),
        ):
            members = [member for member in tar if member.isreg()]
        self._places = {
            member.name.removeprefix("./"): (member.offset_data, member.size)
            for member in members
        }
        # Of which pieces lie in the archive, and the rest is zeros.
        self._sparse = frozenset(
            member.name.removeprefix("./")
            for member in members
            if member.issparse()
        )

    def __getstate__(self):
        kept = ("path", "_places", "_sparse")
        return {name: getattr(self, name) for name in kept}

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
        if name in self._sparse:
            raise ReadError(
                "a sparse member, which is not read; pack it without --sparse"
            )
        offset, size = self._places[name]
        left = self.path.stat().st_size - offset
        if left < size:
            raise ReadError("the archive ends in the middle of this member")
        self._file.seek(offset)
        return _bounded(self._file, size)

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
