"""TIFF files as others write them and Pillow cannot: any tags on any data."""

import struct

import numpy as np

SHORT, LONG = 3, 4
_LAYOUTS = {SHORT: "H", LONG: "I"}


def tiff(data, width, height, *, order="<", **tags):
    """The bytes of a TIFF of one image in one strip, or in one a plane.

    Args:
        data: bytes of the strip, or list of the bytes of strips.
        width, height: in pixels.
        order: "<" or ">", of bytes.
        **tags: `t<number>`: int, tuple of ints or bytes (text); in place of
            the defaults, 8 bits of grey; None leaves a tag out.
    """
    strips = [data] if isinstance(data, bytes) else data
    values = {
        256: width,
        257: height,
        258: 8,
        259: 1,
        262: 1,
        277: 1,
        278: height,
        279: tuple(len(strip) for strip in strips),
    } | {int(name[1:]): value for name, value in tags.items()}
    values = {tag: v for tag, v in values.items() if v is not None}
    place = 8 + 2 + 12 * (len(values) + 1) + 4
    entries, outside = [], b""
    for tag in sorted([*values, 273]):
        if tag == 273:  # Where the strips are; they come last.
            sizes = [*map(_size, values.values()), 4 * len(strips)]
            start = place + sum(size for size in sizes if size > 4)
            starts = np.cumsum([start, *map(len, strips)])[:-1].tolist()
            kind, count = LONG, len(starts)
            content = struct.pack(f"{order}{count}I", *starts)
        else:
            kind, count, content = _packed(values[tag], order)
        entries.append(struct.pack(f"{order}HHI", tag, kind, count))
        if len(content) > 4:
            entries.append(struct.pack(f"{order}I", place + len(outside)))
            outside += content
        else:
            entries.append(content.ljust(4, b"\0"))
    head = b"II*\0" if order == "<" else b"MM\0*"
    head += struct.pack(f"{order}IH", 8, len(values) + 1)
    return b"".join([head, *entries, bytes(4), outside, *strips])


def _packed(value, order):
    if isinstance(value, bytes):
        return 2, len(value), value
    numbers = value if isinstance(value, tuple) else (value,)
    kind = SHORT if max(numbers) < 2**16 else LONG
    layout = f"{order}{len(numbers)}{_LAYOUTS[kind]}"
    return kind, len(numbers), struct.pack(layout, *numbers)


def _size(value):
    return len(_packed(value, "<")[2])
