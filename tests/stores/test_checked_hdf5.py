"""Walks through heaps of HDF5 files, whole and damaged."""

import io

import h5py
import numpy as np
import pytest

from transfusion_tf.initialization import pretrained
from transfusion_tf.stores import checked_hdf5


def with_texts(path, count=1):
    """Writes a file whose texts lie in heaps, and numbers beside them."""
    with h5py.File(path, "w") as file:
        group = file.create_group("layers/dense/vars")
        group["0"] = np.arange(300, dtype=np.float32)
        for number in range(count):
            group.attrs[f"name{number or ''}"] = "dense" * (number + 1)
    return path


@pytest.mark.parametrize("count", [0, 1, 3, 60])
def test_files_of_h5py_are_whole(tmp_path, count):
    path = with_texts(tmp_path / "x.h5", count)
    assert (b"GCOL" in path.read_bytes()) == (count > 0)
    assert checked_hdf5.has_whole_heaps(path)
    assert checked_hdf5.has_whole_heaps(io.BytesIO(path.read_bytes()))


def damaged(path, what):
    """Changes a field of the first heap; HDF5 reads one of them for ever."""
    data = bytearray(path.read_bytes())
    place = data.index(b"GCOL")
    if what == "an object that ends among zeros":
        data[place + 24 : place + 32] = (261).to_bytes(8, "little")
    if what == "an object larger than the heap":
        data[place + 24 : place + 32] = (2**40).to_bytes(8, "little")
    if what == "an object whose size goes round":
        data[place + 24 : place + 32] = (2**64 - 16).to_bytes(8, "little")
    if what == "free space of no size":
        data[place + 16 : place + 32] = bytes(16)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    "what",
    [
        "an object that ends among zeros",
        "an object larger than the heap",
        "an object whose size goes round",
        "free space of no size",
    ],
)
def test_damage_is_refused_before_hdf5_reads_it(tmp_path, what):
    path = damaged(with_texts(tmp_path / "x.h5"), what)
    assert not checked_hdf5.has_whole_heaps(path)
    with pytest.raises(ValueError, match="its texts are damaged"):
        pretrained.read(str(path), "cbr_tiny")


def test_numbers_that_look_like_a_heap_are_none(tmp_path):
    path = tmp_path / "x.h5"
    like = np.frombuffer(b"GCOL\x01abc" + b"\xff" * 24, np.uint8)
    with h5py.File(path, "w") as file:
        file["x"] = like
    assert like.tobytes() in path.read_bytes()
    assert checked_hdf5.has_whole_heaps(path)
    with checked_hdf5.opened(path) as file:
        assert bytes(file["x"][()]) == like.tobytes()
