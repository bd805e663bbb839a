"""Tests of checks of decoders, weights and speed, in made-up conditions."""

import builtins
import hashlib
import pathlib
import re

import pytest

from transfusion_tf.doctor import codecs, speed, weights
from transfusion_tf.initialization import published_files

PAGE = pathlib.Path(__file__).parents[2] / "docs" / "guide.md"


@pytest.mark.parametrize(
    "missing, status, told",
    [
        ((), "ok", "JPEG, PNG, JPEG 2000, TIFF, WebP."),
        (("webp",), "warning", "JPEG, PNG, JPEG 2000, TIFF; not WebP."),
        (("jpg",), "problem", "Pillow was built without JPEG."),
    ],
)
def test_formats_of_pillow(missing, status, told):
    found = codecs.pillow(lambda library: library not in missing)
    assert found.status == status and told in found.line()


def test_decoders_of_tensorflow():
    good = {"decoded": {"JPEG": "", "PNG": ""}}
    assert codecs.of_tensorflow(good).status == "ok"
    bad = codecs.of_tensorflow({"decoded": {"JPEG": "", "PNG": "no zlib"}})
    assert bad.status == "problem" and "PNG (no zlib)" in bad.found
    assert codecs.of_tensorflow({}).status == "warning"


@pytest.mark.parametrize(
    "missing, status, told",
    [
        ((), "ok", "JPEG-LS."),
        ((".80",), "ok", "not JPEG-LS. Files compressed so are left out; pip"),
        ((".90", ".80"), "warning", "pylibjpeg pylibjpeg-openjpeg pyjpegls"),
    ],
)
def test_decoders_of_dicom(missing, status, told):
    found = codecs.dicom(lambda syntax: not syntax.endswith(missing))
    assert found.status == status and told in found.line()


def test_without_pydicom(monkeypatch):
    really = builtins.__import__

    def without(name, *rest):
        if name.startswith("pydicom"):
            raise ImportError(name)
        return really(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    found = codecs.dicom()
    assert found.status == "warning" and "[dicom]" in found.advice


def test_weights_that_are_there_missing_or_damaged(tmp_path, monkeypatch):
    content = {"resnet50": b"weights", "squeezenet": b"others"}
    known = {
        model: published_files.Published(
            f"{model}.h5",
            f"https://example.org/{model}",
            hashlib.md5(data).hexdigest(),
        )
        for model, data in content.items()
    }
    monkeypatch.setattr(published_files, "FILES", known)
    found = weights.imagenet(tmp_path)
    assert found.status == "warning" and found.found.startswith("0 of 2")
    assert (
        f"https://example.org/resnet50 -> {tmp_path}/resnet50.h5"
        in (found.details[0])
    )
    for model, data in content.items():
        (tmp_path / f"{model}.h5").write_bytes(data)
    found = weights.imagenet(tmp_path)
    assert found.status == "ok" and found.details == ()
    (tmp_path / "resnet50.h5").write_bytes(b"cut")
    found = weights.imagenet(tmp_path)
    assert found.status == "problem" and found.found.startswith("1 of 2")
    assert "resnet50.h5" in found.found and "Delete it" in found.advice


def measured(**changes):
    """What `steps.measure` returns, for the first reference."""
    (model, side, batch), rate = next(iter(speed.REFERENCE.items()))
    return {
        "model": model,
        "image_size": side,
        "batch_size": batch,
        "images_per_second": rate / 2,
        "loss": 0.7,
        **changes,
    }


@pytest.mark.parametrize(
    "changes, status, told",
    [
        ({}, "ok", ", 0.50 of "),
        ({"images_per_second": 50.0}, "warning", "Some 7 processes ran"),
        ({"loss": float("nan")}, "problem", "the loss is nan"),
    ],
)
def test_speed(changes, status, told):
    (found,) = speed.speed({"speed": [measured(**changes)]}, load=7.2)
    assert found.status == status and told in found.line()


def test_without_measured_speeds_there_is_no_line():
    assert speed.speed({}) == []


def test_the_page_has_the_speeds_that_are_compared_with():
    text = PAGE.read_text()
    rows = re.findall(r"^\| `(\w+)` \| (\d+) \| (\d+) \| (\d+) \|$", text, re.M)
    found = {(m, int(s), int(b)): float(rate) for m, s, b, rate in rows}
    assert found == speed.REFERENCE
    assert speed.REFERENCE_MACHINE in " ".join(text.split())
