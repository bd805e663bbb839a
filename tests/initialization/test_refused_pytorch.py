"""PyTorch's files that are refused, each with one line."""

import pathlib
import pickle
import re
import shlex
import subprocess
import zipfile

import numpy as np
import pytest

from tests.initialization.test_refused_files import refusal
from tests.torch_python import torch_python
from transfusion_tf.initialization import weight_files


class Bomb:
    """Leaves a trace when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return pathlib.Path.touch, (self.path,)


LINE = re.compile(r"this line makes a file of it that is taken: (python .*)\.$")


def test_a_pickle_is_refused_and_not_opened(tmp_path):
    trace = tmp_path / "trace"
    (tmp_path / "w.h5").write_bytes(pickle.dumps(Bomb(trace)))
    message = refusal(tmp_path / "w.h5")
    assert "it is a Python pickle" in message and LINE.search(message)
    with zipfile.ZipFile(tmp_path / "w.pth", "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(Bomb(trace)))
    message = refusal(tmp_path / "w.pth")
    assert "a zip archive PyTorch's" in message and LINE.search(message)
    assert not trace.exists()
    function, arguments = Bomb(trace).__reduce__()
    function(*arguments)  # As unpickling does: the trace would be there.
    assert trace.exists()


def test_the_line_does_not_write_over_a_pickle_named_safetensors(tmp_path):
    path = tmp_path / "w.safetensors"
    path.write_bytes(pickle.dumps({}))
    line = LINE.search(refusal(path))[1]
    assert f'torch.load("{path}"' in line
    assert f'"{tmp_path / "w.converted.safetensors"}")' in line


MAKE_PICKLE = """
import sys, torch
state = {"conv.weight": torch.arange(6.0).reshape(2, 3, 1, 1).transpose(0, 1)}
wrapped = {"epoch": 3, "state_dict": state, "optimizer": {"lr": 0.1}}
torch.save(state if sys.argv[2] == "bare" else wrapped, sys.argv[1])
"""


@pytest.mark.parametrize("form", ["bare", "wrapped"])
def test_the_line_makes_safetensors_of_a_pickle(tmp_path, form):
    python = torch_python()
    path = tmp_path / "it's a w.pth"
    subprocess.run([python, "-c", MAKE_PICKLE, path, form], check=True)
    line = LINE.search(refusal(path))[1]
    _, option, code = shlex.split(line)
    subprocess.run([python, option, code], check=True)
    source = weight_files.read(path.with_suffix(".safetensors"))
    (array,) = source.tensors.values()
    expected = np.arange(6.0).reshape(1, 1, 2, 3)
    np.testing.assert_array_equal(array, expected)


@pytest.mark.parametrize(
    "header, message",
    [
        (b"{}", "not taken as weights: there are no tensors in it; give"),
        (
            b'{"mask":{"dtype":"BOOL","shape":[1],"data_offsets":[0,1]}}\1',
            "not taken as weights: mask in it holds BOOL; numbers that are",
        ),
        (
            b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}1234',
            "is damaged or cut short (invalid offset for tensor `a`); copy or",
        ),
    ],
)
def test_safetensors_that_are_no_weights_are_refused(tmp_path, header, message):
    length = header.rindex(b"}") + 1
    (tmp_path / "w").write_bytes(length.to_bytes(8, "little") + header)
    assert message in refusal(tmp_path / "w")


def test_a_header_larger_than_the_file_is_refused(tmp_path):
    (tmp_path / "w").write_bytes((99).to_bytes(8, "little") + b"{}")
    assert "its header declares 99 bytes, the file has 10)" in (
        refusal(tmp_path / "w")
    )
