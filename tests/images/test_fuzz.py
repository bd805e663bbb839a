"""A thousand damaged files: each is read whole or refused in one line."""

import re

import numpy as np
import pytest

pytest.importorskip("pydicom")

from tests import fuzzing  # noqa: E402
from transfusion_tf.images import prepare as images  # noqa: E402

CASES = 1_000


def test_damaged_files_end_in_an_image_or_in_one_line(tmp_path):
    found = fuzzing.tally(CASES, seed=0, folder=tmp_path)
    assert sum(found.values()) == CASES
    kinds = {kind for kind, _ in found}
    assert kinds == set(fuzzing.originals())
    for kind in kinds:
        number = CASES // len(kinds)
        converted = found[kind, "converted"]
        # Were all refused or none, the cases would test little.
        assert 0 < converted < 0.95 * number, kind


def test_some_kinds_only(tmp_path):
    grown = {}
    found = fuzzing.tally(
        6, seed=1, folder=tmp_path, kinds=["tar", "XML"], grown=grown
    )
    assert sum(found.values()) == 6
    assert {kind for kind, _ in found} == {"tar", "XML"} == set(grown)
    assert all(0 <= most < fuzzing.BYTES for most in grown.values())


def test_cases_are_a_function_of_seed_and_number():
    # Files of HDF5 have the time of day in them.
    first, again, other = (
        [c for c in fuzzing.cases(45, seed=seed) if c[0] != "HDF5"]
        for seed in (3, 3, 4)
    )
    assert first == again
    assert first != other


@pytest.mark.parametrize(
    "error, expected",
    [
        (ValueError("two\nlines"), AssertionError),
        (ValueError("x" * 501), AssertionError),
        (KeyError("a bug"), KeyError),
        (MemoryError(), MemoryError),
    ],
)
def test_what_is_let_through(error, expected, monkeypatch, tmp_path):
    def prepare(raw, options):
        raise error

    monkeypatch.setattr(images, "prepare", prepare)
    with pytest.raises(expected):
        fuzzing.outcome("PNG", b"", 0, tmp_path)


def test_limits_of_time_and_memory(monkeypatch):
    monkeypatch.setattr(fuzzing, "SECONDS", 0.05)
    with pytest.raises(fuzzing.Hang), fuzzing.limited(2**30):
        while True:
            pass
    with pytest.raises(MemoryError), fuzzing.limited(2**26):
        np.empty(2**29, np.uint8)
    np.empty(2**29, np.uint8)


@pytest.mark.parametrize(
    "text, expected",
    [
        ("damaged or cut off (KeyError)", "damaged or cut off"),
        ("holds 12 images; one is allowed", "holds N images"),
        ("/tmp/a/b.zip is encrypted", "PATH is encrypted"),
        ("3 of 4 are not in a/b.zip: a/0, 'b'", "N of N are not in PATH"),
    ],
)
def test_classes_of_reasons(text, expected):
    assert fuzzing.reason_class(text) == expected
    assert not re.search(r"\d", fuzzing.reason_class(text))
