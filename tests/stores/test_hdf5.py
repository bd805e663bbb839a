"""Tests of images in the rows of HDF5 files."""

import copy

import h5py
import numpy as np
import pytest

from transfusion_tf.stores import hdf5


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "rows.h5"
    with h5py.File(path, "w") as file:
        file["x"] = np.arange(24, dtype=np.uint8).reshape(3, 2, 4)
        file.create_group("group")
    return path


def test_rows_of_several_files_also_in_a_copy(path, tmp_path):
    other = tmp_path / "other.h5"
    with h5py.File(other, "w") as file:
        file["x"] = np.full((1, 2, 4), 9, np.uint8)
    store = hdf5.Hdf5Store({"a": str(path), "b": str(other)}, "x")
    for read in (store.read, copy.deepcopy(store).read):
        np.testing.assert_array_equal(
            read("a/1"), [[8, 9, 10, 11], [12, 13, 14, 15]]
        )
        assert read("b/0").tolist() == [[9] * 4] * 2


@pytest.mark.parametrize("key", ["y", "group"])
def test_a_name_that_is_no_array(path, key):
    with pytest.raises(ValueError, match=f"no array '{key}'; it has group, x"):
        hdf5.open_array(path, key)


def test_files_that_are_none(tmp_path):
    with pytest.raises(FileNotFoundError, match="no file .*absent.h5"):
        hdf5.open_array(tmp_path / "absent.h5", "x")
    (tmp_path / "text.h5").write_text("x")
    with pytest.raises(ValueError, match="text.h5 is not a whole HDF5 file"):
        hdf5.open_array(tmp_path / "text.h5", "x")
