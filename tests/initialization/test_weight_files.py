"""What stands in the Source of a file, in each format."""

import hashlib
import json

import h5py
import keras
import numpy as np

from tests.initialization.legacy_files import KERNEL, LONG, legacy
from transfusion_tf.initialization import weight_files


def test_identity_of_each_format(written):
    for name, kind in (
        ("w.weights.h5", "keras-3-weights"),
        ("w.keras", "keras-3-archive"),
        ("w.h5", "keras-legacy-hdf5"),
    ):
        source = weight_files.read(written / name)
        sha256 = source.identity.pop("sha256")
        assert source.identity == {
            "kind": "file",
            "file": name,
            "format": kind,
            "architecture": "cbr_tiny",
        }
        assert len(sha256) == 64
        assert source.scalings == ()
        assert len(source.tensors) == 22
        assert json.dumps(source.identity)


def test_sha256_is_that_of_the_file(tmp_path):
    path = legacy(tmp_path / "w.h5")
    expected = hashlib.sha256(path.read_bytes()).hexdigest()
    assert weight_files.read(path).identity["sha256"] == expected


def test_order_is_that_of_the_attributes_not_of_the_names(tmp_path):
    path = legacy(
        tmp_path / "w",
        layers={
            "z": {"z/kernel:0": KERNEL, "z/bias:0": KERNEL[0, 0, 0]},
            "pool": {},
            "a": {"a/kernel:0": KERNEL + 1},
        },
        root="model_weights",
    )
    layers = weight_files.read(path).layers
    assert [layer.name for layer in layers] == ["z", "a"]
    assert [name for name, _ in layers[0].tensors] == ["z/kernel:0", "z/bias:0"]
    np.testing.assert_array_equal(layers[1].tensors[0][1], KERNEL + 1)


def test_long_lists_of_layers_are_in_chunks(tmp_path):
    """As Keras writes what is longer than 64 KiB."""
    layers = {
        letter * LONG: {f"{letter}/k:0": np.full(3, ord(letter))}
        for letter in "cab"
    }
    path = legacy(tmp_path / "w", layers={})
    with h5py.File(path, "r+") as file:
        del file.attrs["layer_names"]
        for place, (name, arrays) in enumerate(layers.items()):
            file.attrs[f"layer_names{place}"] = [name.encode()]
            group = file.create_group(name)
            group.attrs["weight_names"] = [next(iter(arrays)).encode()]
            group[next(iter(arrays))] = next(iter(arrays.values()))
    found = weight_files.read(path).layers
    assert [layer.name[0] for layer in found] == ["c", "a", "b"]
    assert [layer.tensors[0][1][0] for layer in found] == [99, 97, 98]


def test_numbers_beyond_nine_are_not_sorted_as_text(tmp_path):
    model = keras.Sequential([keras.Input((1,))])
    for place in range(12):
        model.add(keras.layers.Dense(1, name=f"layer{11 - place}"))
        model.layers[-1].set_weights([np.full((1, 1), place), np.zeros(1)])
    model.save_weights(tmp_path / "w.weights.h5")
    layers = weight_files.read(tmp_path / "w.weights.h5").layers
    assert [int(x.tensors[0][1].item()) for x in layers] == list(range(12))
    assert {layer.kind for layer in layers} == {"dense"}


def test_random_states_and_optimizers_are_no_weights(tmp_path):
    model = keras.Sequential(
        [keras.Input((2,)), keras.layers.Dropout(0.5), keras.layers.Dense(1)]
    )
    model.compile("adam", "mse")
    model.fit(np.ones((4, 2)), np.ones(4), verbose=0)
    model.save_weights(tmp_path / "w.weights.h5")
    with h5py.File(tmp_path / "w.weights.h5", "r+") as file:
        assert "optimizer" in file
        # As Keras 3 wrote it in earlier versions.
        file["layers/dropout/seed_generator/vars/0"] = np.zeros(2, np.uint32)
    source = weight_files.read(tmp_path / "w.weights.h5")
    assert [layer.kind for layer in source.layers] == ["dense"]


def test_a_model_inside_has_its_order_from_the_description_alone(tmp_path):
    """Of three layers `b` is frozen: its weights come after the others'."""
    model = keras.Sequential([keras.Input((3,))])
    for place, name in enumerate("abc"):
        model.add(keras.layers.BatchNormalization(name=name))
        model.layers[-1].set_weights(np.full((4, 3), place + 1.0))
    model.layers[1].trainable = False
    keras.Sequential([keras.Input((3,)), model]).save(tmp_path / "w.h5")
    layers = weight_files.read(tmp_path / "w.h5").layers
    assert [layer.name[-1] for layer in layers] == ["a", "b", "c"]
    assert [layer.sequence for layer in layers] == [""] * 3
    for place, layer in enumerate(layers):
        assert len(layer.tensors) == 4
        assert all((array == place + 1).all() for _, array in layer.tensors)
    with h5py.File(tmp_path / "w.h5", "r+") as file:
        del file.attrs["model_config"]
    layers = weight_files.read(tmp_path / "w.h5").layers
    assert [layer.sequence for layer in layers] == [None] * 3


def test_half_precision_becomes_float32(tmp_path):
    path = legacy(
        tmp_path / "w", layers={"a": {"a/k:0": KERNEL.astype(np.float16)}}
    )
    (array,) = weight_files.read(path).tensors.values()
    assert array.dtype == np.float32
    np.testing.assert_array_equal(array, KERNEL)
