"""Frame headers of JPEG files, and tables of DQT and DHT, one by one.

The key of a table tells which it replaces: (marker, its number; with 16 added
for Huffman codes of AC coefficients).
"""

import functools
import struct
import typing

from transfusion_tf.images import metadata

COEFFICIENTS = 64  # Of a block.


class Component(typing.NamedTuple):
    """A colour of a frame: its name, samples in an MCU, and quantisation."""

    name: int
    horizontal: int
    vertical: int
    table: int


class Frame(typing.NamedTuple):
    """A frame header: its kind, the size of the image, and its colours."""

    marker: int
    height: int
    width: int
    components: dict  # Name -> Component.


@functools.lru_cache(maxsize=64)  # Most files have the same few.
def quantisation(content):
    """Returns (key, bytes) of the tables of a DQT segment; or ValueError."""
    tables = []
    while content:
        length = 1 + COEFFICIENTS * (2 if content[0] >> 4 else 1)
        if len(content) < length:
            raise ValueError("a table is cut off")
        tables.append(((metadata.DQT, content[0] & 15), content[:length]))
        content = content[length:]
    return tuple(tables)


@functools.lru_cache(maxsize=64)  # Most files have the same few.
def huffman(content):
    """Returns (key, bytes) of the tables of a DHT segment.

    Raises ValueError; metadata.NotKept if it names a symbol twice, as text
    that hides in it would.
    """
    tables = []
    while content:
        length = 17 + sum(content[1:17])
        if len(content) < max(length, 17):
            raise ValueError("a table is cut off")
        symbols = content[17:length]
        if len(set(symbols)) != len(symbols):
            raise metadata.NotKept("a table that names a symbol twice")
        tables.append(((metadata.DHT, content[0]), content[:length]))
        content = content[length:]
    return tuple(tables)


def frame(marker, content):
    """Returns the Frame of a frame header.

    Raises:
        metadata.NotKept: not of 8 bits and one or three colours, or names of
            colours that are not clear.
        ValueError: it is damaged.
    """
    bits, height, width, count = _unpacked(">BHHB", content)
    if bits != 8 or not height or not width or count not in (1, 3):
        raise metadata.NotKept("not 8 bits of grey or three colours")
    if len(content) != 6 + 3 * count:
        raise ValueError("a frame header of another length")
    components = [
        Component(name, samples >> 4, samples & 15, table)
        for name, samples, table in groups(content[6:], 3)
    ]
    if not all(
        1 <= sampling <= 4
        for component in components
        for sampling in component[1:3]
    ):
        raise ValueError("a sampling that JPEG does not have")
    by_name = {component.name: component for component in components}
    if len(by_name) != count:
        raise metadata.NotKept("two colours of one name")
    return Frame(marker, height, width, by_name)


def groups(content, size):
    """Returns tuples of `size` bytes, one after the other."""
    return zip(*(content[i::size] for i in range(size)), strict=True)


def _unpacked(layout, content):
    try:
        return struct.unpack_from(layout, content)
    except struct.error:
        raise ValueError("a JPEG segment is cut off") from None
