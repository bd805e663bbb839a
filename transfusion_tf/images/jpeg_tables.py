"""The tables in DQT and DHT segments of JPEG files, one by one.

The key of a table tells which it replaces: (marker, its number; with 16 added
for Huffman codes of AC coefficients).
"""

import functools

from transfusion_tf.images import metadata

COEFFICIENTS = 64  # Of a block.


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

    Raises ValueError; segments.NotKept if it names a symbol twice, as text
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
