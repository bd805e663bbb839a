"""DICOM files for tests, made from those that come with pydicom."""

import io
import pathlib
import struct

import numpy as np
import pydicom
from pydicom import data as pydicom_data
from pydicom import datadict

from transfusion_tf.images import prepare


def raw_of(name):
    """The bytes of one of the files that come with pydicom."""
    path = pydicom_data.get_testdata_file(name, download=False)
    return pathlib.Path(path).read_bytes()


def changed(name="CT_small.dcm", **elements):
    """That file with other elements; None takes one out."""
    dataset = pydicom.dcmread(io.BytesIO(raw_of(name)))
    as_text = {}
    for keyword, value in elements.items():
        vr = datadict.dictionary_VR(keyword)
        if value is None:
            del dataset[keyword]
        elif vr == "US or SS":
            is_signed = min(np.atleast_1d(value)) < 0
            dataset.add_new(keyword, "SS" if is_signed else "US", value)
        elif vr in ("DS", "IS"):
            as_text[keyword] = value
            setattr(dataset, keyword, "1")
        else:
            setattr(dataset, keyword, value)
    raw = written(dataset)
    for keyword, value in as_text.items():
        values = value if isinstance(value, list) else [value]
        raw = _with_text(raw, keyword, "\\".join(map(str, values)))
    return raw


def _with_text(raw, keyword, text):
    """The file with any text for a number, of which pydicom writes few."""
    tag = datadict.tag_for_keyword(keyword)
    head = struct.pack("<HH", tag >> 16, tag & 0xFFFF)
    place = raw.index(head + datadict.dictionary_VR(keyword).encode()) + 6
    (length,) = struct.unpack_from("<H", raw, place)
    content = text.encode() + b" " * (len(text) % 2)
    size = struct.pack("<H", len(content))
    return raw[:place] + size + content + raw[place + 2 + length :]


def written(dataset, **options):
    buffer = io.BytesIO()
    dataset.save_as(buffer, **options)
    return buffer.getvalue()


def prepared(raw, **options):
    """The prepare.Prepared of a file, with these ImageOptions."""
    return prepare.prepare(raw, prepare.ImageOptions(**options))


def radiograph(words, **elements):
    """A grey file, 64 x 48, of words of 16 bits, 12 of them stored."""
    return changed(
        **{
            "Modality": "CR",
            "Rows": 48,
            "Columns": 64,
            "PixelRepresentation": 0,
            "BitsStored": 12,
            "HighBit": 11,
            "RescaleSlope": None,
            "RescaleIntercept": None,
            "PixelPaddingValue": None,
            "PixelData": words.astype("<u2").tobytes(),
        }
        | elements
    )
