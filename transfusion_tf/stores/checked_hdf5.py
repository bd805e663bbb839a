"""HDF5 files from anywhere: arrays of numbers, and nothing from elsewhere.

HDF5 can point into other files (external links, external storage, virtual
data sets), be linked in circles, name filters that are libraries to be loaded,
and declare arrays and chunks of any size. Neither Keras nor the data sets that
are read here do so, and a file that does is refused. All HDF5 files are opened
here.
"""

import math

import h5py

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
