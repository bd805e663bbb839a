"""HDF5 files from anywhere: arrays of numbers, and nothing from elsewhere.

HDF5 can point into other files (external links, external storage, virtual
data sets), be linked in circles, name filters that are libraries to be loaded,
and declare arrays and chunks of any size. Neither Keras nor the data sets that
are read here do so, and a file that does is refused. All HDF5 files are opened
here.

Texts of any length lie in heaps, through which HDF5 walks object by object.
Where a damaged size leads it to an object of no size, it stays there for ever,
inside of C code that nothing can interrupt: `has_whole_heaps` walks first. The
layout is that of a Global Heap Collection in the HDF5 File Format
Specification, version 3.0, section III.E, with lengths of eight bytes, as h5py
and Keras write them.
"""

import math
import mmap
import struct

import h5py
import numpy as np

from transfusion_tf.images import limits

# Filters that come with HDF5 and h5py. Others are plugins, which HDF5 looks
# for in folders and loads.
_FILTERS = frozenset(
    (
        h5py.h5z.FILTER_DEFLATE,
        h5py.h5z.FILTER_SHUFFLE,
        h5py.h5z.FILTER_FLETCHER32,
        h5py.h5z.FILTER_SZIP,
        h5py.h5z.FILTER_NBIT,
        h5py.h5z.FILTER_SCALEOFFSET,
        h5py.h5z.FILTER_LZF,
    )
)
# A chunk is decompressed whole, whatever is read of it.
MAX_CHUNK_BYTES = limits.HARMLESS_BYTES
# Chunks that are read at once: each takes a kilobyte and ten microseconds, also
# where nothing of it is in the file.
MAX_CHUNKS = 2**18
# Descriptions of the largest networks are below 1 MiB.
MAX_ATTRIBUTE_BYTES = 64 * 2**20


# What all arrays of a file of weights may take together in memory: a billion
# float32 numbers, twenty times the largest network of the zoo.
MAX_BYTES = 4 * 2**30
_FLOAT_BYTES = 4  # All floats are read as float32.
# HDF5 has no bfloat16: Keras writes two bytes of no type.
_BFLOAT16 = np.dtype("V2")
_SIGNATURE = b"GCOL\x01"
_HEADER = struct.Struct("<4sB3sQ")  # Signature, version, reserved, size.
_OBJECT = struct.Struct("<HH4xQ")  # Index, references, size without header.
_MIN_SIZE = 4096  # Of a heap that HDF5 makes.
_ALIGNMENT = 8

# What h5py raises on damaged files.
DAMAGE = (LookupError, OSError, RuntimeError, TypeError, ValueError)


class Refused(ValueError):
    """Says what a file holds that is not read, as part of a sentence."""


class NoArray(Refused):
    """Where an array is looked for there is a group, or nothing in it."""


def opened(path_or_stream):
    """Returns the h5py.File, for reading."""
    return h5py.File(path_or_stream, "r")


def child(group, path):
    """Returns the group or data set at `path`, reached by plain links only.

    Raises:
        KeyError: there is none.
        Refused: a link on the way points elsewhere.
    """
    for part in filter(None, path.split("/")):
        is_group = isinstance(group, h5py.Group)
        link = group.get(part, getlink=True) if is_group else None
        if link is None:
            raise KeyError(f"no {path} in it")
        if not isinstance(link, h5py.HardLink):
            raise Refused(f"{path} in it is a link to elsewhere")
        group = group[part]
    return group


def array(group, path, *, also=()):
    """Returns the h5py.Dataset of numbers at `path` below `group`.

    Nothing of it has been read. What it declares is for the caller to check,
    with `check_whole` before all of it is read.

    Args:
        group: HDF5 group.
        path: from there.
        also: dtypes that stand for numbers, besides those of NumPy.

    Raises:
        KeyError: there is nothing at `path`.
        NoArray: there is something else.
        Refused: it is no array of numbers, or one that is not in the file.
    """
    data = child(group, path)
    if not isinstance(data, h5py.Dataset) or data.shape is None:
        raise NoArray(f"{path} in it is not an array")
    if data.is_virtual or data.external is not None:
        raise Refused(f"it keeps {path} in another file")
    if data.dtype.kind not in "fiu" and data.dtype not in also:
        raise Refused(f"{path} in it holds {data.dtype}, not numbers")
    plan = data.id.get_create_plist()
    filters = {plan.get_filter(i)[0] for i in range(plan.get_nfilters())}
    if unknown := filters - _FILTERS:
        raise Refused(
            f"{path} in it is compressed by the plugin {min(unknown)}, which "
            "is not loaded"
        )
    chunk = math.prod(data.chunks or ()) * data.dtype.itemsize
    if data.chunks and chunk > MAX_CHUNK_BYTES:
        raise Refused(
            f"{path} in it is in chunks of {chunk:,} bytes; at most "
            f"{MAX_CHUNK_BYTES:,} are read"
        )
    return data


def check_whole(data, declared=None, present=None):
    """Raises limits.TooLarge unless an h5py.Dataset can be read as a whole.

    Args:
        data: of `array`.
        declared: bytes that it takes in memory; None: as in the file.
        present: bytes that are there for it; None: those of its own.
    """
    limits.check_growth(
        data.size * data.dtype.itemsize if declared is None else declared,
        data.id.get_storage_size() if present is None else present,
    )
    check_chunks(data.shape, data.chunks)


def check_chunks(shape, chunks):
    """Raises limits.TooLarge for an array, or a part of it, in many chunks.

    Args:
        shape: of what is read at once.
        chunks: shape of a chunk, or None.
    """
    parts = zip(shape, chunks or shape, strict=True)
    number = math.prod(-(-n // max(1, c)) for n, c in parts)
    if number > MAX_CHUNKS:
        raise limits.TooLarge(
            f"cut into {number:,} chunks; at most {MAX_CHUNKS:,} are read"
        )


def attribute(owner, name, default=None):
    """Returns an attribute of a file, group or data set; Refused if huge."""
    if name not in owner.attrs:
        return default
    declared = owner.attrs.get_id(name)
    size = math.prod(declared.shape) * declared.dtype.itemsize
    if size > MAX_ATTRIBUTE_BYTES:
        raise Refused(f"its attribute {name} has {size:,} bytes")
    return owner.attrs[name]


class Arrays:
    """Reads the arrays of a file of weights, at most MAX_BYTES in all.

    Args:
        num_bytes: of the file, which its arrays may exceed only so far.
    """

    def __init__(self, num_bytes):
        self._num_bytes, self._declared = num_bytes, 0

    def read(self, group, path):
        """The numbers at `path` below `group`; floats as float32."""
        data = array(group, path, also=(_BFLOAT16,))
        is_float = data.dtype.kind == "f" or data.dtype == _BFLOAT16
        itemsize = _FLOAT_BYTES if is_float else data.dtype.itemsize
        self._declared += data.size * itemsize
        if self._declared > MAX_BYTES:
            raise Refused(
                f"its arrays declare more than {MAX_BYTES // 2**30} GiB"
            )
        try:
            check_whole(data, self._declared, self._num_bytes)
        except limits.TooLarge as reason:
            raise Refused(f"it is {reason}") from None
        if data.dtype == _BFLOAT16:
            # The upper half of a float32.
            bits = data[()].view(np.uint16).astype(np.uint32) << 16
            return bits.view(np.float32)
        # Converted by HDF5 piece by piece: no second copy in float64.
        return np.asarray((data.astype(np.float32) if is_float else data)[()])


def has_whole_heaps(path_or_stream):
    """Whether a walk through every heap of an HDF5 file comes to its end.

    Args:
        path_or_stream: pathlib.Path, or io.BytesIO; its size is not zero.
    """
    if hasattr(path_or_stream, "getbuffer"):
        return _walk_all(path_or_stream.getvalue())
    with (
        open(path_or_stream, "rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data,
    ):
        return _walk_all(data)


def _walk_all(data):
    place = data.find(_SIGNATURE)
    while place >= 0:
        if not _is_whole(data, place):
            return False
        place = data.find(_SIGNATURE, place + 1)
    return True


def _is_whole(data, start):
    """Whether the walk through the heap at `start` ends; True for no heap."""
    if len(data) - start < _HEADER.size:
        return True
    _, _, reserved, size = _HEADER.unpack_from(data, start)
    is_plausible = _MIN_SIZE <= size <= len(data) - start
    # Numbers may look like a signature; HDF5 refuses a heap beyond the end.
    if not is_plausible and (any(reserved) or start + size > len(data)):
        return True
    place, end = start + _HEADER.size, start + size
    while end - place >= _OBJECT.size:
        index, _, length = _OBJECT.unpack_from(data, place)
        taken = length  # Of what is free, with its header.
        if index:
            taken = _OBJECT.size + -(-length // _ALIGNMENT) * _ALIGNMENT
        if not 0 < taken <= end - place:
            return False
        place += taken
    return True
