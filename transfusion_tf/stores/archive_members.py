"""What the members of an archive are: files by name, links, other things."""

import os
import posixpath
import stat

from transfusion_tf.data import member_names
from transfusion_tf.stores import archive_links

SPARSE = "a sparse member, which is not read; pack it without --sparse"
_UTF8 = 0x800  # The flag of a .zip member whose name is UTF-8.
_LONGEST_PATH = 4096  # Of Linux.


def of_zip(members, read, path, encoding=None):
    """Returns ({name: member}, [(name, why it is left out)]) of a .zip.

    Args:
        members: what zipfile.ZipFile.infolist gives.
        read: function that returns the bytes of a member.
        path: of the archive, for messages.
        encoding: of names that are not marked as UTF-8, or None.

    Raises:
        ValueError: a member is encrypted, or its name is in another encoding.
    """
    members = [m for m in members if not _is_folder(m)]
    if any(member.flag_bits & 1 for member in members):
        raise ValueError(
            f"{path} is encrypted; decrypt it before converting it."
        )
    written = [_written(member) for member in members]
    of = dict(zip(written, members, strict=True))
    marked = [text for text, m in of.items() if m.flag_bits & _UTF8]
    found, left_out = member_names.readable(written, path, encoding, marked)
    places, links = {}, {}
    for name, text in found.items():
        member = of[text]
        # 0 where the archive is of a system without such kinds.
        kind = stat.S_IFMT(member.external_attr >> 16)
        if kind == stat.S_IFLNK and member.file_size <= _LONGEST_PATH:
            target = member_names.undecoded(read(member))
            links[name] = member_names.normal(target)
        elif kind in (0, stat.S_IFREG):
            places[name] = member
        else:
            left_out.append((name, archive_links.NO_FILE))
    places, unreached = archive_links.followed(places, links, path)
    return places, left_out + unreached


def _written(member):
    """Returns a .zip member's name as `member_names.readable` takes it."""
    if member.flag_bits & _UTF8 or member.orig_filename.isascii():
        return member.orig_filename
    try:  # Back from what zipfile takes all other names for.
        return member_names.undecoded(member.orig_filename.encode("cp437"))
    except ValueError:
        return member.orig_filename


def _is_folder(member):
    return member.orig_filename.endswith(("/", "\\"))


def of_tar(members, path, encoding=None):
    """Returns ({name: place}, [(name, why it is left out)]) of a .tar.

    Args:
        members: tarfile.TarInfo of each member.
        path: of the archive, for messages.
        encoding: of names that are not marked as UTF-8, or None.

    Returns:
        places are pairs (offset, size) in the archive.

    Raises:
        ValueError: a name is in another encoding.
    """
    members = [member for member in members if not member.isdir()]
    written = [member.name for member in members]
    of = dict(zip(written, members, strict=True))
    marked = [text for text, m in of.items() if "path" in m.pax_headers]
    found, left_out = member_names.readable(written, path, encoding, marked)
    places, links = {}, {}
    for name, text in found.items():
        member = of[text]
        if member.issparse():  # Of its bytes only pieces are there.
            left_out.append((name, SPARSE))
        elif member.isreg():
            places[name] = (member.offset_data, member.size)
        elif member.issym():
            links[name] = member_names.normal(member.linkname)
        elif member.islnk():  # Names its target as members are called.
            target = "/" + member_names.normal(member.linkname)
            links[name] = posixpath.relpath(
                target, posixpath.dirname("/" + name)
            )
        else:
            left_out.append((name, archive_links.NO_FILE))
    places, unreached = archive_links.followed(places, links, path)
    return places, left_out + unreached


class BoundedFile:
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
