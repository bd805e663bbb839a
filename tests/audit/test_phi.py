"""Tests of finding text that looks like an identity."""

import re
import time
import zlib

import pytest
from PIL import ImageCms

from transfusion_tf.audit import phi

# Every kind in several forms; with text around them the finding is the same.
LOOKS_LIKE = {
    "name": (
        "DOE^JOHN",
        "CompressedSamples^MR1",
        "Müller^Jürgen^^Dr.",
        "van der Berg^Anna",
        "Doe, John",
        "MÜLLER,JÜRGEN",
        "O'Brien, Mary",
    ),
    "date": (
        "20040119",
        "20040119072730.123000",
        "2004-01-19",
        "2004/01/19",
        "2004:01:19",
        "19.01.2004",
        "1/19/2004",
        "19.01.04",
        "19 Jan 2004",
        "January 19, 2004",
    ),
    "time": ("07:27:30", "072730.5"),
    "uid": (
        "1.2.840.10008.1.2",
        "1.3.6.1.4.1.5962.1.2.1.20040119072730.12322",
        "2.25.329800735698586629295641978511506172918",
    ),
    "path": (
        "/home/doe/scan",
        "C:\\Users\\doe\\scan",
        "\\\\server\\share\\scan",
        "ward3/doe_john.dcm",
        "doe john.JPEG",
        "report.pdf",
    ),
    "email": ("john.doe@clinic.example.org",),
    "phone": ("+49 30 1234567", "(030) 123 4567", "555-123-4567"),
    "number": ("010820171", "7654321"),
}
HARMLESS = (
    "drawn: 15% of train by patient, stratified, seed 0",
    "not kept: 264 patients (967 images) are in more than one of the splits",
    "pneumonia-train.tfrecord-00000-of-00002",
    "tensorflow_datasets.core.features.text_feature.Text",
    "sRGB IEC61966-2.1",
    "Copyright (c) 1998 Hewlett-Packard Company",
    "13.0.0",
    "2.20.1",
    "Effusion/Edema",
    "mild, moderate",
    "No Finding",
    "x^2 + y^2",
    "1,234,567 images",
    "99991399",  # No month has the number 13.
    "0.123456789",
    "stretch",
    "",
)


@pytest.mark.parametrize(
    "kind, text", [(kind, t) for kind, of in LOOKS_LIKE.items() for t in of]
)
def test_what_looks_like_an_identity_is_found(kind, text):
    for around in ("{}", "seen: {}; done", "({})", "a\n{}\tb"):
        found = phi.find(around.format(text))
        assert found, around
        # 99991399-like: eight digits that are no date are a number.
        assert found[0].kind == kind, found


@pytest.mark.parametrize("text", [t for t in HARMLESS if t != "99991399"])
def test_what_is_harmless_is_not(text):
    assert phi.find(text) == []


def test_a_number_that_is_no_date_is_a_number():
    assert [f.kind for f in phi.find("99991399")] == ["number"]


def test_findings_come_in_the_order_of_the_text_and_once():
    found = phi.find("DOE^JOHN; 2004-01-19 07:27:30; a@b.org")
    assert found == [
        ("name", "XXX^XXXX"),
        ("date", "9999-99-99"),
        ("time", "99:99:99"),
        ("email", "x@x.xxx"),
    ]


@pytest.mark.parametrize(
    "text", [t for of in LOOKS_LIKE.values() for t in of] + ["Zoë^Ärger 9٣"]
)
def test_a_mask_tells_the_form_only(text):
    masked = phi.mask(text)
    assert len(masked) == len(text)
    assert not set(re.findall(r"\w", masked)) - set("Xx9_")


def test_long_masks_are_cut():
    assert phi.mask("a" * 500) == "x" * 60 + "..."


@pytest.mark.parametrize(
    "text, expected",
    [
        ("0123456789abcdef", True),
        ("0123456789abcdef-12", True),
        ("e3b0c44298fc1c14" * 4, True),
        ("0123456789abcde", False),
        ("0123456789ABCDEF", False),
        ("patient 0123456789abcdef", False),
        ("IM-0001", False),
    ],
)
def test_opaque_names_are_those_of_the_project(text, expected):
    assert phi.is_opaque(text) == expected


def test_texts_are_found_among_bytes_in_several_encodings():
    data = (
        b"\x00\xff\x10"
        + "Müller^Jürgen".encode()
        + b"\x00\x01ab\x02"
        + "DOE^JANE".encode("utf-16-le")
    )
    found = phi.texts(data)
    assert "Müller^Jürgen" in found
    assert any("DOE^JANE" in text for text in found)
    assert "ab" not in found
    latin = phi.texts("M\xfcller^J\xfcrgen".encode("latin-1"))
    assert any(phi.find(text) for text in latin)


def test_compressed_texts_are_inflated():
    content = b"Comment\0\0" + zlib.compress(b"x^" + b"DOE^JOHN" * 100)
    assert phi.inflated(content).count(b"DOE^JOHN") == 100
    assert phi.inflated(b"xxx no zlib here") == b""
    bomb = b"k\0\0" + zlib.compress(bytes(10_000_000))
    assert len(phi.inflated(bomb)) == 1 << 20


def test_a_colour_profile_raises_no_alarm():
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    texts = phi.texts(profile.tobytes())
    assert texts and not [f for text in texts for f in phi.find(text)]


@pytest.mark.parametrize("unit", ["a", "a.", "Ab-", "a/", "1 ", "1.2.", "a@"])
def test_long_texts_take_linear_time(unit):
    began = time.monotonic()
    phi.find(unit * (20_000 // len(unit)))
    assert time.monotonic() - began < 5  # Quadratic would be minutes.
