"""Reading raw images where they lie: a directory, a .zip, a .tar.

Archives are read in place and never unpacked. A store can be pickled: each
process opens the file for itself when it first reads. What is no file, or
cannot be reached, is left out, and said to be: `left_out`.
"""

import contextlib
import errno
import functools
import lzma
import pathlib
import stat
import struct
import tarfile
import zipfile
import zlib

from transfusion_tf import files
from transfusion_tf.data import member_names
from transfusion_tf.images import limits
from transfusion_tf.stores import (
    archive_links,
    archive_members,
    folder_walk,
)

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


def read(store, image):
    """Returns the raw image; ReadError with a reason without names."""
    try:
        return store.read(image)
    except OSError as error:
        raise ReadError(error.strerror or "cannot be read") from None


def num_bytes(store, image):
    """Returns the size of the raw image; ReadError as `read`."""
    return memoryview(read(store, image)).nbytes


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


def open_files(path, encoding=None):
    """Returns the store of the image files in `path`.

    Args:
        path: of a directory, a .zip or an uncompressed .tar.
        encoding: of names that are not UTF-8, see `member_names`.

    Raises FileNotFoundError where there is nothing, and ValueError for a file
    that is neither a .zip nor a .tar, or an unknown encoding.
    """
    member_names.check_encoding(encoding)
    path = pathlib.Path(path)
    if not path.exists():
        raise FileNotFoundError(f"There is no file or directory {path}.")
    if path.is_dir():
        return DirectoryStore(path, encoding)
    if path.is_file() and zipfile.is_zipfile(path):
        return ZipStore(path, encoding)
    try:
        if path.is_file():
            return TarStore(path, encoding)
    except tarfile.TarError:
        pass
    raise ValueError(
        f"{path} is not a directory, a .zip or an uncompressed .tar. "
        "Decompress a .tar.gz (or .tar.xz, ...) to a .tar first."
    )


class _FileStore:
    """Files by name; `_index` of a subclass finds them.

    Attributes:
        path: pathlib.Path of the directory or archive.
        encoding: see `open_files`.
    """

    def __init__(self, path, encoding=None):
        self.path = pathlib.Path(path)
        self.encoding = encoding
        self._is_reported = False

    def __reduce__(self):
        return type(self), (self.path, self.encoding)  # Without open files.

    @functools.cached_property
    def _found(self):
        """Pair ({name: place}, [(name, why it is left out)])."""
        places, left_out = self._index()
        member_names.check_inside(places, self.path)
        return places, left_out

    @property
    def left_out(self):
        """Pairs (name, reason) of what is no file, or cannot be reached."""
        return self._found[1]

    def names(self):
        """Returns the name of every file, sorted; logs what is left out."""
        if not self._is_reported:
            self._is_reported = True
            member_names.tell_left_out(self.left_out, self.path)
        return sorted(self._found[0])

    def _place(self, name):
        try:
            return self._found[0][name]
        except KeyError:
            reason = dict(self.left_out).get(name, ABSENT)
            raise ReadError(reason) from None

    def checksum(self):
        """Returns the SHA-256 of the archive."""
        return files.file_sha256(self.path)


class DirectoryStore(_FileStore):
    """The files below a directory; a name is a path relative to it.

    Links are followed, also out of the directory: whoever made it assembled
    it so, while a table names only what is in it. A link to a folder that it
    lies in, or to one above the directory, is not.
    """

    def __init__(self, path, encoding=None, written=()):
        super().__init__(path, encoding)
        # {name: path} where they differ, once `names` has found them.
        self._written = dict(written)

    def __reduce__(self):
        return type(self), (self.path, self.encoding, self._written)

    def read(self, name):
        """Returns the bytes of the file `name`; ReadError if there is none."""
        path = self.path / self._written.get(name, name)
        try:
            found = path.stat()
            # To open a pipe is to wait for who writes to it.
            if not stat.S_ISREG(found.st_mode):
                raise ReadError(archive_links.NO_FILE)
            with path.open("rb") as file:
                return _bounded(file, found.st_size)
        except FileNotFoundError:
            raise ReadError(ABSENT) from None

    def _index(self):
        paths, left_out = folder_walk.walked(self.path)
        found, unnamed = member_names.readable(paths, self.path, self.encoding)
        self._written = {n: path for n, path in found.items() if n != path}
        return found, left_out + unnamed

    def checksum(self):
        """None: a directory has no bytes of its own."""
        return None


class ZipStore(_FileStore):
    """The members of a .zip file."""

    @functools.cached_property
    def _zip(self):
        with refusing_damage(f"{self.path} is not a whole .zip file"):
            return zipfile.ZipFile(self.path)

    def _index(self):
        return archive_members.of_zip(
            self._zip.infolist(), self._target, self.path, self.encoding
        )

    def _target(self, member):
        with refusing_damage(f"{self.path} has a damaged link"):
            return self._zip.read(member)

    def read(self, name):
        """Returns the bytes of the member `name`; ReadError if damaged."""
        member = self._place(name)
        try:
            _check_size(member.file_size)
            limits.check_member(member)
        except limits.TooLarge as reason:
            raise ReadError(str(reason)) from None
        with refusing_damage("damaged archive member", ReadError):
            if member.compress_size > self.path.stat().st_size:
                raise ValueError("larger than the archive")
            return self._zip.read(member)


class TarStore(_FileStore):
    """The regular files in an uncompressed .tar."""

    def __init__(self, path, encoding=None):
        super().__init__(path, encoding)
        # "r:" refuses compressed archives, where reading one member in the
        # middle means decompressing everything before it.
        with (
            open(self.path, "rb") as file,
            tarfile.open(
                fileobj=archive_members.BoundedFile(file),
                mode="r:",
                encoding="utf-8",
            ) as tar,
            refusing_damage(f"{self.path} is a damaged .tar"),
        ):
            self._members = [m for m in tar if not m.isdir()]

    def __reduce__(self):
        # With the places of all members, which take long to find.
        return _tar_store, (self.path, self.encoding, self._found)

    @functools.cached_property
    def _file(self):
        return open(self.path, "rb")

    def _index(self):
        found = archive_members.of_tar(self._members, self.path, self.encoding)
        self._members = ()  # Only their places are kept.
        return found

    def read(self, name):
        """Returns the bytes of the member `name`; ReadError if cut off."""
        offset, size = self._place(name)
        if self.path.stat().st_size - offset < size:
            raise ReadError("the archive ends in the middle of this member")
        self._file.seek(offset)
        return _bounded(self._file, size)


def _tar_store(path, encoding, found):
    """Returns a TarStore whose members are known."""
    store = TarStore.__new__(TarStore)
    _FileStore.__init__(store, path, encoding)
    store._found = found
    return store
