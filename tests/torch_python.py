"""The Python with PyTorch that some tests start, which this one need not be."""

import os

import pytest

VARIABLE = "TRANSFUSION_TORCH_PYTHON"


def torch_python():
    """Its path; skips the test where none is named."""
    python = os.environ.get(VARIABLE)
    if not python:
        pytest.skip(f"set {VARIABLE} to a Python with torch and safetensors")
    return python
