"""Weights in HDF5 files: what `data.checked_hdf5` lets in, within a budget."""

import numpy as np

from transfusion_tf.images import limits
from transfusion_tf.stores import checked_hdf5
from transfusion_tf.stores.checked_hdf5 import Refused, attribute, child, opened

__all__ = [
    "Arrays",
    "Refused",
    "attribute",
    "child",
    "has_names",
    "members",
    "names",
    "opened",
    "text",
]

# What all arrays of a file may take together in memory: a billion float32
# numbers, twenty times the largest network of the zoo.
MAX_BYTES = 4 * 2**30
_FLOAT_BYTES = 4  # All floats are read as float32.
# HDF5 has no bfloat16: Keras writes two bytes of no type.
_BFLOAT16 = np.dtype("V2")


class Arrays:
    """Reads the arrays of one file, at most MAX_BYTES in all.

    Args:
      num_bytes: of the file, which its arrays may exceed only so far.
    """

    def __init__(self, num_bytes):
        self._num_bytes, self._declared = num_bytes, 0

    def read(self, group, path):
        """The numbers at `path` below `group`; floats as float32."""
        data = checked_hdf5.array(group, path, also=(_BFLOAT16,))
        is_float = data.dtype.kind == "f" or data.dtype == _BFLOAT16
        itemsize = _FLOAT_BYTES if is_float else data.dtype.itemsize
        self._declared += data.size * itemsize
        if self._declared > MAX_BYTES:
            raise Refused(
                f"its arrays declare more than {MAX_BYTES // 2**30} GiB"
            )
        try:
            checked_hdf5.check_whole(data, self._declared, self._num_bytes)
        except limits.TooLarge as reason:
            raise Refused(f"it is {reason}") from None
        if data.dtype == _BFLOAT16:
            # The upper half of a float32.
            bits = data[()].view(np.uint16).astype(np.uint32) << 16
            return bits.view(np.float32)
        # Converted by HDF5 piece by piece: no second copy in float64.
        return np.asarray((data.astype(np.float32) if is_float else data)[()])


def members(group):
    """Names of what is in a group, as text."""
    return [text(name) for name in group]


def has_names(group, name):
    """Whether `group` has this list of names, whole or in chunks."""
    return name in group.attrs or f"{name}0" in group.attrs


def names(group, name):
    """A list of names that Keras keeps in an attribute, as text.

    One that is too long for an attribute is in several: `layer_names0`, ...
    """
    keys = [name] if name in group.attrs else []
    while f"{name}{len(keys)}" in group.attrs:
        keys.append(f"{name}{len(keys)}")
    found = [value for key in keys for value in np.ravel(attribute(group, key))]
    return [text(value) for value in found]


def text(value):
    """An HDF5 string as text."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, str):
        return str(value)
    raise Refused(f"it has {type(value).__name__} where Keras has a name")
