"""Files that are refused, each with one line."""

import gzip
import shutil
import zipfile

import h5py
import keras
import numpy as np
import pytest

from tests.initialization.legacy_files import KERNEL, changed, legacy
from transfusion_tf.images import limits
from transfusion_tf.initialization import weight_files
from transfusion_tf.stores import checked_hdf5


def refusal(path):
    """The message that `path` is refused with."""
    with pytest.raises(ValueError) as error:
        weight_files.read(path)
    message = str(error.value)
    assert "\n" not in message
    assert str(path) in message
    return message


@pytest.mark.parametrize(
    "content, message",
    [
        (b"", "it is empty"),
        (b"<!DOCTYPE html>", "it is a web page"),
        (b"version https://git-lfs.github.com/spec/v1", "pointer of Git LFS"),
        (gzip.compress(b"w", mtime=0), "a gzip file"),
        (b"\x00" * 99, "HDF5 nor a .keras archive nor safetensors"),
    ],
)
def test_other_files_are_named(tmp_path, content, message):
    path = tmp_path / "w.weights.h5"
    path.write_bytes(content)
    text = refusal(path)
    assert message in text
    assert "give weights that Keras has saved as .h5" in text


def test_no_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="There is no file .*; give"):
        weight_files.read(tmp_path / "w.h5")


@pytest.mark.parametrize("name", ["w.h5", "w.weights.h5", "w.keras"])
@pytest.mark.parametrize("kept", [0.001, 0.5, 0.99])
def test_a_truncated_file_is_refused(written, tmp_path, name, kept):
    content = (written / name).read_bytes()
    path = tmp_path / name
    path.write_bytes(content[: int(kept * len(content))])
    assert "is damaged or cut short (" in refusal(path)


def test_a_damaged_archive_is_refused(written, tmp_path):
    content = bytearray((written / "w.keras").read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "w").write_bytes(content)
    assert "damaged or cut short (Bad CRC-32" in refusal(tmp_path / "w")


@pytest.mark.parametrize("suffix", [".h5", ".keras"])
def test_a_lambda_layer_is_refused(tmp_path, suffix):
    inner = keras.Sequential(
        [keras.Input((2,)), keras.layers.Lambda(lambda x: x * 2)]
    )
    model = keras.Sequential([keras.Input((2,)), inner, keras.layers.Dense(1)])
    path = tmp_path / f"w{suffix}"
    model.save(path)
    assert "has a Lambda layer, that is, Python code" in refusal(path)
    model.save_weights(tmp_path / "w.weights.h5")
    assert len(weight_files.read(tmp_path / "w.weights.h5").layers) == 1


@pytest.mark.parametrize("config", ["{", "[" * 100_000, '{"a": nonsense}'])
def test_an_unreadable_description_is_refused(written, tmp_path, config):
    shutil.copy(written / "w.h5", tmp_path / "w")
    with h5py.File(tmp_path / "w", "r+") as file:
        file.attrs["model_config"] = "x"
        del file.attrs["model_config"]
        file.attrs.create("model_config", config, dtype=h5py.string_dtype())
    assert "description of the model is not JSON" in refusal(tmp_path / "w")


def test_hdf5_of_another_kind_is_refused(tmp_path):
    with h5py.File(tmp_path / "w.h5", "w") as file:
        file["images"] = KERNEL
    assert "but not as Keras lays out weights" in refusal(tmp_path / "w.h5")
    path = legacy(tmp_path / "e", layers={"pool": {}})
    assert "there are no arrays in it" in refusal(path)
    with zipfile.ZipFile(tmp_path / "z", "w") as archive:
        archive.writestr("model.weights.npz", b"")
    assert "without model.weights.h5" in refusal(tmp_path / "z")


def test_mirrored_kernels_are_refused(tmp_path):
    path = legacy(tmp_path / "w", backend="theano")
    assert "Theano backend, whose kernels are mirrored" in refusal(path)


NAME = "conv1/conv1/kernel:0"


@pytest.mark.parametrize("kind", [h5py.ExternalLink, h5py.SoftLink])
def test_links_are_refused(tmp_path, kind):
    legacy(tmp_path / "other")
    where = (NAME,) if kind is h5py.SoftLink else (tmp_path / "other", NAME)
    with changed(tmp_path / "w") as file:
        del file[NAME]
        file[NAME] = kind(*map(str, where))
    assert "is a link to elsewhere" in refusal(tmp_path / "w")


def test_external_storage_and_virtual_arrays_are_refused(tmp_path):
    (tmp_path / "secret").write_bytes(bytes(96))
    with changed(tmp_path / "w") as file:
        del file[NAME]
        file.create_dataset(
            NAME,
            KERNEL.shape,
            "float32",
            external=[(str(tmp_path / "secret"), 0, 96)],
        )
    assert "in another file" in refusal(tmp_path / "w")
    with changed(tmp_path / "v") as file:
        del file[NAME]
        layout = h5py.VirtualLayout(KERNEL.shape, "float32")
        layout[...] = h5py.VirtualSource(
            str(tmp_path / "w"), NAME, KERNEL.shape
        )
        file.create_virtual_dataset(NAME, layout)
    assert "in another file" in refusal(tmp_path / "v")


def test_absurd_sizes_are_refused_before_anything_is_read(tmp_path):
    with changed(tmp_path / "w") as file:
        del file[NAME]
        # Takes no room in the file: no chunk of it is written.
        file.create_dataset(NAME, (2**40,), "float32", chunks=(1024,))
    assert (tmp_path / "w").stat().st_size < 100_000
    assert "declare more than 4 GiB" in refusal(tmp_path / "w")


def test_many_small_arrays_count_together(tmp_path, monkeypatch):
    monkeypatch.setattr(checked_hdf5, "MAX_BYTES", 150)
    layers = {name: {f"{name}/k:0": KERNEL} for name in "ab"}  # 96 bytes each.
    assert "declare more than" in refusal(legacy(tmp_path / "w", layers=layers))


def test_half_precision_counts_as_what_it_is_read_as(tmp_path, monkeypatch):
    monkeypatch.setattr(
        checked_hdf5, "MAX_BYTES", 95
    )  # 24 numbers take 96 bytes.
    layers = {"a": {"a/k:0": KERNEL.astype(np.float16)}}
    assert "declare more than" in refusal(legacy(tmp_path / "w", layers=layers))


@pytest.mark.parametrize("name", ["w.h5", "w.keras"])
def test_zeros_that_grow_out_of_all_proportion(tmp_path, monkeypatch, name):
    monkeypatch.setattr(limits, "HARMLESS_BYTES", 2**20)
    weights = tmp_path / "weights"
    with h5py.File(weights, "w") as file:
        group = file.create_group("layers/dense/vars")
        compression = "gzip" if name == "w.h5" else None
        zeros = np.zeros(2**22, np.float32)
        group.create_dataset("0", data=zeros, compression=compression)
    path = tmp_path / name
    if name == "w.h5":
        weights.rename(path)
    else:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(weights, "model.weights.h5")
    assert path.stat().st_size < 100_000
    assert "absurdly large: it declares 16,7" in refusal(path)


@pytest.mark.parametrize(
    "array, message",
    [
        (np.array([b"code"]), "not numbers"),
        (h5py.Empty("float32"), "not an array"),
    ],
)
def test_what_is_no_number_is_refused(tmp_path, array, message):
    path = legacy(tmp_path / "w", layers={"a": {"a/k:0": array}})
    assert message in refusal(path)


def test_object_arrays_are_refused(tmp_path):
    with changed(tmp_path / "w") as file:
        del file[NAME]
        file.create_dataset(NAME, (2,), h5py.string_dtype())
    assert "holds object, not numbers" in refusal(tmp_path / "w")


def test_types_and_names_that_python_lacks_are_damage(written, tmp_path):
    with changed(tmp_path / "w") as file:
        del file[NAME]
        space = h5py.h5s.create_simple((2,))
        time = h5py.h5t.UNIX_D32LE
        h5py.h5d.create(file.id, NAME.encode(), time, space)
    assert "is damaged or cut short (" in refusal(tmp_path / "w")
    shutil.copy(written / "w.weights.h5", tmp_path / "v")
    with h5py.File(tmp_path / "v", "r+") as file:
        file["layers"].create_group(b"\xff")
    assert "is damaged or cut short (" in refusal(tmp_path / "v")


def test_a_missing_array_is_damage(tmp_path):
    with changed(tmp_path / "w") as file:
        del file[NAME]
    assert "no conv1/kernel:0 in it" in refusal(tmp_path / "w")


def test_groups_in_circles_are_refused(written, tmp_path):
    shutil.copy(written / "w.weights.h5", tmp_path / "w")
    with h5py.File(tmp_path / "w", "r+") as file:
        file["layers/dense/again"] = file["layers"]
    assert "linked in circles" in refusal(tmp_path / "w")
