"""What TensorFlow is asked for before it is imported: oneDNN."""

import os
import platform
import subprocess
import sys

import pytest

from transfusion_tf.process import quiet

NAME = "TF_ENABLE_ONEDNN_OPTS"
FAKE = "import sys, types; sys.modules['tensorflow'] = types.ModuleType('x'); "
PRINT = f"import os, transfusion_tf; print(os.environ.get('{NAME}'))"
has_onednn = pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() != "x86_64",
    reason="TensorFlow has no oneDNN here",
)


def python(code, **environment):
    """What a fresh interpreter prints, in an environment without NAME."""
    inherited = {k: v for k, v in os.environ.items() if k != NAME}
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**inherited, "TF_CPP_MIN_LOG_LEVEL": "3", **environment},
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()


@pytest.mark.parametrize(
    ("code", "environment", "expected"),
    [
        (PRINT, {}, "1"),
        (PRINT, {NAME: "0"}, "0"),  # The user's word counts.
        (FAKE + PRINT, {}, "None"),  # Too late: it would only mislead.
    ],
)
def test_the_package_asks_for_onednn_before_tensorflow_is_imported(
    code, environment, expected
):
    assert python(code, **environment) == [expected]


@pytest.mark.parametrize(
    ("value", "expected"),
    [("1", "on"), ("True", "on"), ("0", "off"), ("", "default")],
)
def test_before_tensorflow_is_imported_the_environment_counts(
    monkeypatch, value, expected
):
    monkeypatch.setenv(NAME, value)
    monkeypatch.delitem(sys.modules, "tensorflow", raising=False)
    assert quiet.onednn_setting() == expected


@has_onednn
def test_these_tests_run_with_onednn():
    import tensorflow  # noqa: F401

    asked = os.environ.get(NAME)
    assert quiet.onednn_setting() == ("off" if asked == "0" else "on")


@has_onednn
def test_afterwards_what_tensorflow_found_counts(monkeypatch):
    import tensorflow  # noqa: F401

    found = quiet.onednn_setting()
    for value in ("0", "1"):
        monkeypatch.setenv(NAME, value)
        assert quiet.onednn_setting() == found
