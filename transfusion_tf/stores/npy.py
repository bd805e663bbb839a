"""Arrays of .npy and .npz files, read only where they are what they declare.

NumPy makes room for the shape in a file's header before it reads the numbers,
so that a hundred bytes can ask for a terabyte. Objects, which are pickles, are
never read.
"""

import math
import zipfile
import zlib

import numpy as np

from transfusion_tf.images import limits

SUFFIX = ".npy"  # Of the members of an .npz.
# Names and headers of an .npz, beside the numbers; generous.
NPZ_OVERHEAD = 2**20
# What damaged .npz make zipfile and NumPy raise, and arrays of other shapes.
NPZ_DAMAGE = (
    EOFError,
    LookupError,
    NotImplementedError,
    RuntimeError,
    TypeError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
)


def head(stream):
    """Returns shape and dtype at the beginning of a .npy stream.

    Raises ValueError where there is no header.
    """
    read = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    version = np.lib.format.read_magic(stream)
    if version not in read:
        raise ValueError(f"version {version} of .npy is not known")
    shape, _, dtype = read[version](stream)
    return shape, dtype


def read(stream, num_bytes):
    """Returns the array of a seekable .npy stream of `num_bytes` bytes.

    Raises:
        ValueError: it is damaged, has objects, or declares more than is there.
    """
    start = stream.tell()
    _check_length(*head(stream), num_bytes)
    stream.seek(start)
    return np.lib.format.read_array(stream, allow_pickle=False)


def keys(archive):
    """Returns the names of the arrays in an open .npz, a zipfile.ZipFile."""
    names = archive.namelist()
    return [n.removesuffix(SUFFIX) for n in names if n.endswith(SUFFIX)]


def member_head(archive, key):
    """Returns shape and dtype of one of `keys`, without reading it.

    Raises ValueError where it declares more than its member may have.
    """
    info = _info(archive, key)
    with archive.open(info) as stream:
        shape, dtype = head(stream)
    _check_length(shape, dtype, info.file_size)
    return shape, dtype


def read_member(archive, key):
    """Returns one of the arrays in an open .npz.

    Raises:
        ValueError: as of `read`.
        zipfile.BadZipFile, zlib.error, EOFError, ...: the archive is damaged.
    """
    info = _info(archive, key)
    with archive.open(info) as stream:
        return read(stream, info.file_size)


def _info(archive, key):
    try:
        info = archive.getinfo(key + SUFFIX)
    except KeyError:
        raise ValueError(f"it has no array {key}") from None
    limits.check_member(info)
    return info


def _check_length(shape, dtype, num_bytes):
    size = math.prod(shape) * dtype.itemsize
    if size > num_bytes:
        raise ValueError(
            f"it declares {size:,} bytes and holds at most {num_bytes:,}"
        )
