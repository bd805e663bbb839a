"""Files of safetensors: a header that lists tensors, and their numbers.

A length of eight bytes, as much JSON, and the numbers of all tensors without
gaps (github.com/huggingface/safetensors). Nothing in it is code. That offsets
neither overlap nor leave the file, and go with shapes, the package checks.
"""

import pathlib
import re

import numpy as np
import safetensors

from transfusion_tf.process.errors import one_line
from transfusion_tf.stores.checked_hdf5 import MAX_BYTES, Refused

_LENGTH_BYTES = 8
# The package takes no longer header; those of the largest networks have less
# than a megabyte.
MAX_HEADER_BYTES = 100_000_000
_PREFIX = re.compile("Error while deserializing( header)?: ")
_BFLOAT16 = "BF16"
_TYPES = {
    **{"F64": "<f8", "F32": "<f4", "F16": "<f2", _BFLOAT16: "<u2"},
    **{"I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "i1"},
    **{"U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "u1"},
}


def is_one(start):
    """Whether a file that starts with these bytes is meant to be one."""
    return start[_LENGTH_BYTES : _LENGTH_BYTES + 1] == b"{"


def read(path):
    """Returns {name: array} of all tensors of a file, in natural order.

    Shapes are those of the file. Floats (of 64, 32 and 16 bits, bfloat16 too)
    are read as float32, integers as they are. `block2` comes before `block10`.

    Args:
      path: file.

    Raises:
      Refused: a tensor holds no numbers, or ones of a type that is not read,
        or all of them are larger than checked_hdf5.MAX_BYTES.
      ValueError: the file is damaged: the reason, as part of a sentence.
    """
    path = pathlib.Path(path)
    _check_sizes(path)
    try:
        found = safetensors.deserialize(path.read_bytes())
    except safetensors.SafetensorError as error:
        raise ValueError(_PREFIX.sub("", str(error))) from None
    found.sort(key=lambda named: _natural(named[0]))
    return {name: _array(name, **tensor) for name, tensor in found}


def _check_sizes(path):
    """Raises unless header and file are of plausible sizes."""
    size = path.stat().st_size
    with path.open("rb") as stream:
        declared = int.from_bytes(stream.read(_LENGTH_BYTES), "little")
    if declared > min(size - _LENGTH_BYTES, MAX_HEADER_BYTES):
        raise ValueError(
            f"its header declares {declared:,} bytes, the file has {size:,}"
        )
    if size > MAX_BYTES:
        raise Refused(f"it is larger than {MAX_BYTES // 2**30} GiB")


def _array(name, dtype, shape, data):
    """The numbers of one tensor; floats as float32."""
    if dtype not in _TYPES:
        raise Refused(
            f"{one_line(name)} in it holds {dtype}; numbers that are read are "
            "floats of 16 bits and more, and integers"
        )
    array = np.frombuffer(data, _TYPES[dtype]).reshape(shape)
    if dtype == _BFLOAT16:
        # The upper half of a float32.
        return (array.astype(np.uint32) << 16).view(np.float32)
    return array.astype(np.float32) if array.dtype.kind == "f" else array


def _natural(name):
    """Sorts numbers in names by their value."""
    parts = re.split(r"(\d+)", name)
    return [int(x) if i % 2 else x for i, x in enumerate(parts)]
