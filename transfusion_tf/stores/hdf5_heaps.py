"""Heaps of HDF5 files, which hold texts of any length, looked at before use.

HDF5 walks through a heap object by object. Where a damaged size leads it to an
object of no size, it stays there for ever, inside of C code that nothing can
interrupt. So the walk is done here first. The layout is that of a Global Heap
Collection in the HDF5 File Format Specification, version 3.0, section III.E,
with lengths of eight bytes, as h5py and Keras write them.
"""

import mmap
import struct

_SIGNATURE = b"GCOL\x01"
_HEADER = struct.Struct("<4sB3sQ")  # Signature, version, reserved, size.
_OBJECT = struct.Struct("<HH4xQ")  # Index, references, size without header.
_MIN_SIZE = 4096  # Of a heap that HDF5 makes.
_ALIGNMENT = 8


def are_whole(path_or_stream):
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
