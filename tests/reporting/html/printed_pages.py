"""What a PDF of Chromium has on its pages."""

import re
import zlib

_OBJECT = re.compile(rb"(\d+) 0 obj\b(.*?)\bendobj", re.DOTALL)
_STREAM = re.compile(rb"stream\r?\n(.*)\r?\nendstream", re.DOTALL)
# Operators that show text, or draw a picture or a form.
_SHOWS = re.compile(rb"(?:\b(?:Tj|TJ)|/\w+ Do)\b")


def has_content(pdf):
    """Whether each page of a PDF (bytes) has a text or a picture; a list."""
    objects = {int(number): body for number, body in _OBJECT.findall(pdf)}
    pages = [
        body
        for _, body in sorted(objects.items())
        if re.search(rb"/Type\s*/Page\b(?!s)", body)
    ]
    return [bool(_SHOWS.search(_content(objects, page))) for page in pages]


def _content(objects, page):
    number = re.search(rb"/Contents\s+(\d+) 0 R", page)
    if not number:
        return b""
    body = objects[int(number.group(1))]
    stream = _STREAM.search(body).group(1)
    return zlib.decompress(stream) if b"/FlateDecode" in body else stream
