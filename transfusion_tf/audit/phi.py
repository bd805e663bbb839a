"""Text that looks like a person's identity: names, dates, numbers, paths.

Patterns find what has a form of its own. They cannot know that `John Smith`
is a name, nor read what is burned into an image: no findings is not a proof
that there is nothing.
"""

import re
import typing
import zlib

# Opaque names that the project itself writes: ids and patients (16 hex
# digits, `-2` after identical ones; more digits where keyed) and checksums.
_OURS = re.compile(r"[0-9a-f]{16,128}(-\d+)?")
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.?"
_YEAR = r"(?:19|20)\d\d"
_MM, _DD = r"(?:0[1-9]|1[0-2])", r"(?:0[1-9]|[12]\d|3[01])"
_BEFORE, _AFTER = r"(?<![\w.])", r"(?![\w])"
_IMAGE = r"(?i:dcm|dicom|jpe?g|png|tiff?|bmp|gif|webp|nii|mha|mhd|raw)"
_DOCUMENT = r"(?i:csv|tsv|xlsx?|docx?|pdf|txt|xml|json|npz|npy|zip|tar|gz)"
# In this order: what one has found, the others do not see. Repetitions have
# ends, so that the time is linear in the length of the text.
_PATTERNS = {
    "email": r"[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64})+",
    "uid": (
        r"(?<![\w.])(?:[0-2](?:\.(?:0|[1-9]\d*)){5,}|2\.25\.\d{10,39}"
        r"|1\.2\.840(?:\.\d+)+)(?![\w])"
    ),
    "path": (
        r"(?:\b[A-Za-z]:\\|\\\\)[^\s\"<>|]{1,200}"  # Windows.
        r"|(?<![\w:/.<])~?(?:/[\w.@+~-]{1,100}){2,}/?"
        rf"|(?:[\w.@+~-]{{1,100}}[/\\]){{0,20}}[\w.@+~ -]{{0,100}}[\w@+~-]"
        rf"\.(?:{_IMAGE}|{_DOCUMENT})\b"
    ),
    "date": (
        rf"{_BEFORE}{_YEAR}(?:-{_MM}-{_DD}|/{_MM}/{_DD}|\.{_MM}\.{_DD}"
        rf"|:{_MM}:{_DD})(?!\d)"
        rf"|{_BEFORE}{_YEAR}{_MM}{_DD}(?:\d{{6}}(?:\.\d+)?)?{_AFTER}"  # DA, DT.
        rf"|{_BEFORE}\d{{1,2}}([./-])\d{{1,2}}\1{_YEAR}{_AFTER}"
        rf"|{_BEFORE}\d\d([./-])\d\d\2\d\d(?![\w.])"
        rf"|\b\d{{1,2}}[ .-]{{1,2}}{_MONTH}[ ,.-]{{1,2}}(?:\d{{4}}|\d\d)\b"
        rf"|\b{_MONTH}[ -]\d{{1,2}},?[ -]\d{{4}}\b"
    ),
    "time": (
        r"(?<![\d:.])(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?![\d:])"
        r"|(?<![\w.])(?:[01]\d|2[0-3])[0-5]\d[0-5]\d\.\d{1,6}(?![\w.])"  # TM.
    ),
    "name": (
        # DICOM's PN: Last^First^...
        r"[^\W_][\w'’.-]{1,40}(?: [\w'’.-]{1,40}){0,4}\^[\w'’. ^-]{0,99}"
        # Last, First.
        r"|(?<!\w)[^\W\d_a-z][^\W\d_]{0,40}(?:['’-][^\W\d_]{1,40}){0,4},"
        r" ?[^\W\d_a-z][^\W\d_]{1,40}(?!\w)"
    ),
    "phone": (
        r"(?<![\w.+])\+\d{1,3}(?:[ ./()-]{0,2}\d){6,12}(?!\w)"
        r"|(?<![\w.])\(\d{2,5}\)(?:[ ./-]?\d){5,10}(?!\w)"
        r"|(?<![\w.])\d{3,5}[ /-]\d{3,4}[ -]\d{3,6}(?!\w)"
    ),
    "number": r"(?<![\w.])\d{7,}(?!\w)",  # Of a patient or an examination.
}
KINDS = tuple(_PATTERNS)
_COMPILED = {kind: re.compile(text) for kind, text in _PATTERNS.items()}
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ufffd]+")
_SHORTEST = 4  # Characters; shorter runs are what binary data look like.
_LONGEST_MASK = 60


class Finding(typing.NamedTuple):
    """A part of a text that looks like something of a person."""

    kind: str  # One of KINDS.
    masked: str


def is_opaque(text):
    """Whether `text` is a name as the project makes them, or a checksum."""
    return _OURS.fullmatch(text) is not None


def find(text):
    """Returns the list of Findings in `text`, in its order."""
    found = []
    for kind, pattern in _COMPILED.items():
        for match in pattern.finditer(text):
            found.append((match.start(), Finding(kind, mask(match[0].strip()))))
        # A character that no pattern takes, nor any letter before or after.
        text = pattern.sub(lambda m: "\n" * len(m[0]), text)
    return [finding for _, finding in sorted(found)]


def mask(text):
    """Returns the form of `text` alone: X and x for letters, 9 for digits.

    A log file or a screen must not tell whose identity was found.
    """
    shape = "".join(
        "9"
        if c.isdigit()
        else "X"
        if c.isupper()
        else "x"
        if c.isalpha()
        else c
        for c in text[:_LONGEST_MASK]
    )
    return shape if len(text) <= _LONGEST_MASK else f"{shape}..."


def texts(data):
    """Returns the runs of text in `data`, as `strings` would.

    Args:
        data: bytes; UTF-8, or UTF-16 of Latin letters, among anything else.
    """
    variants = [data]
    if b"\0" in data:
        variants.append(data.replace(b"\0", b""))  # UTF-16.
    found = {}
    for variant in variants:
        for run in _CONTROL.split(variant.decode("utf-8", "replace")):
            if len(run) >= _SHORTEST:
                found[run] = None
    return list(found)


def inflated(content, *, most=1 << 20):
    """Returns what may be compressed in a PNG chunk, at most `most` bytes.

    Args:
        content: of a zTXt, iTXt or iCCP chunk: keyword, bytes, zlib data.
    """
    start = content.find(b"\x78")  # Where every zlib stream begins.
    while start >= 0:
        try:
            return zlib.decompressobj().decompress(content[start:], most)
        except zlib.error:
            start = content.find(b"\x78", start + 1)
    return b""
