"""Tests of checks of versions, in made-up environments."""

import email
import importlib.metadata
import pathlib

import pytest

from transfusion_tf.doctor import requirements, versions

NEEDED = requirements.Requirements(
    ">=3.11,<3.14",
    {"tensorflow": ">=2.20,<2.22", "keras": ">=3.13,<3.16", "numpy": ">=1.26"},
    {"dicom": {"pydicom": ">=3.0,<4"}, "beam": {"apache-beam": ">=2.71"}},
)
GOOD = {"tensorflow": "2.21.0", "keras": "3.15.1", "numpy": "2.0.1"}


@pytest.mark.parametrize(
    "version, bounds, expected",
    [
        ("2.20", ">=2.20,<2.22", True),
        ("2.20.0", ">=2.20,<2.22", True),
        ("2.9.1", ">=2.20,<2.22", False),  # As text it would be more.
        ("2.22.0", ">=2.20,<2.22", False),
        ("2.22", "<=2.22", True),
        ("4.0.0rc1", "<4", False),
        ("1.0", "", True),
        ("1.5", "==1.5.0", True),
        ("1.5", "!=1.5.0", False),
    ],
)
def test_versions_fit(version, bounds, expected):
    assert requirements.fits(version, bounds) is expected


def test_bounds_of_a_checkout_are_those_of_setup_py():
    of_setup = requirements.read()
    assert of_setup.python == ">=3.11,<3.14"
    assert of_setup.packages["tensorflow"] == ">=2.20,<2.22"
    assert of_setup.extras["dicom"]["pydicom"] == ">=3.0,<4"
    assert "transfusion_tf" in of_setup.extras["test"]


def test_bounds_of_an_installed_package(monkeypatch, tmp_path):
    text = (
        "Requires-Python: <3.14,>=3.11\n"
        "Requires-Dist: keras<3.16,>=3.13\n"
        'Requires-Dist: pydicom<4,>=3.0; extra == "dicom"\n'
        'Requires-Dist: transfusion_tf[dicom]; extra == "test"\n'
    )
    monkeypatch.setattr(
        importlib.metadata,
        "metadata",
        lambda _: email.message_from_string(text),
    )
    found = requirements.read(setup=tmp_path / "setup.py")
    assert found == requirements.Requirements(
        "<3.14,>=3.11",
        {"keras": "<3.16,>=3.13"},
        {"dicom": {"pydicom": "<4,>=3.0"}, "test": {"transfusion_tf": ""}},
    )


def test_neither_a_checkout_nor_installed(monkeypatch, tmp_path):
    monkeypatch.setattr(requirements, "PACKAGE", "no_such_package")
    with pytest.raises(LookupError):
        requirements.read(setup=pathlib.Path(tmp_path / "setup.py"))


def test_python():
    assert versions.python(NEEDED, "3.12.1").status == "ok"
    found = versions.python(NEEDED, "3.14.0")
    assert found.status == "problem" and "another Python" in found.advice


@pytest.mark.parametrize(
    "probe, changed, status, told",
    [
        ({"tensorflow": "2.21.0"}, {}, "ok", "2.21.0, within"),
        ({}, {"tensorflow": None}, "problem", "not installed"),
        (
            {"tensorflow": "2.9.1"},
            {"tensorflow": "2.9.1"},
            "problem",
            "2.9.1, not within >=2.20,<2.22. pip install 'tensorflow>=2.20,<2.",
        ),
        (
            {"failure": "ImportError: no such symbol"},
            {},
            "problem",
            "does not start (ImportError: no such symbol). Install it anew",
        ),
        (
            {"failure": "ended by SIGILL"},
            {},
            "problem",
            "(ended by SIGILL). The processor lacks instructions (AVX)",
        ),
        # A build of another name is known by what it says itself.
        ({"tensorflow": "2.20.0"}, {"tensorflow": None}, "ok", "2.20.0"),
    ],
)
def test_tensorflow(probe, changed, status, told):
    found = versions.tensorflow(NEEDED, probe, {**GOOD, **changed}.get)
    assert found.status == status and told in found.line()


@pytest.mark.parametrize(
    "probe, version, status, told",
    [
        ({"backend": "tensorflow"}, "3.15.1", "ok", "3.15.1"),
        ({}, "2.15.0", "problem", "pip install 'keras>=3.13,<3.16'"),
        ({"backend": "jax"}, "3.15.1", "problem", "KERAS_BACKEND=tensorflow"),
    ],
)
def test_keras(probe, version, status, told):
    found = versions.keras(NEEDED, probe, {"keras": version}.get)
    assert found.status == status and told in found.line()


def test_other_packages():
    assert versions.others(NEEDED, GOOD.get).status == "ok"
    for changed, told in (
        (
            {"numpy": "1.20.0"},
            "numpy is 1.20.0, not within >=1.26. pip install",
        ),
        ({"numpy": None}, "numpy is not installed. pip install 'numpy>=1.26'."),
    ):
        found = versions.others(NEEDED, {**GOOD, **changed}.get)
        assert found.status == "problem" and told in found.line()


def test_optional_packages_may_be_missing_but_not_misfit():
    found = versions.optional(NEEDED, {}.get)
    assert found.status == "ok" and "dicom (DICOM files) not" in found.found
    found = versions.optional(NEEDED, {"pydicom": "2.4.4"}.get)
    assert found.status == "warning"
    assert found.advice == "pip install 'pydicom>=3.0,<4'."
