"""Checked access to HDF5 files from anywhere: arrays only, none from outside.

HDF5 can point into other files (external links, external storage, virtual
data sets), be linked in circles, and declare arrays of any size. Keras writes
nothing of the kind, so a file that does so is refused.
"""

import h5py
import numpy as np

# What all arrays of a file may declare together: a billion float32 numbers,
# twenty times the largest network of the zoo.
MAX_BYTES = 4 * 2**30
# HDF5 has no bfloat16: Keras writes two bytes of no type.
_BFLOAT16 = np.dtype("V2")


class Refused(ValueError):
    """Says what a file holds instead of weights, as part of a sentence."""


class Arrays:
    """Reads the arrays of one file, at most MAX_BYTES in all."""

    def __init__(self):
        self._bytes_left = MAX_BYTES

    def read(self, group, path):
        """The numbers at `path` below `group`; floats as float32."""
        data = child(group, path)
        if not isinstance(data, h5py.Dataset) or data.shape is None:
            raise Refused(f"{path} in it is not an array")
        if data.is_virtual or data.external is not None:
            raise Refused(f"it keeps {path} in another file")
        if data.dtype.kind not in "fiu" and data.dtype != _BFLOAT16:
            raise Refused(f"{path} in it holds {data.dtype}, not numbers")
        self._bytes_left -= data.size * data.dtype.itemsize
        if self._bytes_left < 0:
            raise Refused(
                f"its arrays declare more than {MAX_BYTES // 2**30} GiB"
            )
        values = data[()]
        if data.dtype == _BFLOAT16:
            # The upper half of a float32.
            bits = values.view(np.uint16).astype(np.uint32) << 16
            return bits.view(np.float32)
        if data.dtype.kind == "f":
            values = values.astype(np.float32, copy=False)
        return np.asarray(values)


def child(group, path):
    """The group or data set at `path`, reached by plain links only.

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


def members(group):
    """Names of what is in a group, as text."""
    return [text(name) for name in group]


def has_names(group, attribute):
    """Whether `group` has this list of names, whole or in chunks."""
    return attribute in group.attrs or f"{attribute}0" in group.attrs


def names(group, attribute):
    """A list of names that Keras keeps in an attribute, as text.

    One that is too long for an attribute is in several: `layer_names0`, ...
    """
    keys = [attribute] if attribute in group.attrs else []
    while f"{attribute}{len(keys)}" in group.attrs:
        keys.append(f"{attribute}{len(keys)}")
    found = [value for key in keys for value in np.ravel(group.attrs[key])]
    return [text(value) for value in found]


def text(value):
    """An HDF5 string as text."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, str):
        return str(value)
    raise Refused(f"it has {type(value).__name__} where Keras has a name")
