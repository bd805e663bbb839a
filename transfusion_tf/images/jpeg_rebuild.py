"""JPEG files made anew around their compressed data, which stay as they are.

Of the segments, those are written that a decoder needs, from their fields and
not from their bytes: what a length covers beyond the fields, what no scan
uses and what nobody thought of stays behind.
"""

import functools
import re
import struct
import typing

from transfusion_tf.images import jpeg_parts, limits

_PROGRESSIVE = 0xC2
# 8 bits, Huffman codes, lossy: what TensorFlow's decoder reads.
_FRAMES = (0xC0, 0xC1, _PROGRESSIVE)
_JFIF = b"JFIF\0\1\1\0\0\1\0\1\0\0"  # Version 1.1, no density, no thumbnail.
_ADOBE = b"Adobe\0\x64\0\0\0\0"  # Then how the colours were transformed.
_COEFFICIENTS = jpeg_parts.COEFFICIENTS
_START_OF_SCAN = bytes((0xFF, jpeg_parts.SOS))
_END = bytes((0xFF, jpeg_parts.EOI))
_RESTART = re.compile(rb"\xff[\xd0-\xd7]")
# Compressed data look like random bytes: not one place in a million has text
# of this length and this many letters in it by chance.
_TEXT = re.compile(rb"[\x20-\x7e]{16}")
_LETTERS_OF_TEXT = 7


class _Scan(typing.NamedTuple):
    components: list  # (Component, DC table, AC table).
    first: int  # The coefficients that it holds, and which bits of them.
    last: int
    high: int
    low: int


def rebuilt(data):
    """Returns a JPEG file with what decoding `data` needs, and nothing else.

    Comments, application data (with colour profiles, which TensorFlow does
    not look at), tables that no scan uses, and bytes after an end go. JFIF's
    header and Adobe's colour transform stay where they decide on colours,
    reduced to that.

    Returns:
        The bytes of the file, and the ends of the compressed data of each
        scan in it.

    Raises:
        limits.NotKept: decoders may not agree about the file, or it hides
            something; also where it is not grey or of three colours.
        ValueError: it is damaged, or cut off.
    """
    return _of_one_scan(data) or _of_segments(data)


def _of_one_scan(data):
    """Returns what `rebuilt` does, or None where this is not its only scan."""
    place = jpeg_parts.first_scan(data)
    if place is None:
        return None
    start, end = place
    if data[end : end + 2] != _END:
        return None
    head = _head(data[:start])
    if head is None:
        return None
    beginning, num_restarts = head
    scan = data[start:end].rstrip(b"\xff")
    _check_data(scan, num_restarts)
    return beginning + scan + _END, [len(beginning) + len(scan)]


# Of one camera or program most files begin alike, and to read the beginning
# takes a third of the time that a small image takes.
@functools.lru_cache(maxsize=16)
def _head(data):
    """Returns what comes before the compressed data of a file of one scan.

    Args:
        data: the file up to its first compressed data.

    Returns:
        The bytes, and the number of restart markers in the compressed data;
        None where one scan is not all of the image.
    """
    writer = _Writer()
    for segment in jpeg_parts.segments(data + _END):
        if segment.marker == jpeg_parts.SOS:
            num_restarts = writer.read_scan(segment.content)
        else:
            writer.read(segment)
    if not writer.is_whole:
        return None
    return b"".join(writer.written()), num_restarts


def _of_segments(data):
    writer = _Writer()
    for segment in jpeg_parts.segments(data):
        writer.read(segment)
    return writer.file()


class _Writer:
    """Reads segment after segment, and knows what of them is needed."""

    def __init__(self):
        self._frame = None
        self._interval = 0
        self._has_jfif, self._transform = False, None
        self._parts = []  # Bytes, or for tables a list of [key, table].
        self._defined = {}  # Key of a table -> its [key, table, is_used].
        # Component -> lowest bit of each coefficient; () if all are known.
        self._precision = {}

    def read(self, segment):
        """Takes up what is needed of a segment."""
        marker, content = segment.marker, segment.content
        if marker in _FRAMES:
            self._read_frame(marker, content)
        elif marker == jpeg_parts.DQT:
            self._read_tables(jpeg_parts.quantisation(content))
        elif marker == jpeg_parts.DHT:
            self._read_tables(jpeg_parts.huffman(content))
        elif marker == jpeg_parts.DRI:
            self._read_interval(content)
        elif marker == jpeg_parts.SOS:
            _check_data(segment.scan, self.read_scan(content))
            self._parts.append(segment.scan)
        elif marker in jpeg_parts.FRAMES or marker == 0xCC:
            raise limits.NotKept("a kind of JPEG that few decoders read")
        elif not self._precision:  # Later ones change no colours.
            self._read_colours(marker, content)

    def file(self):
        """Returns what `rebuilt` does; ValueError if scans are missing."""
        if not self._precision:
            raise ValueError("no image in the JPEG file")
        if not self.is_whole:
            raise ValueError("scans are missing")
        written = self.written()
        ends = [
            sum(len(part) for part in written[: place + 1])
            for place, part in enumerate(written)
            if written[place - 1][:2] == _START_OF_SCAN
        ]
        return b"".join((*written, _END)), ends

    @property
    def is_whole(self):
        """Whether the scans so far are all of the image."""
        return self._precision.keys() == self._frame.components.keys() and (
            not any(any(bits) for bits in self._precision.values())
        )

    def written(self):
        """Returns the list of parts of the file so far."""
        written = [b"\xff\xd8"]
        if self._has_jfif:
            written.append(_segment(jpeg_parts.APP0, _JFIF))
        elif self._transform is not None and len(self._frame.components) == 3:
            transform = bytes((self._transform,))
            written.append(_segment(jpeg_parts.APP14, _ADOBE + transform))
        for part in self._parts:
            written += [part] if isinstance(part, bytes) else _used(part)
        return written

    def _read_colours(self, marker, content):
        """Notes what JFIF and Adobe say, as libjpeg does."""
        if marker == jpeg_parts.APP0 and content.startswith(b"JFIF\0"):
            self._has_jfif |= len(content) >= 14
        if marker == jpeg_parts.APP14 and content.startswith(b"Adobe"):
            if len(content) >= 12:
                self._transform = content[11]

    def _read_frame(self, marker, content):
        if self._frame:
            raise ValueError("a second frame in the JPEG image")
        self._frame = jpeg_parts.frame(marker, content)
        self._parts.append(_segment(marker, content))

    def _read_interval(self, content):
        if len(content) != 2:
            raise ValueError("a restart interval of another length")
        (self._interval,) = struct.unpack(">H", content)
        self._parts.append(_segment(jpeg_parts.DRI, content))

    def _read_tables(self, tables):
        """Notes tables, of which scans will say whether they are used."""
        part = [[key, table, False] for key, table in tables]
        self._defined.update((entry[0], entry) for entry in part)
        self._parts.append(part)

    def read_scan(self, content):
        """Takes up a scan's header; returns its number of restart markers."""
        if not self._frame:
            raise ValueError("a scan before the frame header")
        scan = self._scan(content)
        for key in self._tables_of(scan):
            if key not in self._defined:
                raise limits.NotKept("a table is missing")
            self._defined[key][2] = True
        self._refine(scan)
        names = b"".join(
            bytes((part.name, dc << 4 | ac)) for part, dc, ac in scan.components
        )
        ends = (scan.first, scan.last, scan.high << 4 | scan.low)
        header = bytes((len(scan.components), *names, *ends))
        self._parts.append(_segment(jpeg_parts.SOS, header))
        return self._num_restarts(scan)

    def _scan(self, content):
        """Returns the _Scan of a scan's header."""
        count = content[0] if content else 0
        if not count or len(content) != 4 + 2 * count:
            raise ValueError("a scan header of another length")
        *names, first, last, bits = content[1:]
        components = []
        for name, tables in jpeg_parts.groups(bytes(names), 2):
            if name not in self._frame.components:
                raise ValueError("a scan of a colour that the frame lacks")
            component = self._frame.components[name]
            components.append((component, tables >> 4, tables & 15))
        if self._frame.marker != _PROGRESSIVE:  # Where the rest says nothing.
            first, last, bits = 0, _COEFFICIENTS - 1, 0
        if not first <= last < _COEFFICIENTS:
            raise ValueError("a scan of coefficients that there are not")
        return _Scan(components, first, last, bits >> 4, bits & 15)

    def _tables_of(self, scan):
        """Yields the keys of the tables that decoding a scan takes."""
        for component, dc, ac in scan.components:
            yield jpeg_parts.DQT, component.table
            if scan.first == 0 and scan.high == 0:
                yield jpeg_parts.DHT, dc
            if scan.last > 0:
                yield jpeg_parts.DHT, 16 | ac

    def _refine(self, scan):
        """Notes what bits of which coefficients are known by now."""
        if (scan.first, scan.last, scan.low) == (0, _COEFFICIENTS - 1, 0):
            self._precision |= {c.name: () for c, *_ in scan.components}
            return
        for component, *_ in scan.components:
            known = self._precision.setdefault(
                component.name, [_COEFFICIENTS] * _COEFFICIENTS
            )
            part = slice(scan.first, scan.last + 1)
            known[part] = [min(bit, scan.low) for bit in known[part]]

    def _num_restarts(self, scan):
        """Returns how many restart markers the data of a scan have."""
        if not self._interval:
            return 0
        _, height, width, components = self._frame
        across = max(c.horizontal for c in components.values())
        down = max(c.vertical for c in components.values())
        if len(scan.components) == 1:  # Block by block of its own samples.
            ((component, *_),) = scan.components
            width = -(-width * component.horizontal // across)
            height = -(-height * component.vertical // down)
            across = down = 1
        units = -(-width // (8 * across)) * -(-height // (8 * down))
        return -(-units // self._interval) - 1


def _segment(marker, content):
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


def _used(tables):
    """Returns the segment of those tables that are used, in a list."""
    used = [table for _, table, is_used in tables if is_used]
    return [_segment(tables[0][0][0], b"".join(used))] if used else []


def _check_data(data, num_restarts):
    """Raises NotKept for compressed data that hold more than an image.

    What is behind the data of a scan's last block cannot be known without
    decoding it; text there can be seen.
    """
    restarts = list(_RESTART.finditer(data))
    numbers = [data[match.start() + 1] - 0xD0 for match in restarts]
    if numbers != [i % 8 for i in range(num_restarts)]:
        raise limits.NotKept("restart markers out of order")
    for end in (*(match.start() for match in restarts), len(data)):
        text = _TEXT.fullmatch(data[max(0, end - 16) : end])
        if text and len(set(text[0])) >= _LETTERS_OF_TEXT:
            raise limits.NotKept("text at the end of a scan")
