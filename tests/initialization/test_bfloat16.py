"""Weights of sixteen bits, of which HDF5 has no type."""

import h5py
import numpy as np
import pytest

from tests.initialization.keras_files import FORMS, library, write
from tests.initialization.legacy_files import legacy
from transfusion_tf.initialization import weight_files

pytestmark = pytest.mark.filterwarnings("ignore:You are saving your model as")


@pytest.mark.parametrize("writer, what, suffix", FORMS)
def test_bfloat16_is_read(tmp_path, writer, what, suffix):
    made = library(writer)
    policy = (
        made.mixed_precision.Policy("bfloat16")
        if writer == "tf_keras"
        else made.DTypePolicy("bfloat16")
    )
    model = made.Sequential(
        [
            made.Input((4, 4, 3)),
            made.layers.Conv2D(2, 3, dtype=policy, name="conv"),
        ]
    )
    model.set_weights([x + np.pi for x in map(float32, model.get_weights())])
    path = write(model, tmp_path / f"w{suffix}", what)
    found = list(weight_files.read(path).tensors.values())
    for array, weight in zip(found, model.get_weights(), strict=True):
        assert array.dtype == np.float32
        np.testing.assert_array_equal(array, float32(weight))
        # Sixteen bits are kept, the others are zero.
        assert not (array.view(np.uint32) & 0xFFFF).any()


def float32(array):
    return np.asarray(array).astype(np.float32)


def test_two_bytes_of_no_type_are_bfloat16(tmp_path):
    """1.0, -2.0, 3.140625 by hand: the upper halves of their float32."""
    path = legacy(tmp_path / "w", layers={"a": {}})
    with h5py.File(path, "r+") as file:
        file["a"].attrs["weight_names"] = [b"a/bias:0"]
        bits = np.array([0x3F80, 0xC000, 0x4049], np.uint16)
        file["a"]["a/bias:0"] = bits.view("V2")
    (array,) = weight_files.read(path).tensors.values()
    np.testing.assert_array_equal(array, np.float32([1, -2, 3.140625]))
