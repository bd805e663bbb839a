"""Files of safetensors, written byte by byte: what is read, what is refused."""

import json

import numpy as np
import pytest
from safetensors import numpy as safetensors_numpy

from transfusion_tf.initialization import safetensors_files, weight_files
from transfusion_tf.stores.checked_hdf5 import Refused


def written(path, header, data=b"", *, length=None):
    """Writes a file with this header, a dict or bytes, and these numbers."""
    if not isinstance(header, bytes):
        header = json.dumps(header).encode()
    length = len(header) if length is None else length
    path.write_bytes(length.to_bytes(8, "little") + header + data)
    return path


def tensor(dtype, shape, start, stop):
    """What a header says of one tensor."""
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, stop]}


@pytest.mark.parametrize(
    "dtype, data, expected",
    [
        # 1.0, -2.0 and 3.140625: the upper halves of their float32.
        ("BF16", "803f 00c0 4940", np.float32([1, -2, 3.140625])),
        # One sign, five exponent and ten fraction bits: 1, -2, 65504.
        ("F16", "003c 00c0 ff7b", np.float32([1, -2, 65504])),
        ("F32", "0000803f 000000c0 00004840", np.float32([1, -2, 3.125])),
        ("F64", "000000000000f03f", np.float32([1])),
        ("I64", "ffffffffffffffff", np.int64([-1])),
        ("U8", "00 ff", np.uint8([0, 255])),
    ],
)
def test_numbers_are_read(tmp_path, dtype, data, expected):
    data = bytes.fromhex(data)
    header = {
        "__metadata__": {"format": "pt"},
        "a": tensor(dtype, [len(expected), 1], 0, len(data)),
    }
    found = safetensors_files.read(written(tmp_path / "w", header, data))
    assert list(found) == ["a"]
    assert found["a"].dtype == expected.dtype
    np.testing.assert_array_equal(found["a"], expected[:, None])


def test_tensors_come_in_natural_order(tmp_path):
    names = ("b.10.w", "b.2.w", "b.w", "a", "10", "9")
    arrays = {name: np.float32([i]) for i, name in enumerate(names)}
    safetensors_numpy.save_file(arrays, tmp_path / "w")
    found = safetensors_files.read(tmp_path / "w")
    assert list(found) == ["9", "10", "a", "b.2.w", "b.10.w", "b.w"]
    for name in names:
        np.testing.assert_array_equal(found[name], arrays[name])


def test_scalars_and_empty_tensors_are_read(tmp_path):
    header = {"n": tensor("I32", [], 0, 4), "o": tensor("F32", [0, 3], 4, 4)}
    path = written(tmp_path / "w", header, b"\x07\0\0\0")
    found = safetensors_files.read(path)
    assert found["n"].shape == () and found["n"] == 7
    assert found["o"].shape == (0, 3)


ONE = tensor("F32", [1], 0, 4)


@pytest.mark.parametrize(
    "header, length, message",
    [
        ({"a": ONE}, 1000, "its header declares 1,000 bytes, the file has"),
        ({"a": ONE}, 2**63, "its header declares 9,223,372,036,854,775,808"),
        (b'{"a": 1}', None, "JSON"),
        (b'{"a"', None, "JSON"),
        ({"a": ONE, "b": ONE}, None, "offset for tensor `[ab]`"),
        ({"a": ONE, "b": tensor("F32", [1], 2, 6)}, None, "tensor `b`"),
        ({"a": tensor("F32", [1], 4, 8)}, None, "tensor `a`"),
        ({"a": tensor("F32", [2], 0, 8)}, None, "not fully covered"),
        ({"a": tensor("F32", [2], 0, 4)}, None, "invalid shape"),
        ({"a": tensor("F32", [-1], 0, 4)}, None, "integer `-1`"),
        ({"a": tensor("F32", [2**62, 4], 0, 4)}, None, "overflow"),
        ({"a": tensor("STR", [1], 0, 4)}, None, "unknown variant `STR`"),
    ],
)
def test_damage_is_a_reason(tmp_path, header, length, message):
    path = written(tmp_path / "w", header, b"0000", length=length)
    with pytest.raises(ValueError, match=message) as error:
        safetensors_files.read(path)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "dtype, size", [("BOOL", 1), ("C64", 8), ("F8_E4M3", 1)]
)
def test_what_is_no_number_is_refused(tmp_path, dtype, size):
    header = {"mask": tensor(dtype, [1], 0, size)}
    path = written(tmp_path / "w", header, bytes(size))
    with pytest.raises(Refused, match=f"mask in it holds {dtype}; numbers"):
        safetensors_files.read(path)


def test_a_file_that_is_too_large_is_refused_unread(tmp_path, monkeypatch):
    path = written(tmp_path / "w", {"a": ONE}, b"0000")
    monkeypatch.setattr(safetensors_files, "MAX_BYTES", 16)
    with pytest.raises(Refused, match="it is larger than 0 GiB"):
        safetensors_files.read(path)


def test_damaged_files_are_read_or_refused_in_one_line(tmp_path):
    whole = safetensors_numpy.save(
        {
            "conv.weight": np.ones((4, 3, 3, 3), np.float32),
            "bn.weight": np.ones(4, np.float16),
            "bn.num_batches_tracked": np.array(3),
        }
    )
    path, refused = tmp_path / "w", 0
    for number in range(300):
        rng = np.random.default_rng(number)
        raw = bytearray(whole)
        if number % 3 == 0:
            del raw[rng.integers(1, len(raw)) :]
        for place in rng.integers(min(len(raw), 400), size=number % 4):
            raw[place] ^= 1 << int(rng.integers(8))
        path.write_bytes(raw)
        try:
            weight_files.read(path)
        except ValueError as error:
            message, refused = str(error), refused + 1
            assert "\n" not in message and len(message) < 1000
    assert 30 < refused < 270


def test_names_with_line_breaks_stay_on_one_line(tmp_path):
    header = {"a\nb" + 999 * "c": tensor("BOOL", [1], 0, 1)}
    path = written(tmp_path / "w", header, b"1")
    with pytest.raises(ValueError) as error:
        weight_files.read(path)
    assert "\n" not in str(error.value) and len(str(error.value)) < 1000


def test_files_are_recognised_by_content(tmp_path):
    path = written(tmp_path / "w.h5", {"a": ONE}, b"0000")
    assert safetensors_files.is_one(path.read_bytes())
    for other in (b"", b"{", b"\x89HDF\r\n\x1a\n\0", b"PK\x03\x04" + bytes(9)):
        assert not safetensors_files.is_one(other)
