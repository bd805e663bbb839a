"""Tests of slices of .npy files."""

import copy

import numpy as np
import pytest

from transfusion_tf.stores import archives
from transfusion_tf.stores import volumes as volume_store


def make(folder, **volumes):
    for name, volume in volumes.items():
        np.save(folder / f"{name}.npy", volume)
    return volume_store.VolumeStore(archives.open_files(folder))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("order", ["C", "F"])
def test_slices_in_any_order_also_in_a_copy(tmp_path, dtype, order):
    a = np.arange(24).reshape(3, 2, 4).astype(dtype, order=order)
    store = make(tmp_path, a=a, b=a[::-1] + 1)
    for again in (store, copy.deepcopy(store)):
        for name, expected in (
            ("a.npy/2", a[2]),
            ("b.npy/0", a[2] + 1),
            ("a.npy/0", a[0]),
        ):
            np.testing.assert_array_equal(again.read(name), expected)
            assert again.read(name).dtype == dtype


@pytest.mark.parametrize(
    "volume, message",
    [
        (np.zeros((2, 3), np.uint8), r"but uint8 \(2, 3\)"),
        (np.zeros((0, 3, 3), np.uint8), r"but uint8 \(0, 3, 3\)"),
        (np.zeros((2, 3, 3)), "of uint8 or uint16 but float64"),
    ],
)
def test_arrays_that_are_no_volume(tmp_path, volume, message):
    with pytest.raises(archives.ReadError, match=message):
        make(tmp_path, a=volume).read("a.npy/0")


def test_a_header_that_declares_more_than_there_is(tmp_path):
    """Room for the shape would be made before anything is read."""
    header = {"descr": "|u1", "fortran_order": False, "shape": (2**40, 2, 2)}
    with (tmp_path / "a.npy").open("wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
    with pytest.raises(
        archives.ReadError, match="declares 4,398,046,511,104 by"
    ):
        make(tmp_path).read("a.npy/0")


def test_pickled_objects_are_not_loaded(tmp_path):
    np.save(tmp_path / "a.npy", np.array([[[{}]]]), allow_pickle=True)
    with pytest.raises(
        archives.ReadError, match="damaged .*allow_pickle=False"
    ):
        make(tmp_path).read("a.npy/0")
    with pytest.raises(archives.ReadError, match="absent"):
        make(tmp_path).read("b.npy/0")
